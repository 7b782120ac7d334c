using System.ComponentModel;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;

namespace ClusterMail.Smtp.Server;

/// <summary>Turns a connection to TLS and says what was agreed on.</summary>
internal static class TlsHandshake
{
    public static async Task<ClientConnection> RunAsync(SessionWire wire, ClientConnection client, SslServerAuthenticationOptions certificate, TimeSpan limit)
    {
        try
        {
            await wire.StartTlsAsync(certificate, limit);
        }
        catch
        {
            ServerMetrics.Handshake(good: false);
            throw;
        }
        ServerMetrics.Handshake(good: true);
        var tls = wire.Tls!;
        return client with { TlsVersion = Name(tls.SslProtocol), TlsCipher = tls.NegotiatedCipherSuite.ToString() };
    }

    /// <summary>Time-outs, rubbish and broken lines; anything else is our bug.</summary>
    public static bool IsPeersFault(Exception e) =>
        e is AuthenticationException or IOException or OperationCanceledException or Win32Exception or ConnectionAbortedException or ConnectionResetException;

    private static string Name(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls12 => "TLSv1.2",
        SslProtocols.Tls13 => "TLSv1.3",
        _ => protocol.ToString(),
    };
}

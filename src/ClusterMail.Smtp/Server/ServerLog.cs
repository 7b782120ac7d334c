using System.Net;
using ClusterMail.Protocol;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Smtp.Server;

/// <summary>The receiver's log lines, 1000 to 1499. What goes well is Debug, what a client did wrong Information at most; no content, no secrets.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1000, LogLevel.Information, "Listening on {EndPoint} ({Purpose}, implicit TLS {ImplicitTls}, PROXY protocol {ProxyProtocol})")]
    public static partial void Listening(ILogger logger, IPEndPoint endPoint, ListenerPurpose purpose, bool implicitTls, bool proxyProtocol);

    [LoggerMessage(1001, LogLevel.Information, "No longer listening on {EndPoint}")]
    public static partial void StoppedListening(ILogger logger, IPEndPoint endPoint);

    [LoggerMessage(1002, LogLevel.Warning, "Port {Port} stays closed: it is a TLS port and there is no certificate (RECV-5)")]
    public static partial void NoCertificate(ILogger logger, int port);

    [LoggerMessage(1003, LogLevel.Error, "Accepting on {EndPoint} failed; trying again")]
    public static partial void AcceptFailed(ILogger logger, IPEndPoint endPoint, Exception exception);

    [LoggerMessage(1010, LogLevel.Information, "{Session} from {Client} turned away: {Reason} ({Rule})")]
    public static partial void TurnedAway(ILogger logger, string session, IPEndPoint client, string reason, string rule);

    [LoggerMessage(1011, LogLevel.Information, "{Session} from {Client}: connection closed, PROXY protocol: {Reason}")]
    public static partial void BadProxyHeader(ILogger logger, string session, IPEndPoint client, string reason);

    [LoggerMessage(1012, LogLevel.Information, "{Session} from {Client}: {Command} refused with {Reply} ({Rule})")]
    public static partial void Refused(ILogger logger, string session, IPAddress client, string command, Reply reply, string rule);

    [LoggerMessage(1013, LogLevel.Information, "{Session} from {Client}: connection closed: {Reason}")]
    public static partial void Closed(ILogger logger, string session, IPAddress client, string reason);

    [LoggerMessage(1014, LogLevel.Information, "{Session} from {Client}: TLS handshake failed: {Reason}")]
    public static partial void HandshakeFailed(ILogger logger, string session, IPAddress client, string reason);

    [LoggerMessage(1015, LogLevel.Debug, "{Session} from {Client}: {Id} answered {Reply}, {Octets} octets, {Recipients} recipients")]
    public static partial void Answered(ILogger logger, string session, IPAddress client, MessageId id, Reply reply, long octets, int recipients);

    [LoggerMessage(1016, LogLevel.Error, "{Session} from {Client}: unexpected trouble, answered 451")]
    public static partial void Trouble(ILogger logger, string session, IPAddress client, Exception exception);

    [LoggerMessage(1017, LogLevel.Debug, "{Session} from {Client}: the client closed the connection without QUIT")]
    public static partial void ClientGone(ILogger logger, string session, IPAddress client);

    [LoggerMessage(1020, LogLevel.Information, "TLS certificate {Subject} in use, valid until {NotAfter}")]
    public static partial void CertificateLoaded(ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(1021, LogLevel.Error, "TLS certificate {Path} cannot be loaded; the one before stays in use")]
    public static partial void CertificateFailed(ILogger logger, string path, Exception exception);

    [LoggerMessage(1022, LogLevel.Warning, "Opening the TLS ports failed; trying again")]
    public static partial void LateOpenFailed(ILogger logger, Exception exception);

    [LoggerMessage(1030, LogLevel.Warning, "{Count} sessions were cut because they did not end within the drain time")]
    public static partial void CutAtDrain(ILogger logger, int count);
}

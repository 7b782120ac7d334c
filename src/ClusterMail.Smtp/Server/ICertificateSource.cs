using System.Net.Security;

namespace ClusterMail.Smtp.Server;

/// <summary>Where TLS finds its certificate. Asked at each handshake, so a new certificate needs no restart.</summary>
public interface ICertificateSource
{
    /// <summary>Null while there is no certificate: no TLS port opens, STARTTLS is not offered (RECV-5).</summary>
    SslServerAuthenticationOptions? Current { get; }
}

using System.Net;

namespace ClusterMail.Smtp.Client;

/// <summary>One address of one host to connect to.</summary>
public sealed record HostTarget(string Host, IPAddress Address, int Port)
{
    public TlsPolicy Tls { get; init; } = TlsPolicy.Opportunistic;

    /// <summary>AUTH to use after TLS; null: none (OUT-3).</summary>
    public HostCredential? Credential { get; init; }

    /// <summary>The credential may go over a session without TLS. Default false: then the attempt fails instead (OUT-6).</summary>
    public bool AllowClearAuth { get; init; }

    /// <summary>With <see cref="TlsPolicy.OnConnect"/>: the certificate must be valid for the host name. Default false, as the original does not look.</summary>
    public bool VerifyCertificate { get; init; }

    /// <summary>It speaks LMTP (RFC 2033): LHLO, and after the final dot one reply for each recipient. Default false.</summary>
    public bool Lmtp { get; init; }

    /// <summary>Recipients we put into one transaction, beside what the host itself says (RFC 9422). Default 0: no limit of ours.</summary>
    public int MaxRecipients { get; init; }

    public override string ToString() => $"{Host}[{Address}]:{Port}";
}

/// <summary>User and password for one route. Never printed.</summary>
/// <param name="Password">For XOAUTH2 the token.</param>
public sealed record HostCredential(string User, string Password)
{
    /// <summary>The one SASL mechanism to use; null (default): the strongest the host offers.</summary>
    public string? Mechanism { get; init; }

    public override string ToString() => $"{User}:***";
}

/// <summary>How much TLS a route wants. The numbers are stored in settings texts by name only.</summary>
public enum TlsPolicy : byte
{
    /// <summary>STARTTLS when offered, any certificate; in clear when it fails (RFC 7435).</summary>
    Opportunistic = 0,

    /// <summary>STARTTLS or nothing; any certificate.</summary>
    Required = 1,

    /// <summary>STARTTLS or nothing; the certificate must be valid for the host name.</summary>
    Verified = 2,

    /// <summary>TLS on connect: ports written with <c>*</c>, such as <c>465*</c> (GWT-4).</summary>
    OnConnect = 3,

    /// <summary>Never TLS.</summary>
    None = 4,
}

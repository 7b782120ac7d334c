namespace ClusterMail.Smtp.Client;

/// <summary>Time-outs and texts of outbound sessions. Phase limits are those of RFC 5321 §4.5.3.2, capped by <see cref="IdleTimeout"/> (OUT-4).</summary>
public sealed record DeliveryOptions
{
    /// <summary>The name in our EHLO.</summary>
    public required string HostName { get; init; }

    /// <summary>Default 30 s (OUT-4).</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest silence in any phase; default 600 s (OUT-4).</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(600);

    public TimeSpan GreetingTimeout { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan MailTimeout { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan RcptTimeout { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan DataTimeout { get; init; } = TimeSpan.FromMinutes(2);
    public TimeSpan BlockTimeout { get; init; } = TimeSpan.FromMinutes(3);
    public TimeSpan FinalDotTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Octets of one reply line (RFC 5321 §4.5.3.1.5 says 512; servers send more). Default 2048.</summary>
    public int MaxReplyLine { get; init; } = 2048;

    /// <summary>Lines of one reply. Default 100.</summary>
    public int MaxReplyLines { get; init; } = 100;

    /// <summary>When the lines of a session are written down for senderlog. Default: when something failed.</summary>
    public RecordDialogue RecordDialogue { get; init; } = RecordDialogue.Failures;

    /// <summary>Somebody watches now (ADMIN-42): then the lines are written down whatever <see cref="RecordDialogue.Failures"/> says. Null: nobody ever does.</summary>
    public Func<bool>? Watched { get; init; }

    /// <summary>TLS versions spoken. Default 1.2 and 1.3.</summary>
    public System.Security.Authentication.SslProtocols TlsProtocols { get; init; } =
        System.Security.Authentication.SslProtocols.Tls12 | System.Security.Authentication.SslProtocols.Tls13;

    /// <summary>Roots that a host's certificate may lead to where it is verified, instead of the system's. Null (default): the system's.</summary>
    public System.Security.Cryptography.X509Certificates.X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>The limit of a phase: its own, never above <see cref="IdleTimeout"/> (OUT-4).</summary>
    internal TimeSpan Limit(TimeSpan phase) => phase < IdleTimeout ? phase : IdleTimeout;
}

/// <summary>How much of a session is kept as text. A mail that went well costs nothing unless <see cref="Always"/>.</summary>
public enum RecordDialogue : byte
{
    Never = 0,
    Failures = 1,
    Always = 2,
}

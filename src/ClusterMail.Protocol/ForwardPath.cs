namespace ClusterMail.Protocol;

/// <summary>One RCPT TO with its DSN wishes (RFC 3461 §4.1, §4.2).</summary>
public sealed record ForwardPath(Mailbox Mailbox)
{
    /// <summary>When the sender wants to hear of this recipient. Default: not said, which means on failure (RFC 3461 §4.1).</summary>
    public Notify Notify { get; init; } = Notify.Unspecified;

    /// <summary>The ORCPT value as received (<c>rfc822;addr</c>, still xtext-encoded), or null.</summary>
    public string? OriginalRecipient { get; init; }

    public override string ToString() => $"<{Mailbox}>";
}

/// <summary>NOTIFY= of RFC 3461 §4.1. The numbers are stored in the database: never change them.</summary>
[Flags]
public enum Notify : byte
{
    Unspecified = 0,
    Success = 1,
    Failure = 2,
    Delay = 4,
    Never = 8,
}

/// <summary>RET= of RFC 3461 §4.3. The numbers are stored in the database: never change them.</summary>
public enum Ret : byte
{
    Unspecified = 0,
    Full = 1,
    Headers = 2,
}

/// <summary>BODY= of RFC 6152 and RFC 3030. The numbers are stored in the database: never change them.</summary>
public enum BodyType : byte
{
    SevenBit = 0,
    EightBitMime = 1,
    BinaryMime = 2,
}

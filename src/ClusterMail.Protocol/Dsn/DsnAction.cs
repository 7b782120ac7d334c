namespace ClusterMail.Protocol.Dsn;

/// <summary>What happened to a recipient, in the words of RFC 3464 §2.3.3.</summary>
public enum DsnAction : byte
{
    Failed,
    Delayed,
    Delivered,

    /// <summary>Handed to a host that cannot report (RFC 3461 §5.2.2): nobody will hear more.</summary>
    Relayed,
}

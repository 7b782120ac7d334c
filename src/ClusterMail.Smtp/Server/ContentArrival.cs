using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>A content under way: its number, where its octets go, and who reads them.</summary>
internal sealed record ContentArrival(MessageId Id, ContentBuffer Content, DataReader Reader) : IDisposable
{
    /// <summary>Why this content cannot be taken, as far as known by now; null when it can. Smuggling before size: it is the graver.</summary>
    public Reply? Trouble() =>
        Reader.IsDamaged ? ServerReplies.BadContentLines
        : Content.IsTooBig ? ServerReplies.TooBig
        : Content.IsOutOfSpace ? ServerReplies.SpoolFull
        : null;

    public void Dispose() => Content.Dispose();
}

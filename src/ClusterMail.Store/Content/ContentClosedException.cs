using ClusterMail.Protocol;

namespace ClusterMail.Store.Content;

/// <summary>A sealed content cannot be opened, or a new one cannot be sealed, on this node. The mail stays where it is; nothing is bounced for it.</summary>
public sealed class ContentClosedException(string message) : Exception(message)
{
    /// <summary>The key that is missing; null: the octets are not those that were stored.</summary>
    public string? Key { get; private init; }

    internal static ContentClosedException Missing(string key) =>
        new($"A content is sealed with the key {key}, which this node does not have: add it as a further line to the node's password-key-file, and start the node again") { Key = key };

    internal static ContentClosedException Changed(long mail, int seq) => new($"Piece {seq} of the content of {new MessageId(mail)} is not what was stored.");
}

using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>A message in a mailbox: prefix and content as one, read piece by piece, each by a short query of its own.</summary>
internal sealed class MailboxContent(NpgsqlDataSource dataSource, MailboxMessage message, ContentKeys keys) : MailContent
{
    // One piece of ordinary size comes in slices too: whoever reads it may be slow, and many may read at once.
    private const string PieceSql = "SELECT data FROM mailbox_piece WHERE content_id = $1 AND seq = $2";
    private const string SliceSql = "SELECT substring(data FROM $2::integer * $3::integer + 1 FOR $3) FROM mailbox_piece WHERE content_id = $1 AND seq = 0";

    public override long Length => message.Size;

    /// <exception cref="ContentClosedException">It is sealed with a key that this node does not have; or, while it is read, it is not what was stored.</exception>
    public override Stream OpenRead()
    {
        var key = message.SealedWith is { } name ? keys.Find(name) : null;
        return new PieceStream(message.Size, Encoding.UTF8.GetBytes(message.Prefix), next =>
        {
            var command = dataSource.Ask(message.InPieces ? PieceSql : SliceSql);
            command.Parameters.With(message.ContentId).With(next);
            if (!message.InPieces)
                command.Parameters.With(PieceStream.SliceLength(key));
            return command;
        }, $"Message {message.Uid} was removed while it was read.", key is null ? null : (piece, seq) => key.OpenPiece(piece, message.ContentId, seq));
    }
}

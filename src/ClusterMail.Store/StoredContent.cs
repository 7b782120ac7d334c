using ClusterMail.Protocol;
using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>Content that stays in the queue and is read in pieces of 256 KiB, each by a short query of its own: no transaction is open while the other side is slow.</summary>
/// <param name="key">Opens them; null: they are as they are.</param>
internal sealed class StoredContent(NpgsqlDataSource dataSource, long mail, long length, bool chunked, ContentKey? key) : MailContent
{
    private const string ChunkSql = "SELECT data FROM mail_chunk WHERE mail_id = $1 AND seq = $2";
    private const string SliceSql = "SELECT substring(content FROM $2::integer * $3::integer + 1 FOR $3) FROM mail WHERE id = $1";

    public override long Length => length;

    public override Stream OpenRead() => new PieceStream(length, [], next =>
    {
        var command = dataSource.Ask(chunked ? ChunkSql : SliceSql);
        command.Parameters.With(mail).With(next);
        if (!chunked)
            command.Parameters.With(PieceStream.SliceLength(key));
        return command;
    }, $"Mail {mail} left the queue while its content was read.", key is null ? null : (piece, seq) => key.OpenPiece(piece, mail, seq));
}

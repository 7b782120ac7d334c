using ClusterMail.Protocol;
using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>Content that stays in the queue and is read piece by piece, 256 KiB at most, each by a short query of its own: no transaction is open while the other side is slow.</summary>
/// <param name="key">Opens them; null: they are as they are.</param>
internal sealed class StoredContent(NpgsqlDataSource dataSource, long mail, long length, bool chunked, ContentKey? key) : MailContent
{
    private const string ChunkSql = "SELECT data FROM mail_chunk WHERE mail_id = $1 AND seq = $2";
    private const string SliceSql = "SELECT substring(content FROM $2::integer * $3::integer + 1 FOR $3) FROM mail WHERE id = $1";

    public override long Length => length;

    /// <summary>The content made of all its pieces, in order.</summary>
    /// <param name="length">Octets it has.</param>
    /// <exception cref="ContentClosedException">One is not what was stored.</exception>
    /// <exception cref="IOException">Some are missing: whoever reads it must not take it for complete.</exception>
    public static byte[] Whole(byte[][] pieces, long mail, long length, ContentKey? key)
    {
        if (key is not null)
            pieces = [.. pieces.Select((piece, seq) => key.OpenPiece(piece, mail, seq))];
        if (pieces.Sum(piece => (long)piece.Length) != length)
            throw new IOException(Gone(mail));
        if (pieces is [var only])
            return only;
        var whole = GC.AllocateUninitializedArray<byte>((int)length);
        var at = 0;
        foreach (var piece in pieces)
        {
            piece.CopyTo(whole, at);
            at += piece.Length;
        }
        return whole;
    }

    private static string Gone(long mail) => $"Mail {mail} left the queue while its content was read.";

    public override Stream OpenRead() => new PieceStream(length, [], next =>
    {
        var command = dataSource.Ask(chunked ? ChunkSql : SliceSql);
        command.Parameters.With(mail).With(next);
        if (!chunked)
            command.Parameters.With(PieceStream.SliceLength(key));
        return command;
    }, Gone(mail), key is null ? null : (piece, seq) => key.OpenPiece(piece, mail, seq));
}

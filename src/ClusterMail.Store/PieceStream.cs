using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>A content read from the database piece after piece.</summary>
/// <param name="length">Octets of the whole, <paramref name="first"/> included.</param>
/// <param name="first">What comes before the first piece; may be empty.</param>
/// <param name="piece">The query for the n-th piece, from 0. Its answer is never empty while there is more.</param>
/// <param name="gone">What to say when it is.</param>
/// <param name="open">Makes the octets of the n-th piece as stored those of the content; null: they are.</param>
internal sealed class PieceStream(long length, byte[] first, Func<int, NpgsqlCommand> piece, string gone, Func<byte[], int, byte[]>? open = null) : Stream
{
    /// <summary>Octets of a slice of a content that is one value.</summary>
    public static int SliceLength(ContentKey? key) => QueueStore.ChunkSize + (key is null ? 0 : AesPiece.Overhead);

    private byte[] _piece = first;
    private int _used;
    private int _next;
    private long _position;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == length || buffer.IsEmpty)
            return 0;
        if (_used == _piece.Length)
        {
            await using var command = piece(_next++);
            Take(await command.ExecuteScalarAsync(cancellationToken) as byte[]);
        }
        return Copy(buffer.Span);
    }

    public override int Read(Span<byte> buffer)
    {
        if (_position == length || buffer.IsEmpty)
            return 0;
        if (_used == _piece.Length)
        {
            using var command = piece(_next++);
            Take(command.ExecuteScalar() as byte[]);
        }
        return Copy(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Take(byte[]? read)
    {
        // The recipient was taken from us and ended elsewhere: the attempt that reads here must not look complete.
        if (read is not { Length: > 0 })
            throw new IOException(gone);
        _piece = open is null ? read : open(read, _next - 1);
        _used = 0;
        if (_piece.Length == 0)
            throw new IOException(gone);
    }

    private int Copy(Span<byte> buffer)
    {
        // Never more than there is to be: a piece that grew in the database must not make the content longer.
        var count = (int)Math.Min(Math.Min(buffer.Length, _piece.Length - _used), length - _position);
        _piece.AsSpan(_used, count).CopyTo(buffer);
        _used += count;
        _position += count;
        return count;
    }
}

using System.Buffers;
using System.Data;
using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>
/// A content read from the database piece after piece into one pooled buffer, never as a new array each: at 256 KiB those went to the heap of large objects,
/// which is cleaned so rarely that two hundred readers made it grow by hundreds of megabytes.
/// </summary>
/// <param name="length">Octets of the whole, <paramref name="first"/> included.</param>
/// <param name="first">What comes before the first piece; may be empty.</param>
/// <param name="piece">The query for the n-th piece, from 0. Its answer is never empty while there is more.</param>
/// <param name="gone">What to say when it is.</param>
/// <param name="open">Makes the octets of the n-th piece as stored those of the content; null: they are.</param>
internal sealed class PieceStream(long length, byte[] first, Func<int, NpgsqlCommand> piece, string gone, Func<byte[], int, byte[]>? open = null) : Stream
{
    /// <summary>Octets of a slice of a content that is one value.</summary>
    public static int SliceLength(ContentKey? key) => QueueStore.ChunkSize + (key is null ? 0 : AesPiece.Overhead);

    private const CommandBehavior OneValueAsItComes = CommandBehavior.SequentialAccess | CommandBehavior.SingleRow;

    private byte[] _rented = [];
    private ReadOnlyMemory<byte> _piece = first;
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
        if (_piece.IsEmpty)
        {
            await using var command = piece(_next);
            await using var reader = await command.ExecuteReaderAsync(OneValueAsItComes, cancellationToken);
            // The recipient was taken from us and ended elsewhere: the attempt that reads here must not look complete.
            if (!await reader.ReadAsync(cancellationToken) || await reader.IsDBNullAsync(0, cancellationToken))
                throw new IOException(gone);
            await using var octets = await reader.GetStreamAsync(0, cancellationToken);
            var room = Room(octets.Length);
            await octets.ReadExactlyAsync(room, cancellationToken);
            Take(room);
        }
        return Copy(buffer.Span);
    }

    public override int Read(Span<byte> buffer)
    {
        if (_position == length || buffer.IsEmpty)
            return 0;
        if (_piece.IsEmpty)
        {
            using var command = piece(_next);
            using var reader = command.ExecuteReader(OneValueAsItComes);
            if (!reader.Read() || reader.IsDBNull(0))
                throw new IOException(gone);
            using var octets = reader.GetStream(0);
            var room = Room(octets.Length);
            octets.ReadExactly(room.Span);
            Take(room);
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

    private Memory<byte> Room(long octets)
    {
        if (_rented.Length < octets)
        {
            GiveBack();
            _rented = ArrayPool<byte>.Shared.Rent(checked((int)octets));
        }
        return _rented.AsMemory(0, (int)octets);
    }

    private void Take(ReadOnlyMemory<byte> read)
    {
        _piece = open is null ? read : open(read.ToArray(), _next);
        if (_piece.IsEmpty)
            throw new IOException(gone);
        _next++;
    }

    private int Copy(Span<byte> buffer)
    {
        // Never more than there is to be: a piece that grew in the database must not make the content longer.
        var count = (int)Math.Min(Math.Min(buffer.Length, _piece.Length), length - _position);
        _piece.Span[..count].CopyTo(buffer);
        _piece = _piece[count..];
        _position += count;
        return count;
    }

    private void GiveBack()
    {
        if (_rented.Length > 0)
            ArrayPool<byte>.Shared.Return(_rented);
        _rented = [];
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _piece = default;
            GiveBack();
        }
        base.Dispose(disposing);
    }
}

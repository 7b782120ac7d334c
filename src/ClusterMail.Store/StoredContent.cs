using ClusterMail.Protocol;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>Content that stays in the database and is read in pieces of 256 KiB, each by a short query of its own: no transaction is open while the other side is slow.</summary>
internal sealed class StoredContent(NpgsqlDataSource dataSource, long mail, long length, bool chunked) : MailContent
{
    public override long Length => length;

    public override Stream OpenRead() => new PieceStream(dataSource, mail, length, chunked);

    private sealed class PieceStream(NpgsqlDataSource dataSource, long mail, long length, bool chunked) : Stream
    {
        private const string ChunkSql = "SELECT data FROM mail_chunk WHERE mail_id = $1 AND seq = $2";
        private const string SliceSql = "SELECT substring(content FROM $2::integer * 262144 + 1 FOR 262144) FROM mail WHERE id = $1";
        private byte[] _piece = [];
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
                await using var command = NextPiece();
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
                using var command = NextPiece();
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

        private NpgsqlCommand NextPiece()
        {
            var command = dataSource.Ask(chunked ? ChunkSql : SliceSql);
            command.Parameters.With(mail).With(_next++);
            return command;
        }

        private void Take(byte[]? piece)
        {
            // The recipient was taken from us and ended elsewhere: the attempt that reads here must not look complete.
            if (piece is not { Length: > 0 })
                throw new IOException($"Mail {mail} left the queue while its content was read.");
            _piece = piece;
            _used = 0;
        }

        private int Copy(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, _piece.Length - _used);
            _piece.AsSpan(_used, count).CopyTo(buffer);
            _used += count;
            _position += count;
            return count;
        }
    }
}

using ClusterMail.Protocol;

namespace ClusterMail.Queue.Senders;

/// <summary>A content that is not in memory, with another beginning: <paramref name="top"/> in place of its first <paramref name="skipped"/> octets. Owns it.</summary>
internal sealed class RetoppedContent(ReadOnlyMemory<byte> top, MailContent rest, long skipped) : MailContent
{
    public override long Length => top.Length + rest.Length - skipped;

    public override Stream OpenRead() => new Joined(top, rest.OpenRead(), skipped, Length);

    protected override void Dispose(bool disposing) => rest.Dispose();

    private sealed class Joined(ReadOnlyMemory<byte> top, Stream rest, long skipped, long length) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            if (Position < top.Length)
                return Copy(buffer);
            Place();
            return Count(rest.Read(buffer));
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < top.Length)
                return Copy(buffer.Span);
            Place();
            return Count(await rest.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => Position,
            _ => length,
        };

        public override void Flush() { }
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                rest.Dispose();
            base.Dispose(disposing);
        }

        public override async ValueTask DisposeAsync()
        {
            await rest.DisposeAsync().ConfigureAwait(false);
            await base.DisposeAsync().ConfigureAwait(false);
        }

        private int Copy(Span<byte> buffer)
        {
            var left = top.Span[(int)Position..];
            var taken = Math.Min(left.Length, buffer.Length);
            left[..taken].CopyTo(buffer);
            return Count(taken);
        }

        private void Place()
        {
            var at = skipped + Position - top.Length;
            if (rest.Position != at)
                rest.Position = at;
        }

        private int Count(int read)
        {
            Position += read;
            return read;
        }
    }
}

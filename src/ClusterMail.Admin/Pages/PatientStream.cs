using System.Buffers;

namespace ClusterMail.Admin.Pages;

/// <summary>
/// Takes what a writer hands over without waiting, and gives it on with the next write that waits: the end of a packed file is written so, and a thread must not stand still for a
/// slow reader. What is kept is the little between two such writes.
/// </summary>
internal sealed class PatientStream(Stream target) : Stream
{
    private readonly ArrayBufferWriter<byte> _kept = new();

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => _kept.Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => _kept.Write(buffer);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await GiveOnAsync(cancellationToken);
        await target.WriteAsync(buffer, cancellationToken);
    }

    public override void Flush()
    {
        // Nothing can be given on without waiting.
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await GiveOnAsync(cancellationToken);
        await target.FlushAsync(cancellationToken);
    }

    private async ValueTask GiveOnAsync(CancellationToken cancel)
    {
        if (_kept.WrittenCount == 0)
            return;
        await target.WriteAsync(_kept.WrittenMemory, cancel);
        _kept.ResetWrittenCount();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

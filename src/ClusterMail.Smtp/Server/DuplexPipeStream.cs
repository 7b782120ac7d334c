using System.Buffers;
using System.IO.Pipelines;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// A connection's two pipes as the one stream TLS wants to stand on. What nobody waits for can be held back, to leave with what comes next: each write by itself is a packet and wakes the client.
/// </summary>
internal sealed class DuplexPipeStream(IDuplexPipe pipe) : Stream
{
    private readonly Stream _input = pipe.Input.AsStream(leaveOpen: true);
    private readonly Stream _output = pipe.Output.AsStream(leaveOpen: true);

    /// <summary>Writes stay here until a read finds nothing, the first write without it, or the end of the pipe.</summary>
    public bool Holds { get; set; }

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Holds && pipe.Output.UnflushedBytes > 0 ? ReadHeldAsync(buffer, cancellationToken) : _input.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!Holds)
            return _output.WriteAsync(buffer, cancellationToken);
        pipe.Output.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Holds ? Task.CompletedTask : _output.FlushAsync(cancellationToken);

    /// <summary>The client may be waiting for what is held.</summary>
    private async ValueTask<int> ReadHeldAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        var read = _input.ReadAsync(buffer, cancel);
        if (!read.IsCompleted)
            await _output.FlushAsync(cancel);
        return await read;
    }

    public override void Flush() { }

    // A thread must never wait for the network here.
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}

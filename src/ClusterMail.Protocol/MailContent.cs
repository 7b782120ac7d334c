namespace ClusterMail.Protocol;

/// <summary>
/// The content of a mail (RFC 5321 §2.3.1): header and body, CRLF line ends, dots already unstuffed, our Received: header on top.
/// Whoever holds it disposes it; a spooled one deletes its file then.
/// </summary>
public abstract class MailContent : IDisposable
{
    /// <summary>Octets.</summary>
    public abstract long Length { get; }

    /// <summary>The whole content when it is in memory; null when it must be read through <see cref="OpenRead"/>.</summary>
    public virtual ReadOnlyMemory<byte>? Memory => null;

    /// <summary>A new stream over the content from its first octet. May be called more than once, for attempts one after the other.</summary>
    public abstract Stream OpenRead();

    protected virtual void Dispose(bool disposing) { }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }
}

/// <summary>Content of ordinary size, in memory (at most 1 MiB on the receiving side).</summary>
public sealed class MemoryContent(ReadOnlyMemory<byte> bytes) : MailContent
{
    public override long Length => bytes.Length;
    public override ReadOnlyMemory<byte>? Memory => bytes;

    public override Stream OpenRead() =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);
}

/// <summary>Content in a spool file of this node; the file goes with the object. A file left by a killed node is removed at the next start.</summary>
/// <param name="removed">Called once, when the file has gone: gives back what it occupied of the spool's limit.</param>
public sealed class SpooledContent(string path, long length, Action? removed = null) : MailContent
{
    private Action? _removed = removed;

    public override long Length => length;
    public string Path => path;

    public override Stream OpenRead() =>
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 65536, FileOptions.Asynchronous | FileOptions.SequentialScan);

    protected override void Dispose(bool disposing)
    {
        try
        {
            File.Delete(path);
        }
        catch (IOException)
        {
            // The start-up sweep of the spool folder removes what could not be removed now.
        }
        Interlocked.Exchange(ref _removed, null)?.Invoke();
    }
}

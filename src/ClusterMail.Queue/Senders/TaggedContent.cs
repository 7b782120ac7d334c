using ClusterMail.Policy.Senders;
using ClusterMail.Protocol;

namespace ClusterMail.Queue.Senders;

/// <summary>A mail with our Authentication-Results on top, and without those that only pretend to be ours (RFC 8601 §5). The body is not touched.</summary>
internal static class TaggedContent
{
    /// <summary>Octets of a header block that can be tagged; nobody writes so many, and forged headers must not hide behind the end of what is read.</summary>
    private const int MaxHeader = 1_048_576;

    /// <returns>A content that owns <paramref name="content"/>; null: its header block is longer than can be looked through, and nothing has changed.</returns>
    public static async ValueTask<MailContent?> MakeAsync(MailContent content, byte[] header, string hostName, CancellationToken cancel)
    {
        var (block, isWhole) = content.Memory is { } memory ? Block(memory) : await BlockAsync(content, cancel).ConfigureAwait(false);
        if (!isWhole)
            return null;
        var kept = AuthenticationResults.WithoutForged(block.Span, hostName);
        if (content.Memory is { } whole)
        {
            var octets = GC.AllocateUninitializedArray<byte>(header.Length + kept.Length + whole.Length - block.Length);
            header.CopyTo(octets, 0);
            kept.CopyTo(octets, header.Length);
            whole.Span[block.Length..].CopyTo(octets.AsSpan(header.Length + kept.Length));
            content.Dispose();
            return new MemoryContent(octets);
        }
        return new RetoppedContent((byte[])[.. header, .. kept], content, block.Length);
    }

    /// <summary>Up to the empty line; the whole content when there is none.</summary>
    private static (ReadOnlyMemory<byte> Block, bool IsWhole) Block(ReadOnlyMemory<byte> content)
    {
        var end = content.Span.StartsWith("\r\n"u8) ? 0 : content.Span.IndexOf("\r\n\r\n"u8) is var at and >= 0 ? at + 2 : content.Length;
        return (content[..end], end <= MaxHeader);
    }

    private static async Task<(ReadOnlyMemory<byte> Block, bool IsWhole)> BlockAsync(MailContent content, CancellationToken cancel)
    {
        var octets = new byte[(int)Math.Min(content.Length, MaxHeader + 4)];
        await using var stream = content.OpenRead();
        var length = await stream.ReadAtLeastAsync(octets, octets.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
        var (block, _) = Block(octets.AsMemory(0, length));
        return (block.ToArray(), block.Length < length || length == content.Length);
    }
}

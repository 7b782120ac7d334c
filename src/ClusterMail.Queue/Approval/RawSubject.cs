using System.Buffers;
using ClusterMail.Protocol;

namespace ClusterMail.Queue.Approval;

/// <summary>The value of the first Subject: header as octets, still folded and encoded: what tells a decision from other mail (APPROVE-140).</summary>
internal static class RawSubject
{
    /// <summary>Octets of a content that are looked at: header blocks of ordinary mail have a few thousand.</summary>
    private const int Limit = 65_536;

    public static async ValueTask<byte[]> FindAsync(MailContent content, CancellationToken cancel)
    {
        if (content.Memory is { } memory)
            return Find(memory.Span[..Math.Min(memory.Length, Limit)]);
        var buffer = ArrayPool<byte>.Shared.Rent(Limit);
        try
        {
            await using var stream = content.OpenRead();
            var count = await stream.ReadAtLeastAsync(buffer.AsMemory(0, Limit), Limit, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
            return Find(buffer.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Empty: there is none.</summary>
    public static byte[] Find(ReadOnlySpan<byte> head)
    {
        var name = "subject:"u8;
        while (!head.IsEmpty && !head.StartsWith("\r\n"u8))
        {
            var end = EndOfField(head);
            if (end > name.Length && System.Text.Ascii.EqualsIgnoreCase(head[..name.Length], name))
                return head[name.Length..end].ToArray();
            head = head[end..];
        }
        return [];
    }

    /// <summary>Behind the last line of the first field: one that is not followed by a folded line.</summary>
    private static int EndOfField(ReadOnlySpan<byte> head)
    {
        var end = 0;
        do
        {
            var line = head[end..].IndexOf("\r\n"u8);
            if (line < 0)
                return head.Length;
            end += line + 2;
        }
        while (end < head.Length && head[end] is (byte)' ' or (byte)'\t');
        return end;
    }
}

namespace ClusterMail.Protocol;

/// <summary>An enhanced status code x.y.z (RFC 3463).</summary>
public readonly record struct EnhancedStatus(byte Class, ushort Subject, ushort Detail)
{
    public override string ToString() => $"{Class}.{Subject}.{Detail}";

    /// <summary>Reads <c>x.y.z</c> at the start of <paramref name="text"/>. False when there is none: many servers send no enhanced code.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EnhancedStatus status, out int length)
    {
        status = default;
        length = 0;
        if (text.Length < 5 || text[0] is not ('2' or '4' or '5') || text[1] != '.')
            return false;
        var at = 2;
        if (!Number(text, ref at, out var subject) || at >= text.Length || text[at++] != '.' || !Number(text, ref at, out var detail))
            return false;
        if (at < text.Length && text[at] != ' ')
            return false;
        status = new EnhancedStatus((byte)(text[0] - '0'), subject, detail);
        length = at;
        return true;
    }

    private static bool Number(ReadOnlySpan<char> text, ref int at, out ushort value)
    {
        value = 0;
        var start = at;
        while (at < text.Length && at - start < 3 && char.IsAsciiDigit(text[at]))
            value = (ushort)(value * 10 + (text[at++] - '0'));
        return at > start;
    }
}

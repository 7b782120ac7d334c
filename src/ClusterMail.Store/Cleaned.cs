namespace ClusterMail.Store;

/// <summary>What strangers sent goes in as text: PostgreSQL refuses NUL and lone surrogates, and a refused batch would be tried for ever.</summary>
internal static class Cleaned
{
    public static string Text(string text, int limit)
    {
        if (text.Length > limit)
            text = text[..limit];
        return text.Contains('\0', StringComparison.Ordinal) || text.Any(char.IsSurrogate) ? string.Concat(text.Replace('\0', '?').EnumerateRunes()) : text;
    }

    public static string[] Texts(IEnumerable<string> texts) => [.. texts.Select(text => Text(text, 1024))];
}

namespace ClusterMail.Policy.Senders;

/// <summary>One <c>name=value</c> of RFC 6376 §3.2.</summary>
internal readonly record struct Tag(string Name, string Value);

/// <summary><c>name=value; name=value</c>, the form of DKIM signatures, DKIM keys and DMARC records.</summary>
internal static class TagList
{
    /// <summary>Names as written, values without the blanks around them. Null: it cannot be read, or says a name twice.</summary>
    public static IReadOnlyList<Tag>? Parse(string text)
    {
        var tags = new List<Tag>();
        foreach (var piece in text.Split(';'))
        {
            var tag = piece.Trim(' ', '\t', '\r', '\n');
            var sign = tag.IndexOf('=', StringComparison.Ordinal);
            // The last semicolon may be the end.
            if (tag.Length == 0)
                continue;
            if (sign <= 0)
                return null;
            var name = tag[..sign].TrimEnd(' ', '\t', '\r', '\n');
            if (tags.Exists(known => known.Name == name))
                return null;
            tags.Add(new Tag(name, tag[(sign + 1)..].TrimStart(' ', '\t', '\r', '\n')));
        }
        return tags;
    }

    public static string? Value(this IReadOnlyList<Tag> tags, string name)
    {
        foreach (var tag in tags)
            if (tag.Name == name)
                return tag.Value;
        return null;
    }
}

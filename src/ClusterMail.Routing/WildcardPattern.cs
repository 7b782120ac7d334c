namespace ClusterMail.Routing;

/// <summary>Text with <c>*</c> for any run of characters, also an empty one; letters compared without case (GWT-3).</summary>
public readonly record struct WildcardPattern(string Text)
{
    /// <summary>Time grows with the product of both lengths at worst, and both are limited by RFC 5321.</summary>
    public bool Matches(ReadOnlySpan<char> text)
    {
        var pattern = Text.AsSpan();
        int at = 0, p = 0, star = -1, resume = 0;
        while (at < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = at;
            }
            else if (p < pattern.Length && Same(pattern[p], text[at]))
            {
                p++;
                at++;
            }
            else if (star >= 0)
            {
                // The last star takes one character more, and the rest of the pattern is tried again behind it.
                p = star + 1;
                at = ++resume;
            }
            else
            {
                return false;
            }
        }
        return pattern[p..].TrimStart('*').IsEmpty;
    }

    public override string ToString() => Text;

    private static bool Same(char a, char b) => a == b || char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}

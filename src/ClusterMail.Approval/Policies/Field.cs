namespace ClusterMail.Approval.Policies;

/// <summary>A piece of a line that knows where it stands, so that an error can name the column.</summary>
/// <param name="Start">Index in the line, from 0.</param>
internal readonly record struct Field(string Text, int Start)
{
    /// <summary>From 1.</summary>
    public int Column => Start + 1;

    public Field Trimmed
    {
        get
        {
            var left = Text.TrimStart();
            return new Field(left.TrimEnd(), Start + Text.Length - left.Length);
        }
    }

    /// <summary>Before and after one character; nothing after when <paramref name="at"/> is negative.</summary>
    public (Field Before, Field? After) Cut(int at) =>
        at < 0 ? (Trimmed, null) : (new Field(Text[..at], Start).Trimmed, new Field(Text[(at + 1)..], Start + at + 1).Trimmed);

    public List<Field> Split(char separator)
    {
        var pieces = new List<Field>();
        Field? rest = this;
        while (rest is { } left)
        {
            (var piece, rest) = left.Cut(left.Text.IndexOf(separator, StringComparison.Ordinal));
            pieces.Add(piece);
        }
        return pieces;
    }
}

namespace ClusterMail.Migration;

/// <summary>What became of one line, or of one file, of the original (ADMIN-52).</summary>
/// <param name="File">Path below the folder that is imported, with <c>/</c>.</param>
/// <param name="Line">From 1; 0: the whole file.</param>
/// <param name="Text">As it stands there, cut, without control characters; secrets as <c>***</c>.</param>
/// <param name="Reason">One sentence; what to do by hand, where something is to be done.</param>
/// <param name="Rule">Of the specification, for example <c>RELAY-1</c>; empty: none decides.</param>
public sealed record Finding(string File, int Line, string Text, FindingOutcome Outcome, string Reason, string Rule)
{
    /// <summary>Characters of <see cref="Text"/>.</summary>
    public const int LongestText = 200;

    /// <summary>From 1; 0: the whole line.</summary>
    public int Column { get; init; }

    /// <summary>The line is wrong and could not be taken; not merely unknown here.</summary>
    public bool IsFault { get; init; }

    internal static string Shown(string text)
    {
        var cut = text.Length > LongestText ? text[..(LongestText - 1)] + "…" : text;
        return cut.Any(char.IsControl) ? new string([.. cut.Select(c => c == '\t' ? ' ' : char.IsControl(c) ? '?' : c)]) : cut;
    }
}

public enum FindingOutcome : byte
{
    /// <summary>Taken over as it is.</summary>
    Imported,

    /// <summary>Taken over, and means or does something else here.</summary>
    Changed,

    /// <summary>Not taken over.</summary>
    Ignored,

    /// <summary>The farm has it already: from an earlier run, or of its own.</summary>
    Present,
}

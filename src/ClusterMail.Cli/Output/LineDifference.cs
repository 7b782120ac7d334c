namespace ClusterMail.Cli.Output;

/// <summary>What changed between two texts, by lines. What is the same at both ends is left out; a table of thousands of lines needs no more.</summary>
public static class LineDifference
{
    /// <param name="before">Null: there was none.</param>
    public static IEnumerable<(char Mark, string Line)> Between(string? before, string? after)
    {
        var old = Lines(before);
        var fresh = Lines(after);
        var start = 0;
        while (start < old.Length && start < fresh.Length && old[start] == fresh[start])
            start++;
        var end = 0;
        while (end < old.Length - start && end < fresh.Length - start && old[^(end + 1)] == fresh[^(end + 1)])
            end++;
        return old[start..^end].Select(line => ('-', line)).Concat(fresh[start..^end].Select(line => ('+', line)));
    }

    private static string[] Lines(string? text) => text is null ? [] : text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}

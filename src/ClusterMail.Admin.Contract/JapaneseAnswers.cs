using System.Collections.Frozen;
using System.Globalization;

namespace ClusterMail.Admin.Contract;

/// <summary>
/// What nodes answer, in Japanese, by the English text (docs/decisions/0015). A key with holes is a pattern for the finished sentence. What is in no table stays English.
/// </summary>
public static class JapaneseAnswers
{
    private static readonly FrozenDictionary<string, string> Whole =
        JapaneseProblems.Texts.Where(pair => !pair.Key.Contains('{', StringComparison.Ordinal)).ToFrozenDictionary(StringComparer.Ordinal);

    // Most telling first: "{0} exists already." must not take the sentence of a pattern that says more.
    private static readonly Lazy<IReadOnlyList<(TextPattern Pattern, string Japanese)>> Patterns = new(() =>
        [.. JapaneseProblems.Texts.Where(pair => pair.Key.Contains('{', StringComparison.Ordinal)).Select(pair => (new TextPattern(pair.Key), pair.Value)).OrderByDescending(pair => pair.Item1.Weight)]);

    public static string Of(string english)
    {
        if (Whole.TryGetValue(english, out var whole))
            return whole;
        foreach (var (pattern, japanese) in Patterns.Value)
            if (pattern.Match(english) is { } holes)
                return string.Format(CultureInfo.InvariantCulture, japanese, [.. holes]);
        return english;
    }
}

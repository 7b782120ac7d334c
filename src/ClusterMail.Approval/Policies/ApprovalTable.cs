using System.Collections.Immutable;
using ClusterMail.Settings;

namespace ClusterMail.Approval.Policies;

/// <summary>
/// A destination restriction (送信先制限, <c>sender.dat</c>) with its lines of approval, as one level of a policy has it (APPROVE-14). Immutable. Every line of
/// the text is kept as it came, so that an export gives back what was imported, comments included (APPROVE-21).
/// </summary>
public sealed class ApprovalTable
{
    /// <summary>Lines a table may have; more are an error.</summary>
    public const int MaxLines = 10_000;

    /// <summary>Characters a line may have; more are an error.</summary>
    public const int LongestLine = 4096;

    internal ApprovalTable(ImmutableArray<string> text, ImmutableArray<ApprovalLine> rules)
    {
        (Text, Rules) = (text, rules);
        Sends = rules.Any(rule => rule.Mode == ApprovalMode.Send);
        Refuses = rules.Any(rule => rule.Mode is ApprovalMode.Refuse or ApprovalMode.Unreadable);
        LooksAtContent = rules.Any(rule => rule.LooksAtContent);
        SearchesBodies = rules.Any(rule => rule.LooksAtContent && rule.Condition.Places.HasFlag(SearchPlaces.Body));
    }

    public static ApprovalTable Empty { get; } = new([], []);

    /// <summary>All lines as they came, without line ends.</summary>
    public ImmutableArray<string> Text { get; }

    /// <summary>The lines that are rules, from the top. A level without any says nothing (APPROVE-15).</summary>
    public ImmutableArray<ApprovalLine> Rules { get; }

    /// <summary>Some line lists a permitted destination, so that one which matches nothing is refused (DEST-4).</summary>
    internal bool Sends { get; }

    /// <summary>Some line forbids, with the same consequence (DEST-5).</summary>
    internal bool Refuses { get; }
    internal bool LooksAtContent { get; }
    internal bool SearchesBodies { get; }

    /// <summary>Reads a table. Lines that cannot be read stay in it as <see cref="ApprovalMode.Unreadable"/>, so that nothing passes by them (APPROVE-13).</summary>
    /// <param name="setting">How errors call the text.</param>
    public static (ApprovalTable Table, IReadOnlyList<SettingError> Errors) Parse(string text, string setting = "sender.dat") => new TableReader(setting).Read(text);

    /// <summary>The text again, each line ended by <paramref name="lineEnd"/>; the old product's files want CRLF.</summary>
    public string Print(string lineEnd = "\n") => string.Concat(Text.Select(line => line + lineEnd));
}

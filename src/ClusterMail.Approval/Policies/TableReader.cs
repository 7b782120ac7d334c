using System.Collections.Immutable;
using ClusterMail.Settings;

namespace ClusterMail.Approval.Policies;

/// <summary>Reads the text of a <c>sender.dat</c> (APPROVE-16 to APPROVE-20, DEST-1 to DEST-6), line by line.</summary>
internal sealed class TableReader(string setting)
{
    private const int MaxErrors = 100;
    private readonly List<SettingError> _errors = [];

    public (ApprovalTable Table, IReadOnlyList<SettingError> Errors) Read(string text)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        var rules = ImmutableArray.CreateBuilder<ApprovalLine>();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            lines.Add(line.ToString());
            if (lines.Count == ApprovalTable.MaxLines + 1)
            {
                Tell(lines.Count, 0, "APPROVE-16", $"the table has more than {ApprovalTable.MaxLines} lines", warning: false);
                rules.Add(new ApprovalLine(lines.Count, new AddressPattern("*"), ApprovalMode.Unreadable) { Fault = "too many lines" });
            }
            else if (lines.Count <= ApprovalTable.MaxLines && line.Trim() is { IsEmpty: false } words && words[0] is not ('\'' or '#'))
                rules.Add(Rule(lines.Count, line));
        }
        if (rules.Any(rule => rule.Mode == ApprovalMode.Refuse) && !rules.Any(rule => rule.Pattern.IsCatchAll))
            Tell(0, 0, "DEST-5", "has a line that forbids and none for *, so destinations that match nothing are refused; add *,0 for the rest", warning: true);
        // What ends with a line end has no further line behind it.
        if (lines.Count > 0 && lines[^1].Length == 0)
            lines.RemoveAt(lines.Count - 1);
        return (new ApprovalTable(lines.ToImmutable(), rules.ToImmutable()), _errors);
    }

    private ApprovalLine Rule(int number, ReadOnlySpan<char> line)
    {
        if (line.Length > ApprovalTable.LongestLine)
        {
            Tell(number, ApprovalTable.LongestLine + 1, "APPROVE-16", $"the line has more than {ApprovalTable.LongestLine} characters", warning: false);
            return new ApprovalLine(number, new AddressPattern("*"), ApprovalMode.Unreadable) { Fault = "too long" };
        }
        var reader = new LineReader(number, line.ToString(), Tell);
        return reader.Read();
    }

    private void Tell(int line, int column, string rule, string message, bool warning)
    {
        if (_errors.Count < MaxErrors)
            _errors.Add(new SettingError(setting, line, column, rule, message) { IsWarning = warning });
    }
}

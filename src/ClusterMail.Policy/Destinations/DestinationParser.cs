using ClusterMail.Settings;

namespace ClusterMail.Policy.Destinations;

/// <summary>Reads the text of a <c>sender.dat</c>: both the short form of 05 G and the one with approval fields (APPROVE-16 to APPROVE-20).</summary>
internal sealed class DestinationParser(string setting)
{
    private const int MaxErrors = 100;
    private const int LongestPattern = 320;
    private static readonly string[] ConditionWords = ["file=", "list=", "in=", "size>", "rcpt>", "ext=", "attach"];

    private readonly List<DestinationRule> _rules = [];
    private readonly List<SettingError> _errors = [];

    public (DestinationTable Table, IReadOnlyList<SettingError> Errors) Parse(string text)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var words = line.Trim();
            if (!words.IsEmpty && words[0] is not ('\'' or '#'))
                _rules.Add(ParseLine(number, words.ToString()));
        }
        if (_rules.Exists(rule => rule.Mode == DestinationMode.Forbid) && !_rules.Exists(rule => rule.Pattern == "*"))
            Tell(0, "DEST-5", "has a line that forbids and none for *, so destinations that match nothing are refused; add *,0 for the rest", warning: true);
        return (new DestinationTable(_rules), _errors);
    }

    /// <summary>From both ends, because a condition may hold a Windows path and with it a colon (APPROVE-19).</summary>
    private DestinationRule ParseLine(int number, string line)
    {
        var (body, options) = Cut(line, line.IndexOf(';', StringComparison.Ordinal));
        var literal = body.IndexOf(']', StringComparison.Ordinal);
        var (pattern, rest) = Cut(body, body.IndexOfAny([':', ','], body.Contains("@[", StringComparison.Ordinal) && literal > 0 ? literal : 0));
        if (pattern.Length is 0 or > LongestPattern || pattern.Any(char.IsWhiteSpace) || pattern.Count(c => c == '@') > 1)
            return Faulty(number, "*", "DEST-1", $"'{pattern}' is no address, *@domain, or pattern with *");
        if (rest is null)
            return new DestinationRule(number, pattern, DestinationMode.Allow, Options: options ?? "");
        var (word, fields) = Cut(rest, rest.IndexOf(':', StringComparison.Ordinal));
        DestinationMode? mode = word switch
        {
            "-1" => DestinationMode.Forbid,
            "0" or "" => DestinationMode.Allow,
            "1" => DestinationMode.Approve,
            "2" => DestinationMode.ApproveAttachments,
            _ => null,
        };
        if (mode is null)
            return Faulty(number, pattern, "APPROVE-25", $"'{word}' is none of -1, 0, 1, 2");
        var (condition, approvers) = Fields(number, fields);
        return mode is DestinationMode.Approve or DestinationMode.ApproveAttachments && approvers.Length == 0
            ? Faulty(number, pattern, "APPROVE-25", $"mode {word} needs an approver: pattern:{word}:condition:approver,approver")
            : new DestinationRule(number, pattern, mode.Value, condition, approvers, options ?? "");
    }

    private (string Condition, string Approvers) Fields(int number, string? fields)
    {
        if (string.IsNullOrEmpty(fields))
            return ("", "");
        var isCondition = ConditionWords.Any(word => fields.StartsWith(word, StringComparison.OrdinalIgnoreCase));
        var last = fields.LastIndexOf(':');
        // A path without approvers behind it: what follows its colon is no address.
        if (last >= 0 && (!isCondition || last == fields.Length - 1 || fields.AsSpan(last).Contains('@')))
            return (fields[..last].Trim(), fields[(last + 1)..].Trim());
        Tell(number, "APPROVE-19", isCondition ? "three fields: the third is taken as the condition" : "three fields: the third is taken as the approvers", warning: true);
        return isCondition ? (fields, "") : ("", fields);
    }

    private DestinationRule Faulty(int number, string pattern, string rule, string message)
    {
        Tell(number, rule, message, warning: false);
        return new DestinationRule(number, pattern, DestinationMode.Unreadable);
    }

    private void Tell(int line, string rule, string message, bool warning)
    {
        if (_errors.Count < MaxErrors)
            _errors.Add(new SettingError(setting, line, 0, rule, message) { IsWarning = warning });
    }

    private static (string Before, string? After) Cut(string text, int at) => at < 0 ? (text.Trim(), null) : (text[..at].Trim(), text[(at + 1)..].Trim());
}

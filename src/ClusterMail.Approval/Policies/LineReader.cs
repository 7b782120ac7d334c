using System.Collections.Immutable;
using ClusterMail.Accounts;

namespace ClusterMail.Approval.Policies;

/// <summary>
/// Reads one rule line from both ends, because a condition may hold a Windows path and with it a colon (APPROVE-19): options off the end, pattern and mode off
/// the front, approvers after the last colon, and what is left is the condition.
/// </summary>
internal sealed class LineReader(int number, string line, LineReader.Report report)
{
    private const int LongestPattern = 320;
    private string? _fault;

    /// <summary>Takes what is wrong with a line.</summary>
    /// <param name="column">From 1; 0: the whole line.</param>
    public delegate void Report(int line, int column, string rule, string message, bool warning);

    public ApprovalLine Read()
    {
        var whole = new Field(line, 0).Trimmed;
        var (body, options) = whole.Cut(whole.Text.IndexOf(';', StringComparison.Ordinal));
        var (pattern, rest) = body.Cut(body.Text.IndexOfAny([':', ','], EndOfLiteral(body.Text)));
        var address = Pattern(pattern);
        var (word, fields) = rest is { } some ? some.Cut(some.Text.IndexOf(':', StringComparison.Ordinal)) : (pattern with { Text = "" }, null);
        var mode = Mode(word);
        var (condition, approvers) = Fields(fields, mode);
        var (terms, list) = (new ConditionReader(Fault).Read(condition), Approvers(approvers));
        if (mode is ApprovalMode.Always or ApprovalMode.Attachments && list.IsEmpty && _fault is null)
            Fault(word, "APPROVE-25", $"mode {word.Text} needs an approver: {pattern.Text}:{word.Text}::approver,approver");
        if (mode == ApprovalMode.Delay && !list.IsEmpty)
            Fault(approvers, "APPROVE-510", "mode 3 asks nobody; for approval after a delay write mode 1 or 2 with ;delay=");
        if (mode is ApprovalMode.Refuse or ApprovalMode.Send && (!terms.IsEmpty || !list.IsEmpty))
            report(number, fields!.Value.Column, "APPROVE-16", $"mode {(sbyte)mode} has no use for a condition or approvers; they are not looked at", true);
        var read = new OptionReader(Fault).Read(options);
        Fitting(mode, word, options, read);
        if (read.Votes.Count > 1 && list.Stages.Any(stage => stage.Approvers.Length < read.Votes.Count && stage.Approvers.All(one => one is ApproverList.Named)))
            Fault(options!.Value, "APPROVE-44", $"{read.Votes} needs at least as many approvers in each stage");
        return new ApprovalLine(number, address, _fault is null ? mode : ApprovalMode.Unreadable) { Condition = terms, Approvers = list, Options = read, Fault = _fault };
    }

    // The colons of an address literal, *@[IPv6:2001:db8::1], separate nothing.
    private static int EndOfLiteral(string body) => body.Contains("@[", StringComparison.Ordinal) ? Math.Max(0, body.IndexOf(']', StringComparison.Ordinal)) : 0;

    private AddressPattern Pattern(Field field)
    {
        if (field.Text.Length is > 0 and <= LongestPattern && !field.Text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) && field.Text.Count(c => c == '@') <= 1)
            return new AddressPattern(field.Text);
        Fault(field, "DEST-1", $"'{Shown(field.Text)}' is no address, *@domain, or pattern with *");
        // Whatever was meant: nothing passes by it.
        return new AddressPattern("*");
    }

    private ApprovalMode Mode(Field word)
    {
        switch (word.Text)
        {
            case "-1": return ApprovalMode.Refuse;
            case "0" or "": return ApprovalMode.Send;
            case "1": return ApprovalMode.Always;
            case "2": return ApprovalMode.Attachments;
            case "3": return ApprovalMode.Delay;
            default:
                Fault(word, "APPROVE-25", $"'{Shown(word.Text)}' is no mode: -1 refuses, 0 sends, 1 always asks for approval, 2 when there is an attachment, 3 delays");
                return ApprovalMode.Unreadable;
        }
    }

    /// <summary>Whether delay, confirmation and copy go with the mode (APPROVE-510 to APPROVE-514).</summary>
    private void Fitting(ApprovalMode mode, Field word, Field? options, LineOptions read)
    {
        if (mode == ApprovalMode.Delay && read is { Delay: null, Confirm: false } && _fault is null)
            Fault(word, "APPROVE-510", "mode 3 needs ;delay=10m, after which the mail leaves, or ;confirm");
        if (options is not { } behind)
            return;
        if (read.Confirm && mode is not (ApprovalMode.Delay or ApprovalMode.Unreadable))
            Fault(behind, "APPROVE-511", "confirm belongs to mode 3: the sender's own word is no approval");
        if (read is { Confirm: true, Delay: not null })
            report(number, behind.Column, "APPROVE-511", "with confirm the mail never leaves by itself; delay= is not looked at", true);
        if (mode is ApprovalMode.Refuse or ApprovalMode.Send && (read.Delay is not null || read.Bcc is not null))
            Fault(behind, read.Delay is not null ? "APPROVE-510" : "APPROVE-514", $"mode {(sbyte)mode} holds nothing; {(read.Delay is not null ? "delay=" : "bcc=")} belongs to mode 1, 2 or 3");
        if (read is { BccSilent: true, Bcc: null })
            Fault(behind, "APPROVE-514", "bcc-silent needs a bcc=address beside it");
    }

    private (Field Condition, Field Approvers) Fields(Field? rest, ApprovalMode mode)
    {
        if (rest is not { Text.Length: > 0 } fields)
            return (new Field("", line.Length), new Field("", line.Length));
        var nothing = fields with { Text = "" };
        var isCondition = ConditionReader.BeginsWithTerm(fields.Text);
        var last = fields.Text.LastIndexOf(':');
        // A path without approvers behind it: what follows its colon is no address.
        if (last >= 0 && (!isCondition || last == fields.Text.Length - 1 || fields.Text.AsSpan(last).Contains('@')))
        {
            var (condition, approvers) = fields.Cut(last);
            return (condition, approvers ?? nothing);
        }
        // Mode 3 has no approvers, so there is nothing to mistake a condition for.
        if (isCondition && mode == ApprovalMode.Delay)
            return (fields, nothing);
        report(number, fields.Column, "APPROVE-19",
            isCondition ? $"three fields: '{Shown(fields.Text)}' is taken as the condition; for approvers write another colon in front"
                : $"three fields: '{Shown(fields.Text)}' is taken as the approvers; write pattern:mode::approvers to be sure", true);
        return isCondition ? (fields, nothing) : (nothing, fields);
    }

    private ApproverList Approvers(Field field)
    {
        if (field.Text.Length == 0)
            return ApproverList.None;
        var stages = ImmutableArray.CreateBuilder<ApproverList.Stage>();
        foreach (var stage in field.Split('>'))
        {
            ImmutableArray<ApproverList.Approver> approvers = [.. stage.Split(',').Where(one => one.Text.Length > 0).Select(Approver).OfType<ApproverList.Approver>().Distinct()];
            if (approvers.IsEmpty)
                Fault(stage, "APPROVE-45", "a stage without approvers");
            else if (approvers.Length > ApproverList.MaxApprovers)
                Fault(stage, "APPROVE-48", $"a stage has at most {ApproverList.MaxApprovers} approvers; make a group of them");
            else
                stages.Add(new ApproverList.Stage(approvers));
        }
        if (stages.Count > ApproverList.MaxStages)
            Fault(field, "APPROVE-48", $"at most {ApproverList.MaxStages} stages");
        return new ApproverList([.. stages.Take(ApproverList.MaxStages)]);
    }

    private ApproverList.Approver? Approver(Field word)
    {
        if (word.Text.Equals("@manager", StringComparison.OrdinalIgnoreCase))
            return new ApproverList.Superior();
        if (word.Text is ['@', _, ..] && word.Text.Length <= 65 && word.Text.AsSpan(1).IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") < 0)
            return new ApproverList.Group(word.Text[1..].ToLowerInvariant());
        if (AddressRules.Address(word.Text) is { } mailbox)
            return new ApproverList.Named(mailbox);
        Fault(word, "APPROVE-25", $"'{Shown(word.Text)}' is no approver: an address, @group, or @manager");
        return null;
    }

    private void Fault(Field field, string rule, string message)
    {
        _fault ??= message;
        report(number, field.Column, rule, message, false);
    }

    private static string Shown(string text) => new(text.Take(60).Select(c => char.IsControl(c) ? '?' : c).ToArray());
}

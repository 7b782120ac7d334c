using ClusterMail.Migration.Source;
using ClusterMail.Approval.Policies;
using ClusterMail.Policy.Hours;
using ClusterMail.Policy.Relay;
using ClusterMail.Routing;
using ClusterMail.Settings;

namespace ClusterMail.Migration.Tables;

/// <summary>Reads tables whose grammar is the same here, and tells of each line what becomes of it.</summary>
internal sealed class TableReader(FindingLog log, RelaySwitches switches)
{
    /// <summary>effect.dat, マシン毎の中継 (RELAY-1 to RELAY-29).</summary>
    public (string? Text, IReadOnlyList<int> Findings) Relay(TextFile file) =>
        Report(file, TableText.Of(file, text => RelayList.Parse(text, switches).Errors), "relay.rules (マシン毎の中継)", "effect.dat");

    /// <summary>An account's own effect.dat (RELAY-40 to RELAY-43).</summary>
    public (string? Text, IReadOnlyList<int> Findings) PersonalRelay(TextFile file) =>
        Report(file, TableText.Of(file, text => RelayList.ParsePersonal(text).Errors), "the account's own relay list", "effect.dat");

    /// <summary>gateway.dat, テーブル編集 (GWT-1 to GWT-11).</summary>
    public (string? Text, IReadOnlyList<int> Findings) Gateways(TextFile file)
    {
        var known = new Dictionary<int, string>();
        var plain = file with { Lines = [.. file.Lines.Select(line => WithoutLogin(line, known))] };
        var table = TableText.Of(plain, text =>
        {
            RouteTable.Parse(text, out var errors);
            return [.. errors.Select(error => new SettingError("route.table", error.Line, error.Column, error.Rule, error.Message))];
        });
        return Report(plain, table, "route.table (テーブル編集)", "gateway.dat", known);
    }

    /// <summary>sender.dat, 送信先制限 (DEST-1 to DEST-10), of the server or of an account.</summary>
    public (string? Text, IReadOnlyList<int> Findings) Destinations(TextFile file, string target)
    {
        var notes = new Dictionary<int, string>();
        var table = TableText.Of(file, text => ApprovalTable.Parse(text, "sender.dat").Errors, Forbidding);
        foreach (var rule in ApprovalTable.Parse(table.Text, "sender.dat").Table.Rules.Where(rule => rule.Mode is ApprovalMode.Always or ApprovalMode.Attachments))
            notes[rule.Number] = "is kept whole: it holds mail once approval is switched on (approval.enabled), and lets it pass as ,0 does until then (DEST-10, APPROVE-3)";
        return Report(file, table, target, "sender.dat", notes, "DEST-10", "forbids what its pattern names until it is mended (APPROVE-13)");
    }

    /// <summary>usetime.dat, 利用時間設定. What the original writes into it no document says: rows of the form used here are taken, else nothing (GAP-2).</summary>
    public (string? Text, IReadOnlyList<int> Findings) Hours(TextFile file, string target)
    {
        var text = string.Concat(file.Lines.Select(line => line.Text + "\n"));
        var (hours, errors) = UsageHours.Parse(text);
        var faults = errors.ToLookup(error => error.Line);
        if (errors.Count > 0 || file.Lines.Any(line => !line.IsReadable))
        {
            foreach (var line in file.Lines)
                log.Fault(file.Path, line.Number, line.BadColumn, line.Text, $"{(line.IsReadable ? faults[line.Number].FirstOrDefault()?.Message ?? "not taken, because another line of this file cannot be read" : line.Complaint)}: "
                    + "the form of this file is documented nowhere, and the hours are to be set by hand", "UTIME-3");
            return (null, []);
        }
        return (hours is null ? null : text, [.. file.Lines.Select(line => log.Imported(file.Path, line.Number, line.Text, target, "UTIME-3"))]);
    }

    private (string? Text, IReadOnlyList<int> Findings) Report(
        TextFile file, TableText table, string target, string name, IReadOnlyDictionary<int, string>? changed = null, string changedRule = "GWT-9", string? mended = null)
    {
        if (table.IsForeign)
        {
            foreach (var line in file.Lines)
                log.Fault(file.Path, line.Number, 0, line.Text, $"hardly a line of this file is one of {name}", "CONF-60");
            return (null, []);
        }
        var warnings = table.Warnings.ToLookup(warning => warning.Line);
        var findings = new List<int>(warnings[0].Select(warning => log.Changed(file.Path, 0, "", warning.Message, warning.Rule)));
        foreach (var line in file.Lines)
            findings.Add(One(file, table, line, target, warnings[line.Number].FirstOrDefault(), changed?.GetValueOrDefault(line.Number), changedRule, mended));
        return (table.Text, findings);
    }

    private int One(TextFile file, TableText table, TextLine line, string target, SettingError? warning, string? changed, string changedRule, string? mended) =>
        !line.IsReadable ? log.Fault(file.Path, line.Number, line.BadColumn, "", line.Complaint, "IMP-7")
        : table.Faults.TryGetValue(line.Number, out var fault)
            ? log.Fault(file.Path, line.Number, fault.Column, line.Text, table.IsComment(line.Number) ? $"{fault.Message}; kept as a comment" : $"{fault.Message}; {mended}", fault.Rule)
        : changed is not null ? log.Changed(file.Path, line.Number, line.Text, changed, changedRule)
        : warning is not null ? log.Changed(file.Path, line.Number, line.Text, warning.Message, warning.Rule)
        : log.Imported(file.Path, line.Number, line.Text, table.IsComment(line.Number) ? "comment or blank line" : target);

    /// <summary>GWT-9: later versions of the original write a login behind the port. It is no secret of the table here.</summary>
    private static TextLine WithoutLogin(TextLine line, Dictionary<int, string> changed)
    {
        if (line.Text.Length == 0 || line.Text[0] is '\'' or ' ' || line.Text.Split(',') is not [var target, var gateway, var port, _, ..])
            return line;
        changed[line.Number] = "the login behind the port is not taken: make an entry in route.credentials, and name it as fourth field of this line";
        return line with { Text = string.Join(',', target, gateway, port) };
    }

    /// <summary>APPROVE-13: a line with a pattern that can be read, but not with what follows it, lets nothing pass; only one without a pattern says nothing.</summary>
    private static string? Forbidding(string line, SettingError error) =>
        error.Rule == "APPROVE-25" && line.Trim() is var text && text.IndexOfAny([':', ',']) is var end and > 0 ? $"{text[..end].Trim()},-1" : null;
}

using System.Net;
using ClusterMail.Migration.Profiles;
using ClusterMail.Migration.Source;

namespace ClusterMail.Migration.Tables;

/// <summary>Tables of the whole server that become settings. Of several files of one name the first counts; a cluster of the original had a copy on each machine.</summary>
internal sealed class ServerFiles(FindingLog log, SettingsDraft draft, TableReader tables)
{
    private readonly Dictionary<string, TextFile> _taken = new(StringComparer.OrdinalIgnoreCase);

    public static bool IsOne(SourceFile file) => file.Name.ToLowerInvariant() is "effect.dat" or "gateway.dat" or "sender.dat" or "usetime.dat" or "header.dat" or "hiddensmtpip.dat";

    /// <summary>The text of <c>destination.rules</c>, for the keyword files it names; empty: there is none.</summary>
    public string Destinations { get; private set; } = "";

    public void Read(TextFile text)
    {
        var name = text.File.Name.ToLowerInvariant();
        if (_taken.TryGetValue(name, out var first) && name != "hiddensmtpip.dat")
        {
            Again(text, first);
            return;
        }
        _taken[name] = text;
        switch (name)
        {
            case "effect.dat":
                Put("relay.rules", tables.Relay(text));
                break;
            case "gateway.dat":
                Put("route.table", tables.Gateways(text));
                break;
            case "sender.dat":
                var destinations = tables.Destinations(text, "destination.rules (送信先制限)");
                Destinations = destinations.Text ?? "";
                Put("destination.rules", destinations);
                break;
            case "usetime.dat":
                Put("delivery.hours", tables.Hours(text, "delivery.hours (配送時間); in force once delivery.hours_mode is 1 or 2 (UDLV-1)"));
                break;
            case "header.dat":
                Header(text);
                break;
            default:
                Hidden(text);
                break;
        }
    }

    private void Put(string setting, (string? Text, IReadOnlyList<int> Findings) table)
    {
        if (table.Text is not null)
            draft.Put(setting, table.Text, table.Findings);
    }

    private void Again(TextFile text, TextFile first)
    {
        var same = text.Lines.Select(line => line.Text).SequenceEqual(first.Lines.Select(line => line.Text));
        foreach (var line in text.Lines)
            if (same)
                log.Ignored(text.Path, line.Number, line.Text, $"the same as in {first.Path}");
            else
                log.Fault(text.Path, line.Number, 0, line.Text, $"{first.Path} was taken, and this one differs from it: the farm has one table for all nodes", "CLU-27");
    }

    /// <summary>GAP-1: no document shows the original's syntax. A text with the variables used here is one; what else it may be is not guessed.</summary>
    private void Header(TextFile text)
    {
        var whole = string.Join('\n', text.Lines.Select(line => line.Text));
        var ours = text.Lines.All(line => line.IsReadable) && whole.Contains("%ID%", StringComparison.Ordinal) && whole.Contains("%DATE%", StringComparison.Ordinal);
        var findings = text.Lines.Select(line => ours
            ? log.Imported(text.Path, line.Number, line.Text, "receive.header_template (Received:ヘッダの編集)", "HDR-3")
            : log.Fault(text.Path, line.Number, line.BadColumn, line.Text, "the form of this file is documented nowhere: write receive.header_template by hand, with %HELO% %IP% %RDNS% %HOST% %SOFT% %PROTO% %ID% %DATE%", "HDR-3")).ToArray();
        if (ours)
            draft.Put("receive.header_template", whole + "\n", findings);
    }

    /// <summary>hiddensmtpip.dat, one local address a line (CLU-12). Each machine had its own; the farm has one list, and an address a node does not have means nothing there.</summary>
    private void Hidden(TextFile text)
    {
        var addresses = draft.Values.TryGetValue("listen.deny", out var before) ? before.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList() : [];
        var findings = new List<int>();
        foreach (var line in text.Lines)
        {
            var word = line.Text.Trim();
            if (!line.IsReadable)
                log.Fault(text.Path, line.Number, line.BadColumn, "", line.Complaint, "IMP-7");
            else if (word.Length == 0 || word[0] == '\'')
                findings.Add(log.Imported(text.Path, line.Number, line.Text, "comment or blank line"));
            else if (!IPAddress.TryParse(word, out var address))
                log.Fault(text.Path, line.Number, 1, line.Text, $"'{Finding.Shown(word)}' is no address", "RECV-10");
            else
            {
                if (!addresses.Contains($"{address}"))
                    addresses.Add($"{address}");
                findings.Add(log.Changed(text.Path, line.Number, line.Text, "listen.deny of the whole farm: put the new nodes' own addresses there where they differ from the old machine's", "CLU-24"));
            }
        }
        if (addresses.Count > 0)
            draft.Put("listen.deny", string.Join('\n', addresses), findings);
    }
}

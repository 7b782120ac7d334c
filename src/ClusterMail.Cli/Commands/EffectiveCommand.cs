using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>settings effective</c>: what the original prints first in debug mode (ADMIN-41), for all nodes, without stopping anything (ADMIN-43).</summary>
internal sealed class EffectiveCommand(Verbs verbs)
{
    /// <summary>Stands where all nodes agree.</summary>
    private const string Every = "*";

    public Verb Build()
    {
        var node = new Option<string?>("--node") { Description = "Only this node. Default: all.", HelpName = "NAME" };
        var original = new Option<bool>("--original") { Description = "Beside the labels of the original's debug dump (デバッグモード)." };
        var verb = new Verb(
            "effective", "What is in force on each node, and where each value comes from.",
            "clustermail settings effective", "clustermail settings effective --node n2 --json", "clustermail settings effective --original") { node, original };
        var json = Verbs.Json(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var query = ("node", parsed.GetValue(node));
            if (parsed.GetValue(original))
                Verbs.Show(await client.GetAsync(Verbs.Query(Routes.SettingsOriginal, query), AdminJson.Default.OriginalDump, cancel), parsed.GetValue(json), ShowOriginal);
            else
                Verbs.Show(await client.GetAsync(Verbs.Query(Routes.SettingsEffective, query), AdminJson.Default.EffectiveSettings, cancel), parsed.GetValue(json), Show);
        });
    }

    /// <summary>One line for a setting on which all nodes agree, else one for each node.</summary>
    private static void Show(Screen screen, EffectiveSettings effective)
    {
        var sheet = new Sheet(new("Setting"), new("Node"), new("Value", Flexible: true), new("Unit"), new("From"));
        foreach (var settings in effective.Nodes.SelectMany(node => node.Settings.Select(setting => (node.Node, Setting: setting))).GroupBy(pair => pair.Setting.Name, StringComparer.Ordinal))
        {
            var values = settings.Select(pair => (pair.Setting.Value, pair.Setting.Source)).Distinct().Count();
            foreach (var (node, setting) in values == 1 ? settings.Take(1) : settings)
                sheet.Add(setting.Name, values == 1 ? Every : node, Value(setting), setting.Unit, Words.Of(SettingsCommands.Source(setting)));
        }
        if (sheet.Count == 0)
            screen.Line(Words.Of("nothing found"));
        else
            sheet.Print(screen);
        foreach (var node in effective.Nodes)
            screen.Line(Words.Say($"{node.Node} works by version {node.InForce?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"}; the newest is {effective.Version}"));
    }

    private static void ShowOriginal(Screen screen, OriginalDump dump)
    {
        var sheet = new Sheet(new("Part"), new("Label"), new("In the trace", Optional: true), new("Value", Flexible: true), new("Setting"), new("Rule", Optional: true));
        foreach (var row in dump.Rows)
            sheet.Add(row.Part, row.Label, row.Seen, row.Setting is null ? Words.Of(row.Value) : SettingsCommands.Shown(Flat(row.Value)), row.Setting ?? "-", row.Rule);
        sheet.Print(screen);
        screen.Line(Words.Say($"{dump.Node}, settings version {dump.Version}"));
    }

    private static string Value(SettingEntry setting) => setting.Type == "table" && !setting.Secret && SettingsCommands.Lines(setting.Value) > 1
        ? Words.Say($"({SettingsCommands.Lines(setting.Value)} lines)")
        : SettingsCommands.Shown(Flat(setting.Value));

    private static string Flat(string value) => value.TrimEnd('\n').Replace("\n", " | ", StringComparison.Ordinal);
}

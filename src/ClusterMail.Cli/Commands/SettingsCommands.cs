using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>settings</c>: one versioned set for the whole cluster, in force on all nodes within seconds.</summary>
internal sealed class SettingsCommands(Verbs verbs)
{
    public Command Build() => new("settings", "The cluster's settings: read, change, compare, go back.")
    {
        Get(), Set(), List(), new EffectiveCommand(verbs).Build(), Check(), History(), Diff(), Rollback(), new ArchiveCommands(verbs).Export(), new ArchiveCommands(verbs).Import(),
    };

    private Verb Get()
    {
        var name = Name();
        var node = NodeOption();
        return verbs.Reading(
            new Verb("get", "One setting: value, where it comes from, range and meaning.", "clustermail settings get delivery.retry_seconds") { name, node },
            parsed => Verbs.Query(Routes.Fill(Routes.Setting, parsed.GetRequiredValue(name)), ("node", parsed.GetValue(node))), AdminJson.Default.SettingEntry, Show);
    }

    private static void Show(Screen screen, SettingEntry s)
    {
        screen.Heading(s.Name);
        if (s.Type == "table")
            screen.Line("  value    a table: see 'clustermail route|relay|domain show'");
        else
            screen.Line($"  value    {Shown(s.Value)} {s.Unit} (from {Source(s)})");
        screen.Line($"  default  {Shown(s.Default)}{(s.Original is { } original ? $", {Shown(original)} in the original" : "")}{(s.Range.Length > 0 ? $"; allowed: {s.Range}" : "")}");
        screen.Line($"  {Meaning(s)}");
        screen.Line($"  {string.Join(", ", new[] { s.Japanese, s.Rule, s.PerNode ? "may differ per node" : "" }.Where(t => t.Length > 0))}");
    }

    private Verb Set()
    {
        var pairs = new Argument<string[]>("NAME=VALUE") { Description = "One or more settings, saved as one version. NAME= sets the empty text.", Arity = ArgumentArity.ZeroOrMore };
        var unset = new Option<string[]>("--unset") { Description = "Back to the default (with --node: to the cluster's value). May be repeated.", HelpName = "NAME" };
        var node = NodeOption();
        var comment = Comment();
        var basis = new Option<long?>("--base") { Description = "Only if this is still the newest version of the settings.", HelpName = "VERSION" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Values that need it are meant as they stand: true for a range wider than /24 in relay.rules." };
        return verbs.Acting(
            new Verb(
                "set", "Change settings. All or none of them take effect.",
                "clustermail settings set delivery.retry_seconds=300 --comment \"quieter\"", "clustermail settings set --unset delivery.retry_seconds") { pairs, unset, node, comment, basis, yes },
            async (client, parsed, cancel) =>
            {
                var where = parsed.GetValue(node);
                var changes = (parsed.GetValue(pairs) ?? []).Select(p => Change(p, where)).Concat((parsed.GetValue(unset) ?? []).Select(n => new SettingChange(n, null, where))).ToList();
                if (changes.Count == 0)
                    throw new CommandFailure(Exit.Usage, $"what is to be set? Give NAME=VALUE or --unset NAME");
                await SaveAsync(client, Routes.Settings, new SettingsChange(parsed.GetValue(basis), changes, parsed.GetValue(comment)) { Confirm = parsed.GetValue(yes) }, cancel);
            });
    }

    private static async Task SaveAsync(AdminClient client, string route, SettingsChange change, CancellationToken cancel) =>
        Verbs.Saved((await client.SendAsync(HttpMethod.Post, route, change, AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved, cancel)).Value);

    private static SettingChange Change(string pair, string? node)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? new SettingChange(pair[..equals], pair[(equals + 1)..], node)
            : throw new CommandFailure(Exit.Usage, $"'{pair}' is not NAME=VALUE");
    }

    private Verb List()
    {
        var pattern = new Argument<string?>("WORD") { Description = "Only settings whose name or meaning has this in it.", Arity = ArgumentArity.ZeroOrOne };
        var changed = new Option<bool>("--changed") { Description = "Only what differs from the default." };
        var node = NodeOption();
        var version = new Option<int?>("--version-number") { Description = "An old version instead of the newest.", HelpName = "N" };
        Numbers.Limit(version, 0, int.MaxValue);
        string? word = null;
        return verbs.Reading(
            new Verb("list", "All settings with their values and where these come from.", "clustermail settings list --changed", "clustermail settings list retry", "clustermail settings list --node n2")
            { pattern, changed, node, version },
            parsed =>
            {
                word = parsed.GetValue(pattern);
                return Verbs.Query(
                    Routes.Settings, ("node", parsed.GetValue(node)), ("version", parsed.GetValue(version)?.ToString(CultureInfo.InvariantCulture)),
                    ("changed", parsed.GetValue(changed) ? "true" : null));
            },
            AdminJson.Default.SettingsList, (screen, list) => Show(screen, list, word));
    }

    private static void Show(Screen screen, SettingsList list, string? word)
    {
        var sheet = new Sheet(new("Setting"), new("Value", Flexible: true), new("Unit"), new("From"), new("Summary", Flexible: true, Optional: true));
        foreach (var s in list.Settings.Where(s => word is null || Matches(s, word)))
            sheet.Add(s.Name, s.Type == "table" ? $"({Lines(s.Value)} lines)" : Shown(s.Value), s.Unit, Source(s), Meaning(s));
        if (sheet.Count == 0)
            screen.Line(Words.Of("nothing found"));
        else
            sheet.Print(screen);
        screen.Line($"version {list.Version}");
    }

    private static string Meaning(SettingEntry s) => Words.InJapanese ? s.SummaryJapanese ?? s.Summary : s.Summary;

    private static bool Matches(SettingEntry s, string word) =>
        s.Name.Contains(word, StringComparison.OrdinalIgnoreCase) || s.Summary.Contains(word, StringComparison.OrdinalIgnoreCase)
        || s.SummaryJapanese?.Contains(word, StringComparison.OrdinalIgnoreCase) == true
        || s.Japanese.Contains(word, StringComparison.OrdinalIgnoreCase);

    private Verb Check()
    {
        var pairs = new Argument<string[]>("NAME=VALUE") { Description = "Settings to try.", Arity = ArgumentArity.OneOrMore };
        var node = NodeOption();
        return verbs.Acting(
            new Verb("check", "Would these values be accepted? Nothing is saved.", "clustermail settings check delivery.retry_seconds=5") { pairs, node },
            async (client, parsed, cancel) =>
            {
                var change = new SettingsChange(null, [.. parsed.GetRequiredValue(pairs).Select(p => Change(p, parsed.GetValue(node)))]);
                var answer = await client.SendAsync(HttpMethod.Post, Routes.SettingsCheck, change, AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved, cancel);
                Checked(answer.Value);
            });
    }

    /// <summary>A check that found nothing wrong: what would change, and hints.</summary>
    public static void Checked(SettingsSaved result)
    {
        var screen = new Screen();
        screen.Line(Words.Of(result.Changes.Count == 0 ? "fine; nothing would change" : "fine; this would change:"));
        Verbs.Changes(screen, result.Changes);
        foreach (var note in result.Notes)
            screen.Warning(Words.Of("note: ") + Words.Of(note));
    }

    private Verb History() => verbs.Reading(
        new Verb("history", "The last 100 versions, newest first.", "clustermail settings history"),
        _ => Routes.SettingsHistory, AdminJson.Default.SettingsHistory, (screen, history) =>
        {
            var sheet = new Sheet(new("Version", Right: true), new("Saved"), new("By"), new("Changes", Right: true), new("Comment", Flexible: true));
            foreach (var v in history.Versions)
                sheet.Add($"{v.Version}", Ages.Clock(v.SavedAt), v.SavedBy, $"{v.Changes}", v.Comment);
            if (sheet.Count == 0)
                screen.Line("nothing was ever saved");
            else
                sheet.Print(screen);
        });

    private Verb Diff()
    {
        var from = new Argument<int?>("FROM") { Description = "Version. Default: the one before the newest.", Arity = ArgumentArity.ZeroOrOne };
        var to = new Argument<int?>("TO") { Description = "Version. Default: the newest.", Arity = ArgumentArity.ZeroOrOne };
        return verbs.Reading(
            new Verb("diff", "What changed between two versions.", "clustermail settings diff", "clustermail settings diff 12 15") { from, to },
            parsed => Verbs.Query(
                Routes.SettingsDiff, ("from", parsed.GetValue(from)?.ToString(CultureInfo.InvariantCulture)), ("to", parsed.GetValue(to)?.ToString(CultureInfo.InvariantCulture))),
            AdminJson.Default.SettingsDiff, (screen, diff) =>
            {
                screen.Line($"from version {diff.From} to {diff.To}{(diff.Changes.Count == 0 ? ": no difference" : "")}");
                Verbs.Changes(screen, diff.Changes);
            });
    }

    private Verb Rollback()
    {
        var version = new Argument<int>("VERSION") { Description = "The version to go back to; it is saved as a new one." };
        var comment = Comment();
        return verbs.Acting(
            new Verb("rollback", "Go back to the values of an old version.", "clustermail settings rollback 12 --comment \"as before the weekend\"") { version, comment },
            async (client, parsed, cancel) =>
            {
                var request = new RollbackRequest(parsed.GetValue(version), null, parsed.GetValue(comment));
                Verbs.Saved((await client.SendAsync(HttpMethod.Post, Routes.SettingsRollback, request, AdminJson.Default.RollbackRequest, AdminJson.Default.SettingsSaved, cancel)).Value);
            });
    }

    public static Option<string?> Comment() => new("--comment", "-m") { Description = "Why; shown in the history.", HelpName = "TEXT" };

    private static Argument<string> Name() => new("NAME") { Description = "Dotted name, as 'settings list' shows it." };

    private static Option<string?> NodeOption() => new("--node") { Description = "For this node only.", HelpName = "NAME" };

    internal static string Source(SettingEntry s) => s.Source switch { SettingSource.Default => "default", SettingSource.Cluster => "cluster", _ => "node" };

    internal static string Shown(string value) => value.Length == 0 ? Words.Of("(empty)") : value;

    internal static int Lines(string text) => text.Length == 0 ? 0 : text.TrimEnd('\n').Count(c => c == '\n') + 1;
}

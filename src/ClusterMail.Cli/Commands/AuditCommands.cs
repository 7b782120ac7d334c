using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>audit</c>: who changed what, when, and from where (ADMIN-13).</summary>
internal sealed class AuditCommands(Verbs verbs)
{
    public Command Build() => new("audit", "Who changed what, when and from where, and what was refused.") { List(), Export() };

    private Verb List()
    {
        var filter = new Filter();
        var limit = new Option<int>("--limit") { Description = "At most so many.", HelpName = "N", DefaultValueFactory = _ => 100 };
        Numbers.Limit(limit, 1, 1000);
        var before = new Option<long?>("--before") { Description = "The next page: the number the page before ended with.", HelpName = "NUMBER" };
        var verb = new Verb(
            "list", "Newest first. Secrets stand there as 'changed'.", "clustermail audit list --since 2d", "clustermail audit list --by hanako --what account", "clustermail audit list --outcome refused --json")
        { limit, before };
        filter.AddTo(verb);
        return verbs.Reading(
            verb,
            parsed => Verbs.Query(Routes.Audit, [.. filter.Read(parsed), ("limit", parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture)), ("before", parsed.GetValue(before)?.ToString(CultureInfo.InvariantCulture))]),
            AdminJson.Default.AuditPage, Show);
    }

    private Verb Export()
    {
        var filter = new Filter();
        var output = new Option<string?>("--to") { Description = "File, readable by its owner only. Default: standard output.", HelpName = "FILE" };
        var verb = new Verb("export", "All that match as CSV (RFC 4180), newest first.", "clustermail audit export --since 2026-01-01 --to audit.csv") { output };
        filter.AddTo(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var path = Verbs.Query(Routes.AuditExport, [.. filter.Read(parsed)]);
            if (parsed.GetValue(output) is { } file)
                await Local.PrivateFile.WriteAsync(file, stream => client.CopyAsync(path, stream, cancel));
            else
                await client.CopyAsync(path, Console.OpenStandardOutput(), cancel);
        });
    }

    private static void Show(Screen screen, AuditPage page)
    {
        if (page.Entries.Count == 0)
        {
            screen.Line(Words.Of("nothing found"));
            return;
        }

        var sheet = new Sheet(new("Time"), new("Who"), new("From", Optional: true), new("What"), new("State"), new("Subject", Flexible: true), new("Details", Flexible: true));
        foreach (var entry in page.Entries)
            sheet.Add(
                Ages.Clock(entry.At), entry.Who, entry.Source.Length == 0 ? "-" : entry.Source, entry.Act, Words.Of(entry.Outcome), entry.Subject,
                string.Join("; ", entry.Changes.Select(change => $"{change.Name}: {change.Before ?? "-"} -> {change.After ?? "-"}")));
        sheet.Print(screen);
        if (page.Next is { } next)
            screen.Line($"... {Words.Of("more")}: --before {next}");
    }

    /// <summary>What both verbs ask for.</summary>
    private sealed class Filter
    {
        private readonly Option<string?> _since = new("--since") { Description = "Only from then on: 30m, 2h, 3d, or a time.", HelpName = "TIME" };
        private readonly Option<string?> _until = new("--until") { Description = "Only before then.", HelpName = "TIME" };
        private readonly Option<string?> _by = new("--by") { Description = "Only what this console account did; 'token' for the farm's own token.", HelpName = "NAME" };
        private readonly Option<string?> _what = new("--what") { Description = "Only this act, or all of a noun: account.change, account, settings, queue, console.", HelpName = "ACT" };
        private readonly Option<string?> _outcome = new("--outcome") { Description = "done, refused (no right to it) or failed (a login)." };

        public void AddTo(Command verb)
        {
            _outcome.AcceptOnlyFromAmong("done", "refused", "failed");
            foreach (var option in (Option[])[_since, _until, _by, _what, _outcome])
                verb.Options.Add(option);
        }

        public IReadOnlyList<(string Name, string? Value)> Read(ParseResult parsed) =>
        [
            ("since", Times.Ago(parsed.GetValue(_since))), ("until", Times.Ago(parsed.GetValue(_until))), ("by", parsed.GetValue(_by)), ("what", parsed.GetValue(_what)),
            ("outcome", parsed.GetValue(_outcome)),
        ];
    }
}

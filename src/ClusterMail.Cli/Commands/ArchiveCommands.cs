using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Local;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>settings export</c> and <c>import</c>: everything in one text (ADMIN-50, ADMIN-51).</summary>
internal sealed class ArchiveCommands(Verbs verbs)
{
    public Verb Export()
    {
        var output = new Option<string?>("--to") { Description = "File, readable by its owner only. Default: standard output.", HelpName = "FILE" };
        var accounts = new Option<bool>("--accounts") { Description = "With the accounts. Their passwords only together with a pass phrase." };
        var phrase = new PassPhraseOptions("With the secrets, encrypted under a pass phrase that is asked for.");
        var verb = new Verb(
            "export", "Settings, tables, domains and aliases as one text, without secrets.", "clustermail settings export --to farm.toml",
            "clustermail settings export --accounts --pass-phrase --to farm.toml") { output, accounts };
        phrase.AddTo(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var export = new SettingsExport(parsed.GetValue(accounts), await phrase.ReadAsync(parsed, twice: true, cancel));
            var answer = export == new SettingsExport(false)
                ? await client.GetAsync(Routes.SettingsExport, AdminJson.Default.SettingsArchive, cancel)
                : await client.SendAsync(HttpMethod.Post, Routes.SettingsExport, export, AdminJson.Default.SettingsExport, AdminJson.Default.SettingsArchive, cancel);
            if (parsed.GetValue(output) is { } file)
                PrivateFile.Replace(file, answer.Value.Text);
            else
                await Console.Out.WriteAsync(answer.Value.Text);
            if (answer.Value.Omitted.Count > 0)
                await Console.Error.WriteLineAsync("clustermail: " + Words.Say($"left out because secret: {string.Join(", ", answer.Value.Omitted)}. --pass-phrase puts them in, encrypted"));
        });
    }

    public Verb Import()
    {
        var file = new Argument<string>("FILE") { Description = "Written by 'settings export'; - is standard input." };
        var dry = new Option<bool>("--dry-run") { Description = "Only show what would change." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask, and take values that need it as they stand." };
        var comment = SettingsCommands.Comment();
        var phrase = new PassPhraseOptions("Take over the archive's secrets too; the pass phrase is asked for.");
        var verb = new Verb(
            "import", "Take over an export: show the difference, ask, and apply it as one version or not at all.", "clustermail settings import farm.toml --dry-run",
            "clustermail settings import farm.toml --yes --comment \"back from the archive\"") { file, dry, yes, comment };
        phrase.AddTo(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var text = await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel);
            var wanted = new SettingsImport(text, await phrase.ReadAsync(parsed, twice: false, cancel), DryRun: true, Comment: parsed.GetValue(comment), Confirm: parsed.GetValue(yes));
            var shown = await SendAsync(client, wanted, cancel);
            Show(shown);
            if (parsed.GetValue(dry))
                new Screen().Line(Words.Of("nothing was saved: --dry-run"));
            else if (IsNothing(shown))
                return;
            else
            {
                Verbs.Confirm(parsed.GetValue(yes), Words.Of("Take this over?"));
                var done = await SendAsync(client, wanted with { DryRun = false, Base = shown.Base, Confirm = true }, cancel);
                new Screen().Line(Words.Say($"saved as version {done.Version}"));
            }
        });
    }

    private static async Task<SettingsImported> SendAsync(AdminClient client, SettingsImport import, CancellationToken cancel) =>
        (await client.SendAsync(HttpMethod.Post, Routes.SettingsImport, import, AdminJson.Default.SettingsImport, AdminJson.Default.SettingsImported, cancel)).Value;

    private static bool IsNothing(SettingsImported result) =>
        result.Changes.Count == 0 && result.Aliases is null or { Added: 0, Changed: 0, Removed: 0 } && result.AccountsCreated + result.AccountsUpdated == 0;

    private static void Show(SettingsImported result)
    {
        var screen = new Screen();
        if (IsNothing(result))
            screen.Line(Words.Of("nothing changed"));
        Verbs.Changes(screen, result.Changes);
        if (result.Aliases is { } aliases and not { Added: 0, Changed: 0, Removed: 0 })
            screen.Line(Words.Say($"aliases: {aliases.Added} added, {aliases.Changed} changed, {aliases.Removed} removed"));
        if (result.AccountsCreated + result.AccountsUpdated > 0)
            screen.Line(Words.Say($"accounts: {result.AccountsCreated} created, {result.AccountsUpdated} given the archive's values"));
        foreach (var note in result.Notes)
            screen.Warning(Words.Of("note: ") + Words.Of(note));
    }
}

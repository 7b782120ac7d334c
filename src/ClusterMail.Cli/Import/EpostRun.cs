using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;
using ClusterMail.Cli.Output;
using ClusterMail.Migration;
using ClusterMail.Migration.Source;

namespace ClusterMail.Cli.Import;

/// <summary>
/// One import from the original: read the files, have the farm judge all settings, show, ask, and write. Settings are one version; everything behind them is written piece by piece,
/// each piece once, so that a run that was broken off is simply run again.
/// </summary>
internal sealed class EpostRun(AdminClient client, EpostChoices choices, EpostOptions options)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        if (!Directory.Exists(choices.Folder))
            throw new CommandFailure($"there is no folder {choices.Folder}");
        await using var report = new EpostReport(choices.Report);
        var settings = (await client.GetAsync(Routes.Settings, AdminJson.Default.SettingsList, cancel)).Value;
        var tree = SourceTree.Of(choices.Folder);
        var plan = EpostPlanner.Plan(tree, options with { Current = Set(settings) });
        var step = new SettingsStep(client, plan, settings, options.Profile);
        await step.CheckAsync(cancel);
        var aliases = await AliasesAsync(plan, cancel);
        Show(plan, step, tree.Files.Count);
        if (!choices.DryRun)
        {
            Verbs.Confirm(choices.Yes, Words.Of($"import this into the farm?"));
            await step.SaveAsync(cancel);
        }
        try
        {
            await WriteAsync(plan, aliases, settings, report, cancel);
        }
        catch (CommandFailure broken) when (!choices.DryRun)
        {
            throw new CommandFailure(broken.ExitCode, $"{broken.Message}. What came before it is done; run the same command again, and it does what is left");
        }
        await report.EndAsync(plan.Differences);
        Summarise(report);
    }

    private async Task WriteAsync(EpostPlan plan, IReadOnlyList<(int Finding, string Line)> aliases, SettingsList settings, EpostReport report, CancellationToken cancel)
    {
        await new AccountStep(client, plan, choices.DryRun, Operated(settings)).RunAsync(cancel);
        if (!choices.DryRun && aliases.Count > 0)
            await client.SendAsync(
                HttpMethod.Put, Routes.AliasText, new AliasTableChange(string.Concat(aliases.Select(alias => alias.Line + "\n")), Keep: true), AdminJson.Default.AliasTableChange, AdminJson.Default.AliasSaved, cancel);
        await new TableStep(client, plan, choices.DryRun).RunAsync(cancel);
        await new KeywordStep(client, plan, choices.DryRun).RunAsync(cancel);
        await NumberAsync(plan, cancel);
        foreach (var finding in plan.Log.All)
            await report.WriteAsync(finding);
        await new MailboxStep(client, plan, choices.DryRun, report).RunAsync(cancel);
        await new QueueStep(client, plan, choices.DryRun, report).RunAsync(cancel);
    }

    /// <summary>Asked before anything is written: a table that is refused must not stop an import half way.</summary>
    private async Task<IReadOnlyList<(int Finding, string Line)>> AliasesAsync(EpostPlan plan, CancellationToken cancel)
    {
        if (plan.Aliases.Count == 0)
            return [];
        var present = (await client.GetAsync(Routes.AliasText, AdminJson.Default.AliasText, cancel)).Value.Text;
        var missing = Migration.Users.AliasMerge.Missing(plan, present);
        if (missing.Count > 0)
            await client.SendAsync(
                HttpMethod.Post, Routes.AliasCheck, new AliasTableChange(string.Concat(missing.Select(alias => alias.Line + "\n")), Keep: true), AdminJson.Default.AliasTableChange, AdminJson.Default.AliasSaved, cancel);
        return missing;
    }

    /// <summary>MSGID-3: the counter goes on behind the original's, so that no number stands for two mails in the logs of both.</summary>
    private async Task NumberAsync(EpostPlan plan, CancellationToken cancel)
    {
        if (plan.LastNumber is not { } wanted)
            return;
        var now = (await client.GetAsync(Routes.QueueNumber, AdminJson.Default.NumberStatus, cancel)).Value.Last;
        if (now >= wanted.Number)
            plan.Log.Present(wanted.Finding);
        else if (!choices.DryRun)
            await client.SendAsync(HttpMethod.Post, Routes.QueueNumber, new NumberRaise(wanted.Number), AdminJson.Default.NumberRaise, AdminJson.Default.NumberStatus, cancel);
    }

    private void Show(EpostPlan plan, SettingsStep step, int files)
    {
        var screen = new Screen();
        screen.Line(Words.Of($"{files} files: {plan.Domains.Count} domains, {plan.Accounts.Count} accounts, {plan.Aliases.Count} aliases, {plan.Mailboxes.Count} messages in mailboxes, {plan.Queue.Count} mails in the queue"));
        screen.Line();
        step.Show(screen);
        if (plan.Differences.Count == 0)
            return;
        screen.Heading("Where the farm behaves differently from the original");
        var sheet = new Sheet(new("Setting", Flexible: true), new("Original", Flexible: true), new("Here", Flexible: true), new("Rule"), new("Meaning", Flexible: true, Optional: true));
        foreach (var difference in plan.Differences)
            sheet.Add(difference.Setting == "-" ? difference.Japanese : difference.Setting, difference.Original, difference.Ours, difference.Rule, difference.Meaning);
        sheet.Print(screen);
        screen.Line();
    }

    private void Summarise(EpostReport report)
    {
        var screen = new Screen();
        report.Show(screen);
        if (choices.DryRun)
            screen.Line(Words.Of("nothing was saved: --dry-run"));
        if (report.Faults > 0)
            throw new CommandFailure($"{report.Faults} lines could not be taken: {choices.Report ?? Words.Of("--report FILE writes all of them")}");
    }

    /// <summary>What is set on the farm; a secret is not told, and counts as set to something else.</summary>
    private static Dictionary<string, string> Set(SettingsList settings) =>
        settings.Settings.Where(entry => entry.Source != SettingSource.Default && !entry.Secret).ToDictionary(entry => entry.Name, entry => entry.Value, StringComparer.Ordinal);

    private static string Operated(SettingsList settings) => settings.Settings.FirstOrDefault(entry => entry.Name == "domain.table")?.Value ?? "";
}

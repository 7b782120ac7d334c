using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>alias</c>: other names of addresses (エイリアス設定), one by one or as a table.</summary>
internal sealed class AliasCommands(Verbs verbs)
{
    public Command Build() => new("alias", "Aliases: other names of addresses.") { Add(), Remove(), List(), Show(), Check(), Edit(), Import(), Export() };

    private Verb Add()
    {
        var alias = new Argument<string>("ALIAS") { Description = "For example info@example.jp; * may stand in the local part." };
        var real = new Argument<string>("REAL") { Description = "Real address (実アドレス), here or outside; *@domain repeats what the * matched." };
        var option = new Option<string?>("--recipient") { Description = "Who stands as recipient: real (,1) or alias (,0). Default: alias within one domain, real across domains." };
        option.AcceptOnlyFromAmong("real", "alias");
        var replace = new Option<bool>("--replace") { Description = "An alias that exists gets this target." };
        return verbs.Acting(
            new Verb("add", "Add an alias.", "clustermail alias add info@example.jp taro@example.jp", "clustermail alias add '*@old.example.jp' '*@example.jp' --recipient real") { alias, real, option, replace },
            async (client, parsed, cancel) =>
            {
                var mode = parsed.GetValue(option) switch { "real" => ",1", "alias" => ",0", _ => "" };
                var body = new AliasAdd($"{parsed.GetRequiredValue(alias)} -> {parsed.GetRequiredValue(real)}{mode}", parsed.GetValue(replace));
                Saved((await client.SendAsync(HttpMethod.Post, Routes.Aliases, body, AdminJson.Default.AliasAdd, AdminJson.Default.AliasSaved, cancel)).Value);
            });
    }

    private Verb Remove()
    {
        var name = Name();
        return verbs.Acting(new Verb("remove", "Remove an alias.", "clustermail alias remove info@example.jp") { name }, async (client, parsed, cancel) => Saved(
            (await client.SendAsync(HttpMethod.Delete, Routes.Fill(Routes.Alias, parsed.GetRequiredValue(name)), AdminJson.Default.AliasSaved, cancel)).Value));
    }

    private Verb List()
    {
        var domain = new Option<string?>("--domain") { Description = "Only aliases of this domain.", HelpName = "DOMAIN" };
        var pattern = new Option<string?>("--pattern") { Description = "Only where alias or real address is like this; * stands for anything.", HelpName = "TEXT" };
        var limit = new Option<int>("--limit") { Description = "At most so many.", HelpName = "N", DefaultValueFactory = _ => 100 };
        Numbers.Limit(limit, 1, 10_000);
        return verbs.Reading(
            new Verb("list", "Aliases by domain and name.", "clustermail alias list --domain example.jp", "clustermail alias list --pattern '*@branch.example' --json") { domain, pattern, limit },
            parsed => Verbs.Query(
                Routes.Aliases, ("domain", parsed.GetValue(domain)), ("pattern", parsed.GetValue(pattern)), ("limit", parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture))),
            AdminJson.Default.AliasList, List);
    }

    private static void List(Screen screen, AliasList list)
    {
        if (list.Aliases.Count == 0)
        {
            screen.Line(Words.Of("nothing found"));
            return;
        }

        var sheet = new Sheet(new("Alias", Flexible: true), new("Real address", Flexible: true), new("Recipient"), new("Changed", Optional: true), new("By", Optional: true));
        foreach (var alias in list.Aliases)
            sheet.Add(alias.Name, alias.Real, Words.Of(alias.Replaces ? "real" : "alias"), Ages.Clock(alias.ChangedAt), alias.ChangedBy);
        sheet.Print(screen);
        if (list.Total > list.Aliases.Count)
            screen.Line(Words.Of($"... and {list.Total - list.Aliases.Count} more: --limit"));
    }

    private Verb Show()
    {
        var name = Name();
        return verbs.Reading(
            new Verb("show", "One alias.", "clustermail alias show info@example.jp") { name },
            parsed => Routes.Fill(Routes.Alias, parsed.GetRequiredValue(name)), AdminJson.Default.AliasEntry, (screen, alias) =>
            {
                screen.Line($"{alias.Name} -> {alias.Real}{(alias.Option is { } option ? "," + option : "")}");
                screen.Line(Words.Of($"recipient: {Words.Of(alias.Replaces ? "real" : "alias")}; changed {Ages.Clock(alias.ChangedAt)} {alias.ChangedBy}"));
            });
    }

    private Verb Check()
    {
        var file = FileArgument();
        return verbs.Acting(
            new Verb("check", "Would this table be accepted? Faults are shown with line and column. Nothing is saved.", "clustermail alias check aliases.txt") { file },
            async (client, parsed, cancel) =>
            {
                var would = await CheckAsync(client, new AliasTableChange(await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel)), cancel);
                new Screen().Line(Words.Of($"good: would add {would.Added}, change {would.Changed}, remove {would.Removed}"));
                Notes(would);
            });
    }

    private Verb Import()
    {
        var file = FileArgument();
        var keep = new Option<bool>("--keep") { Description = "Aliases the file does not name stay; else they go." };
        var yes = Verbs.Yes();
        return verbs.Acting(
            new Verb("import", "Replace the table by a file, one alias a line: alias -> real, and ,0 or ,1 behind it if wanted.", "clustermail alias import aliases.txt --yes", "clustermail alias import --keep more.txt") { file, keep, yes },
            async (client, parsed, cancel) =>
            {
                var change = new AliasTableChange(await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel), null, parsed.GetValue(keep));
                var would = await CheckAsync(client, change, cancel);
                if (would.Removed > 0)
                    Verbs.Confirm(parsed.GetValue(yes), Words.Of($"{would.Removed} aliases are not in the file and would go. Go on?"));
                await PutAsync(client, change, cancel);
            });
    }

    private Verb Edit() => verbs.Acting(
        new Verb("edit", "Open the table in $VISUAL or $EDITOR and save it when the editor ends. After a fault your text is kept in a file.", "EDITOR=nano clustermail alias edit"),
        async (client, _, cancel) =>
        {
            var before = (await client.GetAsync(Routes.AliasText, AdminJson.Default.AliasText, cancel)).Value;
            var file = Path.Combine(Path.GetTempPath(), $"clustermail-alias-{Path.GetRandomFileName()}.txt");
            Local.PrivateFile.Replace(file, before.Text);
            await Editor.OpenAsync(file, cancel);
            var text = await File.ReadAllTextAsync(file, cancel);
            if (text == before.Text)
                new Screen().Line(Words.Of("nothing changed"));
            else
                await SaveEditedAsync(client, new AliasTableChange(text, before.Version), file, cancel);
            File.Delete(file);
        });

    private static async Task SaveEditedAsync(AdminClient client, AliasTableChange change, string file, CancellationToken cancel)
    {
        try
        {
            await PutAsync(client, change, cancel);
        }
        catch (CommandFailure refused)
        {
            throw new CommandFailure(refused.ExitCode, $"{refused.Message}\nYour text is in {file}: correct it, then 'clustermail alias import {file}'.");
        }
    }

    private Verb Export()
    {
        var output = new Option<string?>("--to") { Description = "File. Default: standard output.", HelpName = "FILE" };
        return verbs.Acting(
            new Verb("export", "Write the table, one alias a line.", "clustermail alias export --to aliases.txt") { output },
            async (client, parsed, cancel) =>
            {
                var text = (await client.GetAsync(Routes.AliasText, AdminJson.Default.AliasText, cancel)).Value.Text;
                if (parsed.GetValue(output) is { } file)
                    await File.WriteAllTextAsync(file, text, cancel);
                else
                    await Console.Out.WriteAsync(text);
            });
    }

    private static async Task<AliasSaved> CheckAsync(AdminClient client, AliasTableChange change, CancellationToken cancel) =>
        (await client.SendAsync(HttpMethod.Post, Routes.AliasCheck, change, AdminJson.Default.AliasTableChange, AdminJson.Default.AliasSaved, cancel)).Value;

    private static async Task PutAsync(AdminClient client, AliasTableChange change, CancellationToken cancel) =>
        Saved((await client.SendAsync(HttpMethod.Put, Routes.AliasText, change, AdminJson.Default.AliasTableChange, AdminJson.Default.AliasSaved, cancel)).Value);

    private static void Saved(AliasSaved saved)
    {
        new Screen().Line(saved is { Added: 0, Changed: 0, Removed: 0 } ? Words.Of("nothing changed") : Words.Of($"{saved.Added} added, {saved.Changed} changed, {saved.Removed} removed"));
        Notes(saved);
    }

    private static void Notes(AliasSaved saved)
    {
        foreach (var note in saved.Notes)
            new Screen().Warning("note: " + note);
    }

    private static Argument<string> Name() => new("ALIAS") { Description = "For example info@example.jp." };

    private static Argument<string> FileArgument() => new("FILE") { Description = "Text file; - is standard input." };
}

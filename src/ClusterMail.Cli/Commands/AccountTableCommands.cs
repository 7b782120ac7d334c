using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>account hours|destination|relay</c>: the tables one account has of its own, in the original's text formats, edited whole (05 F, 05 G, PERS-2).</summary>
internal sealed class AccountTableCommands(Verbs verbs)
{
    /// <summary>Other changes of the account that may come in between while its table is saved.</summary>
    private const int SaveAttempts = 5;

    public Command Hours() => Build(AccountTableNames.Hours, "usetime.dat", "When an account may send (利用時間設定): one weekday a line, 'mon 1 09:00 18:00' or 'sat 0'. No table: always.");

    public Command Destination() => Build(AccountTableNames.Destination, "sender.dat", "Where an account may mail to (送信先制限): '*@example.net', '*@b.example,-1', '*,0'. No table: anywhere.");

    public Command Relay() => Build(AccountTableNames.Relay, "effect.dat", "Who may mail to an account: '*@partner.example default', then '* false'. No table: everybody.");

    private Command Build(string table, string file, string description) => new(table, description)
    {
        Show(table), Edit(table), Check(table, file), Import(table, file), Export(table, file), Remove(table),
    };

    private Verb Show(string table)
    {
        var address = Address();
        return verbs.Reading(
            new Verb("show", "Print the table as it was written.", $"clustermail account {table} show taro@example.jp", $"clustermail account {table} show taro@example.jp --json") { address },
            parsed => PathOf(parsed.GetRequiredValue(address), table), AdminJson.Default.AccountTable, (screen, text) => TableCommands.Print(screen, text.Text));
    }

    private Verb Edit(string table)
    {
        var address = Address();
        return verbs.Acting(
            new Verb(
                "edit", "Open the table in $VISUAL or $EDITOR and save it when the editor ends. After a fault your text is kept in a file.",
                $"EDITOR=nano clustermail account {table} edit taro@example.jp") { address },
            async (client, parsed, cancel) =>
            {
                var before = (await client.GetAsync(PathOf(parsed.GetRequiredValue(address), table), AdminJson.Default.AccountTable, cancel)).Value;
                var file = Path.Combine(Path.GetTempPath(), $"clustermail-{table}-{Path.GetRandomFileName()}.txt");
                Local.PrivateFile.Replace(file, before.Text);
                await Editor.OpenAsync(file, cancel);
                var text = await File.ReadAllTextAsync(file, cancel);
                if (text == before.Text)
                    new Screen().Line(Words.Of("nothing changed"));
                else
                    await SaveEditedAsync(client, before, text, file, cancel);
                File.Delete(file);
            });
    }

    /// <summary>Another field of the account changed meanwhile is no conflict; another text of this very table is, and nobody's change is overwritten unseen.</summary>
    private static async Task SaveEditedAsync(AdminClient client, AccountTable before, string text, string file, CancellationToken cancel)
    {
        var basis = before.Version;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await SaveAsync(client, before.Address, before.Table, new AccountTableChange(text, basis), cancel);
                return;
            }
            catch (CommandFailure refused)
            {
                var now = (await client.GetAsync(PathOf(before.Address, before.Table), AdminJson.Default.AccountTable, cancel)).Value;
                if (now.Version != basis && now.Text == before.Text && attempt < SaveAttempts)
                {
                    basis = now.Version;
                    continue;
                }

                var todo = Words.Of(now.Text == before.Text ? "correct it" : "put the other's changes into it too");
                throw new CommandFailure(
                    refused.ExitCode, $"{refused.Message}\nYour text is in {file}: {todo}, then 'clustermail account {before.Table} import {before.Address} --base {now.Version} {file}'.");
            }
        }
    }

    private Verb Check(string table, string name)
    {
        var (address, file) = (Address(), FileArgument());
        return verbs.Acting(
            new Verb("check", "Would this text be accepted? Faults are shown with line and column. Nothing is saved.", $"clustermail account {table} check taro@example.jp {name}") { address, file },
            async (client, parsed, cancel) =>
            {
                var path = Routes.Fill(Routes.AccountTableCheck, parsed.GetRequiredValue(address), table);
                var change = new AccountTableChange(await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel));
                var would = (await client.SendAsync(HttpMethod.Post, path, change, AdminJson.Default.AccountTableChange, AdminJson.Default.AccountTableSaved, cancel)).Value;
                new Screen().Line(Words.Of(would.Before == would.After ? "fine; nothing would change" : "fine; this would change:"));
                Changes(would);
            });
    }

    private Verb Import(string table, string name)
    {
        var (address, file) = (Address(), FileArgument());
        var basis = new Option<long?>("--base") { Description = "Only if the account was not changed since this version. Default: whatever is there is replaced.", HelpName = "VERSION" };
        return verbs.Acting(
            new Verb(
                "import", "Replace the table by a file, UTF-8 or Shift_JIS.",
                $"clustermail account {table} import taro@example.jp {name}", $"clustermail account {table} import taro@example.jp --base 7 - < {name}") { address, file, basis },
            async (client, parsed, cancel) => await SaveAsync(
                client, parsed.GetRequiredValue(address), table, new AccountTableChange(await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel), parsed.GetValue(basis)), cancel));
    }

    private Verb Export(string table, string name)
    {
        var address = Address();
        var output = new Option<string?>("--to") { Description = "File. Default: standard output.", HelpName = "FILE" };
        return verbs.Acting(
            new Verb("export", "Write the table to a file, as it was written.", $"clustermail account {table} export taro@example.jp --to {name}") { address, output },
            async (client, parsed, cancel) =>
            {
                var text = (await client.GetAsync(PathOf(parsed.GetRequiredValue(address), table), AdminJson.Default.AccountTable, cancel)).Value.Text;
                if (parsed.GetValue(output) is { } file)
                    await File.WriteAllTextAsync(file, text, cancel);
                else
                    await Console.Out.WriteAsync(text);
            });
    }

    private Verb Remove(string table)
    {
        var address = Address();
        return verbs.Acting(
            new Verb("remove", "Take the table away: the account is no longer restricted by it.", $"clustermail account {table} remove taro@example.jp") { address },
            async (client, parsed, cancel) => Saved(
                (await client.SendAsync(HttpMethod.Delete, PathOf(parsed.GetRequiredValue(address), table), AdminJson.Default.AccountTableSaved, cancel)).Value));
    }

    private static async Task SaveAsync(AdminClient client, string address, string table, AccountTableChange change, CancellationToken cancel) =>
        Saved((await client.SendAsync(HttpMethod.Put, PathOf(address, table), change, AdminJson.Default.AccountTableChange, AdminJson.Default.AccountTableSaved, cancel)).Value);

    private static void Saved(AccountTableSaved saved)
    {
        new Screen().Line(saved.Before == saved.After ? Words.Of("nothing changed")
            : saved.After.Length == 0 ? Words.Say($"{saved.Address} has no such table any more")
            : Words.Say($"saved for {saved.Address}"));
        Changes(saved);
    }

    private static void Changes(AccountTableSaved saved)
    {
        var screen = new Screen();
        if (saved.Before != saved.After)
            Verbs.Changes(screen, [new SettingDifference(saved.Table, null, saved.Before, saved.After)]);
        foreach (var note in saved.Notes)
            screen.Warning("note: " + note);
    }

    private static string PathOf(string address, string table) => Routes.Fill(Routes.AccountTable, address, table);

    private static Argument<string> Address() => new("ADDRESS") { Description = "For example taro@example.jp." };

    private static Argument<string> FileArgument() => new("FILE") { Description = "Text file; - is standard input." };
}

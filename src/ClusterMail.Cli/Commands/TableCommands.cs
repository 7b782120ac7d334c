using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>route</c> and <c>relay</c>, and <c>domain</c> as a whole: tables in the original's text formats, edited whole.</summary>
internal sealed class TableCommands(Verbs verbs)
{
    /// <summary>Saves of other settings that may come in between while one table is saved.</summary>
    private const int SaveAttempts = 5;

    public Command Route() => Build(TableNames.Route, "The gateway table (gateway.dat): which mail goes to which server.");

    public Command Relay() => Build(TableNames.Relay, "The relay list (effect.dat): who may send what through the cluster.");

    /// <summary>The verbs for the table of domains as a whole.</summary>
    public IReadOnlyList<Verb> Domain() => [Edit(TableNames.Domain), Check(TableNames.Domain), Import(TableNames.Domain), Export(TableNames.Domain)];

    public Command Destination() => Build(TableNames.Destination, "The server's destination restriction (sender.dat): where our senders may mail to.");

    private Command Build(string table, string description) => new(table, description)
    {
        Show(table), Edit(table), Check(table), Import(table), Export(table),
    };

    private Verb Show(string table) => verbs.Reading(
        new Verb("show", "Print the table as it was written.", $"clustermail {table} show"),
        _ => Path(table), AdminJson.Default.TableText, (screen, text) => Print(screen, text.Text));

    private Verb Edit(string table)
    {
        var comment = SettingsCommands.Comment();
        var yes = Meant();
        return verbs.Acting(
            new Verb("edit", "Open the table in $VISUAL or $EDITOR and save it when the editor ends. A fault reopens nothing: your text is kept in a file.", $"EDITOR=nano clustermail {table} edit") { comment, yes },
            async (client, parsed, cancel) =>
            {
                var before = (await client.GetAsync(Path(table), AdminJson.Default.TableText, cancel)).Value;
                var file = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"clustermail-{table}-{System.IO.Path.GetRandomFileName()}.txt");
                Local.PrivateFile.Replace(file, before.Text);
                await Editor.OpenAsync(file, cancel);
                var text = await File.ReadAllTextAsync(file, cancel);
                if (text == before.Text)
                {
                    File.Delete(file);
                    new Screen().Line("nothing changed");
                    return;
                }

                await SaveEditedAsync(client, before, new TableChange(text, null, parsed.GetValue(comment), parsed.GetValue(yes)), file, cancel);
                File.Delete(file);
            });
    }

    /// <summary>
    /// Saves what was made of <paramref name="before"/>. Another setting saved meanwhile is no conflict; another text of this very table is, and
    /// then what to type next carries the version that was seen, so that nobody's change is overwritten unseen.
    /// </summary>
    private static async Task SaveEditedAsync(AdminClient client, TableText before, TableChange wanted, string file, CancellationToken cancel)
    {
        var basis = before.Version;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await SaveAsync(client, before.Table, wanted with { Base = basis }, cancel);
                return;
            }
            catch (CommandFailure refused)
            {
                var now = (await client.GetAsync(Path(before.Table), AdminJson.Default.TableText, cancel)).Value;
                if (now.Version != basis && now.Text == before.Text && attempt < SaveAttempts)
                {
                    basis = now.Version;
                    continue;
                }

                var todo = now.Text == before.Text ? "correct it" : "put the other's changes into it too";
                throw new CommandFailure(
                    refused.ExitCode, $"{refused.Message}\nYour text is in {file}: {todo}, then 'clustermail {before.Table} import --base {now.Version} {file}'.");
            }
        }
    }

    /// <summary>RELAY-62.</summary>
    private static Option<bool> Meant() => new("--yes", "-y") { Description = "Lines that need it are meant as they stand: true for a range wider than /24." };

    private Verb Check(string table)
    {
        var file = FileArgument();
        return verbs.Acting(
            new Verb("check", "Would this text be accepted? Faults are shown with line and column. Nothing is saved.", $"clustermail {table} check {table}.txt") { file },
            async (client, parsed, cancel) =>
            {
                var change = new TableChange(await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel));
                var answer = await client.SendAsync(HttpMethod.Post, Routes.Fill(Routes.TableCheck, table), change, AdminJson.Default.TableChange, AdminJson.Default.SettingsSaved, cancel);
                SettingsCommands.Checked(answer.Value);
            });
    }

    private Verb Import(string table)
    {
        var file = FileArgument();
        var basis = new Option<long?>("--base") { Description = "Only if this is still the newest version of the settings. Default: whatever is newest is replaced.", HelpName = "VERSION" };
        var comment = SettingsCommands.Comment();
        var yes = Meant();
        return verbs.Acting(
            new Verb("import", "Replace the table by a file.", $"clustermail {table} import {table}.txt", $"clustermail {table} import --base 7 - < {table}.txt") { file, basis, comment, yes },
            async (client, parsed, cancel) => await SaveAsync(
                client, table, new TableChange(await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel), parsed.GetValue(basis), parsed.GetValue(comment), parsed.GetValue(yes)), cancel));
    }

    private Verb Export(string table)
    {
        var output = new Option<string?>("--to") { Description = "File. Default: standard output.", HelpName = "FILE" };
        return verbs.Acting(
            new Verb("export", "Write the table to a file, as it was written.", $"clustermail {table} export --to {table}.txt") { output },
            async (client, parsed, cancel) =>
            {
                var text = (await client.GetAsync(Path(table), AdminJson.Default.TableText, cancel)).Value.Text;
                if (parsed.GetValue(output) is { } file)
                    await File.WriteAllTextAsync(file, text, cancel);
                else
                    await Console.Out.WriteAsync(text);
            });
    }

    private static async Task SaveAsync(AdminClient client, string table, TableChange change, CancellationToken cancel) =>
        Verbs.Saved((await client.SendAsync(HttpMethod.Put, Path(table), change, AdminJson.Default.TableChange, AdminJson.Default.SettingsSaved, cancel)).Value);

    public static void Print(Screen screen, string text)
    {
        if (text.Length == 0)
            screen.Line("(empty)");
        else
            foreach (var line in text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
                screen.Line(line.Replace("\t", "    ", StringComparison.Ordinal));
    }

    private static string Path(string table) => Routes.Fill(Routes.Table, table);

    private static Argument<string> FileArgument() => new("FILE") { Description = "Text file; - is standard input." };
}

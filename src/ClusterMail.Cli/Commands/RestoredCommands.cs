using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;
using ClusterMail.Store;
using Npgsql;

namespace ClusterMail.Cli.Commands;

/// <summary><c>db restored</c>: what to do with what waited in a database that was put back from a backup. Works on the databases directly, without any node.</summary>
internal sealed partial class RestoredCommands(Func<ParseResult, string> main, Func<ParseResult, IReadOnlyDictionary<string, string>> shards, IReadOnlyList<Option> places)
{
    /// <summary>Lines of a log in one transaction.</summary>
    private const int Slice = 1000;

    private static string Who => $"{Environment.UserName} at a terminal";

    public Command Build() => new("restored", "After the database was put back from a backup: what waited in it is stopped, because it may have been sent since.") { Status(), Mark(), Sent(), Release() };

    private Verb Status()
    {
        var verb = New("status", "Whether a database of the farm is a restored one, how that was noticed, and what is stopped.", "clustermail db restored status", "clustermail db restored status --json");
        var json = Verbs.Json(verb);
        verb.SetAction((parsed, cancel) => OverAsync(parsed, async databases =>
        {
            var found = new List<RestoredDatabase>();
            foreach (var (name, source) in databases)
                if (await new RestoreStore(source).OpenAsync(cancel) is { } open)
                    found.Add(new RestoredDatabase(name, open.Since, open.By, open.Reason, open.Stopped, open.Waiting, open.Open, open.Jobs));
            var list = new RestoredDatabases(found);
            Verbs.Show(new Answer<RestoredDatabases>(list, JsonSerializer.SerializeToUtf8Bytes(list, AdminJson.Default.RestoredDatabases)), parsed.GetValue(json), Show);
        }));
        return verb;
    }

    private static void Show(Screen screen, RestoredDatabases list)
    {
        if (list.Databases.Count == 0)
            screen.Line(Words.Of("no database of this farm is a restored one, as far as is known: nothing is stopped"));
        foreach (var one in list.Databases)
        {
            screen.Heading(Words.Say($"{one.Name}: put back from a backup"));
            screen.Labelled(Words.Of("noticed   "), Words.Say($"{Ages.Clock(one.Since)} by {one.By}: {one.Reason}"));
            screen.Labelled(Words.Of("stopped   "), Words.Say($"{one.Waiting} of {one.Stopped} recipients in the queue"));
            screen.Labelled(Words.Of("approval  "), Words.Say($"{one.Open} mails wait for a decision that may have been made; {one.Jobs} releases and notices are not done"));
        }
        if (list.Databases.Count > 0)
            screen.Line(Words.Of("Next: 'db restored sent LOG' takes out what was sent, 'approval discard' what was decided; then 'db restored release'."));
    }

    private Verb Mark()
    {
        var verb = New("mark", "Say that a database was put back from a backup, before its nodes start: nodes that remember nothing of it cannot notice.", "clustermail db restored mark --database \"Host=db;Username=clustermail;Database=clustermail\"");
        verb.SetAction((parsed, cancel) => OverAsync(parsed, async databases =>
        {
            foreach (var (name, source) in databases)
            {
                var marked = await new RestoreStore(source).StopAsync(Who, "it was told by 'db restored mark'", null, cancel);
                new Screen().Line(marked ? Words.Say($"{name}: what waits in it is stopped") : Words.Say($"{name}: it was known already"));
            }
        }));
        return verb;
    }

    private Verb Sent()
    {
        var files = new Argument<string[]>("FILE") { Description = "Logs kept outside the database, such as outlog or an export of it: any text whose lines have the number of a mail and the address of a recipient. - is standard input.", Arity = ArgumentArity.OneOrMore };
        var dry = new Option<bool>("--dry-run") { Description = "Count only." };
        var verb = New("sent", "Take out of the queue what logs show as sent after the backup.", "clustermail db restored sent outlog-20260131.txt --dry-run", "clustermail db restored sent outlog-20260131.txt");
        verb.Arguments.Add(files);
        verb.Options.Add(dry);
        verb.SetAction((parsed, cancel) => OverAsync(parsed, async databases =>
        {
            var lines = new List<string>();
            foreach (var file in parsed.GetRequiredValue(files))
                lines.AddRange((await ReadAsync(file, cancel)).Split('\n').Where(line => Number().IsMatch(line)));
            var count = 0;
            foreach (var (_, source) in databases)
                foreach (var slice in lines.Chunk(Slice))
                    count += await new RestoreStore(source).TakeOutSentAsync(slice, Who, parsed.GetValue(dry), cancel);
            var screen = new Screen();
            if (lines.Count == 0)
                screen.Warning(Words.Of("no line has the number of a mail (B and ten digits)"));
            screen.Line(parsed.GetValue(dry)
                ? Words.Say($"{lines.Count} lines with a number; {count} stopped recipients would be taken out as sent")
                : Words.Say($"{lines.Count} lines with a number; {count} stopped recipients taken out as sent"));
        }));
        return verb;
    }

    private Verb Release()
    {
        var yes = Verbs.Yes();
        var verb = New("release", "What is still stopped may go: mail is due now, approval goes on. The restore is over.", "clustermail db restored release", "clustermail db restored release --yes");
        verb.Options.Add(yes);
        verb.SetAction((parsed, cancel) => OverAsync(parsed, async databases =>
        {
            var open = new List<(string Name, NpgsqlDataSource Source, RestoreState State)>();
            foreach (var (name, source) in databases)
                if (await new RestoreStore(source).OpenAsync(cancel) is { } state)
                    open.Add((name, source, state));
            if (open.Count == 0)
                throw new CommandFailure($"no database of this farm is a restored one: nothing is stopped");
            Verbs.Confirm(parsed.GetValue(yes), Words.Say($"{open.Sum(one => one.State.Waiting)} recipients go out, {open.Sum(one => one.State.Jobs)} releases and notices are done. What was sent after the backup goes out a second time. Go on?"));
            foreach (var (name, source, _) in open)
                new Screen().Line(Words.Say($"{name}: {await new RestoreStore(source).ReleaseAsync(Who, cancel)} recipients are due now"));
        }));
        return verb;
    }

    private Verb New(string name, string description, params string[] examples)
    {
        var verb = new Verb(name, description, examples);
        foreach (var place in places)
            verb.Options.Add(place);
        return verb;
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancel)
    {
        try
        {
            return await Verbs.ReadTextAsync(file, cancel);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"{file}: {trouble.Message}");
        }
    }

    private Task<int> OverAsync(ParseResult parsed, Func<IReadOnlyList<(string Name, NpgsqlDataSource Source)>, Task> work) => DbCommands.WithDatabaseAsync(main(parsed), async text =>
    {
        var opened = new List<(string, NpgsqlDataSource)>();
        try
        {
            opened.Add((Shard.MainName, Database.Open(text, "clustermail", maxPoolSize: 2)));
            foreach (var (name, place) in shards(parsed))
                opened.Add((name, Database.Open(place, "clustermail", maxPoolSize: 2)));
            await work(opened);
        }
        finally
        {
            foreach (var (_, source) in opened)
                await source.DisposeAsync();
        }
    });

    [GeneratedRegex("B[0-9]{10}")]
    private static partial Regex Number();
}

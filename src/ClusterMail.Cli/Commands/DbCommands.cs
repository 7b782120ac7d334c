using System.CommandLine;
using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;
using ClusterMail.Store;
using Npgsql;

namespace ClusterMail.Cli.Commands;

/// <summary><c>db</c>: works on the database directly, without any node.</summary>
internal sealed class DbCommands(ConnectionOptions connection)
{
    public Command Build() => new("db", "The database: schema and state. Works without a node.") { Migrate(), Status(), Keys(), Switchover(), Restored() };

    private Verb Migrate()
    {
        var database = DatabaseOption();
        var shard = ShardOption();
        var verb = new Verb("migrate", "Bring the schema to the version of this program. Safe to repeat, and while nodes run.", "clustermail db migrate", "clustermail db migrate --database \"Host=db;Username=clustermail;Database=clustermail\"",
            "clustermail db migrate --shard east=\"Host=db2;Username=clustermail;Database=clustermail\"")
        { database, shard };
        verb.SetAction((parsed, cancel) => WithDatabaseAsync(parsed.GetValue(database) ?? connection.Database(parsed), async text =>
        {
            var scripts = await Database.MigrateAsync(text, cancel);
            var screen = new Screen();
            screen.Line(scripts.Count == 0 ? "the schema is up to date" : $"ran {string.Join(", ", scripts)}");
            foreach (var (name, place) in Shards(parsed, database, shard))
            {
                var ran = await ShardDatabase.PrepareAsync(text, name, place, cancel);
                screen.Line(ran.Count == 0 ? $"shard {name}: the schema is up to date" : $"shard {name}: ran {string.Join(", ", ran)}");
            }
        }));
        return verb;
    }

    private Verb Status()
    {
        var database = DatabaseOption();
        var shard = ShardOption();
        var verb = new Verb("status", "Server, standbys, durability, schema and table sizes.", "clustermail db status", "clustermail db status --json") { database, shard };
        var json = Verbs.Json(verb);
        verb.SetAction((parsed, cancel) => WithDatabaseAsync(parsed.GetValue(database) ?? connection.Database(parsed), async text =>
        {
            var status = await DatabaseFacts.ReadAsync(text, Shards(parsed, database, shard), cancel);
            Verbs.Show(new Answer<DbStatus>(status, JsonSerializer.SerializeToUtf8Bytes(status, AdminJson.Default.DbStatus)), parsed.GetValue(json), Show);
        }));
        return verb;
    }

    private Verb Keys() => new Verbs(connection).Reading(
        new Verb("keys", "The keys that contents at rest are sealed with, and whether the node has them (store.encrypt_at_rest).", "clustermail db keys"), _ => Routes.DbKeys, AdminJson.Default.ContentKeyList,
        (screen, list) =>
        {
            screen.Line(Words.Of(list.Sealing ? "new contents are encrypted" : "new contents are stored as they are (store.encrypt_at_rest)"));
            screen.Line(list.Current is { } key ? Words.Say($"key of node {list.Node}: {key}") : Words.Say($"node {list.Node} has no key: its file names no password-key-file"));
            var sheet = new Sheet(new("Place"), new("Key"), new("Contents", Right: true), new("Here"));
            foreach (var entry in list.Keys)
                sheet.Add(Words.Of(entry.Place), entry.Key, $"{entry.Contents}", Words.Of(entry.Here ? "yes" : "MISSING"));
            if (sheet.Count > 0)
                sheet.Print(screen);
        });

    private Verb Switchover()
    {
        var crash = new Option<bool>("--crash") { Description = "Kill the primary (SIGKILL) instead of stopping it, as a crash would." };
        var verb = new Verb(
            "switchover", "On a local cluster: end the primary, promote the synchronous standby, and bring the old primary back as the standby. Also when the primary is down already. Linux only.",
            "clustermail db switchover", "clustermail db switchover --crash")
        { crash };
        verb.SetAction((parsed, cancel) => LocalCommands.WithClusterAsync(connection.Folder(parsed), cluster => cluster.SwitchoverAsync(parsed.GetValue(crash), cancel)));
        return verb;
    }

    private Command Restored()
    {
        var database = DatabaseOption();
        var shard = ShardOption();
        return new RestoredCommands(parsed => parsed.GetValue(database) ?? connection.Database(parsed), parsed => Shards(parsed, database, shard), [database, shard]).Build();
    }

    private static void Show(Screen screen, DbStatus status)
    {
        ShowOne(screen, status);
        foreach (var shard in status.Shards)
        {
            screen.Line();
            screen.Heading($"shard {shard.Name}");
            if (shard.Status is { } own)
                ShowOne(screen, own);
            else
                screen.Warning(Words.Say($"shard {shard.Name} does not answer: its mail waits for it"));
        }
    }

    private static void ShowOne(Screen screen, DbStatus status)
    {
        screen.Line($"server       {status.Server}, PostgreSQL {status.Version.Split(' ')[0]}, {(status.Writable ? "primary" : "standby")}");
        screen.Line($"connections  {status.Connections} of {status.MaxConnections}");
        if (!status.Writable)
            screen.Warning("this server is a standby: nothing can be accepted through it");
        screen.Line($"durability   synchronous_commit={status.SynchronousCommit}, synchronous standbys: {status.SynchronousStandbys ?? "none"}");
        if (status.SynchronousCommit == "off")
            screen.Warning("synchronous_commit is off: acknowledged mail can be lost. Set it to on");
        foreach (var standby in status.Standbys)
            screen.Line(FormattableString.Invariant($"standby      {standby.Name}: {standby.State ?? "state not known"}, {(standby.IsSynchronous ? "synchronous" : standby.Sync ?? "not known")}, {(standby.BehindBytes is { } behind ? Ages.Size(behind) : "-")} behind, lag {standby.LagSeconds ?? 0:0.000} s"));
        if (status.Standbys.Any(standby => standby.State is null))
            screen.Warning("ClusterMail's role may not see how its standbys fare: GRANT pg_monitor TO it");
        else if (status.SynchronousStandbys is not null && !status.Standbys.Any(standby => standby.IsSynchronous))
            screen.Warning("no synchronous standby is connected: commits wait for one, and clients get 451");
        screen.Line($"schema       {(status.Applied.Count == 0 ? "empty" : status.Applied[^1])}{(status.Pending.Count == 0 ? ", up to date" : "")}");
        if (status.Pending.Count > 0)
            screen.Warning($"to be run: {string.Join(", ", status.Pending)}: 'clustermail db migrate'");
        screen.Line($"size         {Ages.Size(status.SizeBytes)}");
        screen.Line();
        var sheet = new Sheet(new("Table", Flexible: true), new("Size", Right: true), new("Rows", Right: true), new("Dead", Right: true));
        foreach (var table in status.Tables)
            sheet.Add(table.Name, Ages.Size(table.Bytes), $"{table.Rows}", $"{table.DeadRows}");
        if (sheet.Count > 0)
            sheet.Print(screen);
    }

    /// <summary>A database that is away is what <see cref="Exit.Refused"/> is for; its message must not show the password.</summary>
    internal static async Task<int> WithDatabaseAsync(string connectionString, Func<string, Task> work)
    {
        try
        {
            await work(connectionString);
            return Exit.Done;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or ArgumentException)
        {
            throw new CommandFailure($"the database: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>Those given; else those of the local cluster, when it is its database that is meant.</summary>
    private IReadOnlyDictionary<string, string> Shards(ParseResult parsed, Option<string?> database, Option<string[]> given) =>
        ShardOptions.Read(parsed.GetValue(given)) is { Count: > 0 } named ? named
        : parsed.GetValue(database) is null ? connection.Shards(parsed) : new Dictionary<string, string>();

    private static Option<string[]> ShardOption() => ShardOptions.New("A further database of the queue, as in the nodes' files; may be given several times. Default: those of the local cluster.");

    private static Option<string?> DatabaseOption() => new("--database")
    {
        Description = "Npgsql connection string. Default: CLUSTERMAIL_DATABASE, or that of the local cluster.",
        HelpName = "TEXT",
    };
}

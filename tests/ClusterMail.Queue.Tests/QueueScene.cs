using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Bounce;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Outcome;
using ClusterMail.Queue.Schedule;
using ClusterMail.Queue.Settings;
using ClusterMail.Routing;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using ClusterMail.Store.Content;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Queue.Tests;

/// <summary>One node without its actors on a real database: lease, numbers, journals, window.</summary>
internal sealed class QueueScene : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private int _written;

    public required TestDatabase Database { get; init; }
    public required LeaseKeeper Lease { get; init; }
    public required NumberBlocks Numbers { get; init; }
    public required SettingsWatch Settings { get; init; }

    /// <summary>What the settings' watch told as an alarm (ADMIN-26).</summary>
    public required System.Collections.Concurrent.ConcurrentQueue<string> Alarms { get; init; }

    /// <summary>By which the settings' watch measures how long a version cannot be loaded.</summary>
    public required FakeTimeProvider SettingsClock { get; init; }
    public required QueueStore Queue { get; init; }
    public required DirectoryWatch Directory { get; init; }
    public required ApprovalWatch Approval { get; init; }
    public OutcomeJournal Outcomes { get; private set; } = null!;
    public OutcomeRecorder Recorder { get; private set; } = null!;
    public Window Window { get; } = new(() => 10_000, () => 100_000_000);
    public NodeStore Nodes => new(Database.Source);
    public EpochLease Epoch => Lease.Current!;

    /// <summary>Recipients whose place in the window was given back by the journal.</summary>
    public int Written => Volatile.Read(ref _written);

    public static Task<QueueScene> StartAsync(params (string Name, string Value)[] settings) => StartAsync(ContentKeys.None, settings);

    public static async Task<QueueScene> StartAsync(ContentKeys keys, params (string Name, string Value)[] settings) =>
        await StartAsync(await TestDatabase.CreateAsync(), keys, TimeSpan.FromMilliseconds(200), null, settings);

    /// <summary>Nothing is written but what the test has written: the lease is not renewed, and outcomes are confirmed when the test says.</summary>
    public static Task<QueueScene> StartQuietAsync(TestDatabase database, TimeSpan confirmAfter) => StartAsync(database, ContentKeys.None, TimeSpan.FromHours(1), confirmAfter);

    private static async Task<QueueScene> StartAsync(TestDatabase database, ContentKeys keys, TimeSpan renewEvery, TimeSpan? confirmAfter, params (string Name, string Value)[] settings)
    {
        var queue = new QueueStore(database.Source);
        var lease = new LeaseKeeper(new NodeStore(database.Source), new NodeRegistration("n1", "akka.tcp://clustermail@127.0.0.1:1", "http://127.0.0.1:1", "", "1", []),
            new LeaseOptions { Length = Max(TimeSpan.FromSeconds(60), 2 * renewEvery), FenceEvery = TimeSpan.FromMinutes(10), RenewEvery = renewEvery },
            epoch =>
            {
                var opened = EpochStore.Open(database.ConnectionString, "clustermaild n1", epoch, keys);
                return (opened.Queue, opened);
            },
            NullLogger<LeaseKeeper>.Instance);
        var alarms = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var clock = new FakeTimeProvider();
        ApprovalWatch? approval = null;
        var directory = new DirectoryWatch(new DirectoryReader(database.Source)) { Book = system => approval!.Current.Book(system) };
        SettingsWatch? view = null;
        approval = new ApprovalWatch(new ApprovalStore(database.Source), null, () => view!.Current, NullLogger<ApprovalWatch>.Instance);
        var watch = new SettingsWatch(new SettingsStore(database.Source), directory, new NodeFacts("n1", "n1.example.jp", []), NullLogger<SettingsWatch>.Instance) { Alarm = alarms.Enqueue, Time = clock };
        view = watch;
        var scene = new QueueScene
        {
            Database = database,
            Lease = lease,
            Settings = watch,
            Alarms = alarms,
            SettingsClock = clock,
            Directory = directory,
            Approval = approval,
            Queue = queue,
            Numbers = new NumberBlocks(queue, 1000, NullLogger<NumberBlocks>.Instance),
        };
        if (settings.Length > 0)
            await scene.SaveAsync(settings);
        scene.Outcomes = new OutcomeJournal(new EventStore(database.Source), "n1", scene.OnWritten, NullLogger<OutcomeJournal>.Instance, confirmAfter);
        scene.Recorder = new OutcomeRecorder(() => watch.Current.Retry, () => watch.Current.Hours, new NoticeWriter(() => watch.Current, scene.Numbers), NullLogger<OutcomeRecorder>.Instance)
        {
            Journal = scene.Outcomes,
        };
        lease.Start();
        await Until.TrueAsync(() => lease.IsValid, Patience, "the node has its lease");
        await scene.Numbers.PrimeAsync(default);
        return scene;
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    public async Task SaveAsync(params (string Name, string Value)[] settings)
    {
        var version = await Database.ScalarAsync<long>("SELECT coalesce(max(version), 0) + 1 FROM setting_version");
        await Database.ExecuteAsync("INSERT INTO setting_version (version, saved_by, comment, values, overrides) VALUES ($1, 'test', '', $2::jsonb, '{}')",
            version, System.Text.Json.JsonSerializer.Serialize(settings.GroupBy(s => s.Name).Select(s => s.Last()).ToDictionary(s => s.Name, s => s.Value)));
        await Settings.FollowAsync(version, default);
    }

    /// <summary>As an administrator would; in the node's memory when it returns.</summary>
    public async Task AddAccountAsync(string address, long limit = 0)
    {
        var mailbox = Mailbox.FromStored(address);
        await Database.ExecuteAsync("INSERT INTO account (changed, domain, name, box_limit) VALUES (next_directory_version(), $1, $2, $3)", mailbox.Domain, mailbox.LocalPart, limit);
        await Directory.FollowAsync(await Database.ScalarAsync<long>("SELECT version FROM directory_version"), default);
    }

    /// <param name="mode">AliasMode.</param>
    public async Task AddAliasAsync(string name, string real, short mode)
    {
        var mailbox = Mailbox.FromStored(name);
        await Database.ExecuteAsync("INSERT INTO alias (changed, domain, name, real, mode) VALUES (next_directory_version(), $1, $2, $3, $4)", mailbox.Domain, mailbox.LocalPart, real, mode);
        await Directory.FollowAsync(await Database.ScalarAsync<long>("SELECT version FROM directory_version"), default);
    }

    private void OnWritten(int recipients, bool notices)
    {
        Window.Return(recipients, 0);
        Interlocked.Add(ref _written, recipients);
    }

    public MessageId Number() => Numbers.TryTake(out var id) ? id : throw new InvalidOperationException("no number");

    public NewMail Mail(bool owned, params string[] recipients) => new()
    {
        Id = Number(),
        ReversePath = "sender@example.jp",
        Content = new MemoryContent("Subject: x\r\n\r\nHello\r\n"u8.ToArray()),
        Recipients = [.. recipients.Select((r, i) => new NewRecipient((short)i, r, r[(r.IndexOf('@', StringComparison.Ordinal) + 1)..], owned))],
    };

    /// <summary>A mail committed as owned by this node, as the work the dispatcher would have.</summary>
    public async Task<Work> OwnedAsync(string from = "sender@example.jp", Func<ClaimedRecipient, ClaimedRecipient>? change = null, params string[] recipients)
    {
        var mail = Mail(owned: true, recipients.Length == 0 ? ["a@example.net"] : recipients) with { ReversePath = from };
        await Epoch.Store.AcceptAsync(Epoch.Epoch, [mail], default);
        Window.Take(mail.Recipients.Length, 0);
        var queued = new QueuedMail { Id = mail.Id, ReversePath = from, Size = mail.Content.Length, AcceptedAt = DateTimeOffset.UtcNow };
        return new Work
        {
            Mail = queued,
            Lease = Epoch,
            Route = To(mail.Recipients[0].Destination),
            Content = new ContentShare(mail.Content, 0, 1, Window),
            Recipients = [.. mail.Recipients.Select(r => new ClaimedRecipient
            {
                Key = new RecipientKey(mail.Id.Number, r.Ordinal), ForwardPath = r.ForwardPath, Destination = r.Destination, Mail = queued,
            }).Select(r => change?.Invoke(r) ?? r)],
        };
    }

    public static Route To(string domain) => new() { Kind = RouteKind.Mx, Destination = domain, Domain = domain, Rule = "ROUTE-1 row 6" };

    /// <summary>As another node would, in one statement: no renewal comes between.</summary>
    public Task FenceAsync(long epoch) => Database.ExecuteAsync("""
        WITH fenced AS (UPDATE node SET fenced_at = clock_timestamp(), fenced_by = 'n2' WHERE epoch = $1 RETURNING epoch)
        SELECT free_recipients(epoch) FROM fenced
        """, epoch);

    public Task<long> CountAsync(string what) => Database.ScalarAsync<long>("SELECT count(*) FROM " + what);

    public Task ReachesAsync(long count, string what) => Until.TrueAsync(async () => await CountAsync(what) == count, Patience, $"{count} in {what}");

    public async ValueTask DisposeAsync()
    {
        await Outcomes.DisposeAsync();
        await Lease.DisposeAsync();
        await Database.DisposeAsync();
    }
}

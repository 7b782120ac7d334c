using System.Diagnostics;
using ClusterMail.Accounts;
using ClusterMail.Protocol;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

/// <summary>Three nodes' memories of accounts and aliases, each behind a lease as a node keeps it.</summary>
public sealed class DirectoryWatchTests
{
    /// <summary>What the administrator is promised.</summary>
    private static readonly TimeSpan InForce = TimeSpan.FromSeconds(5);

    private static readonly Mailbox Taro = new("taro", "example.jp");
    private static readonly Mailbox Info = new("info", "example.jp");

    [Fact]
    public async Task ACCT_5_an_account_created_changed_removed_and_restored_is_so_on_all_nodes_within_5_seconds()
    {
        await using var farm = await FarmAsync();
        var store = new AccountStore(farm.Database.Source);

        await store.CreateAsync("example.jp", [new("Taro") { FullName = "Taro Yamada" }], 0, false, "hanako", default);
        await farm.WithinAsync(node => node.Account(Taro) is { FullName: "Taro Yamada", SmtpAuth: true, Suspended: false }, "created");
        Assert.All(farm.Nodes, node => Assert.Equal(AddressClass.LocalExisting, node.Classify(new("TARO", "Example.JP"))));

        await store.ChangeAsync("example.jp", "taro", new AccountEdit { Suspended = true, SmtpAuth = false, BoxLimit = 7 }, "hanako", default);
        await farm.WithinAsync(node => node.Account(Taro) is { Suspended: true, SmtpAuth: false, BoxLimit: 7 }, "changed");

        await store.ChangeAsync("example.jp", "taro", new AccountEdit { SmtpDisabled = true }, "hanako", default);
        await farm.WithinAsync(node => node.Classify(Taro) == AddressClass.LocalMissing, "off for SMTP (ACCT-14)");
        await store.ChangeAsync("example.jp", "taro", new AccountEdit { SmtpDisabled = false }, "hanako", default);

        await store.RemoveAsync("example.jp", "taro", "hanako", default);
        await farm.WithinAsync(node => node.Account(Taro) is null, "removed");
        await store.RestoreAsync("example.jp", "taro", 0, "hanako", default);
        await farm.WithinAsync(node => node.Account(Taro) is { SmtpDisabled: false }, "restored");
    }

    [Fact]
    public async Task ALIAS_13_an_alias_put_changed_and_removed_is_so_on_all_nodes_within_5_seconds()
    {
        await using var farm = await FarmAsync();
        var store = new AliasStore(farm.Database.Source);
        Task TableAsync(params AliasRow[] rows) => store.ChangeAsync(_ => Task.FromResult<IReadOnlyList<AliasRow>?>(rows), "hanako", default);

        await TableAsync(new("example.jp", "info", "desk@branch.example", 0), new("example.jp", "*", "rest@branch.example", 0));
        await farm.WithinAsync(node => node.Resolve(Info).Real.ToString() == "desk@branch.example" && node.Resolve(Taro).Real.ToString() == "rest@branch.example", "put");
        await TableAsync(new AliasRow("example.jp", "INFO", "other@branch.example", 2));
        await farm.WithinAsync(node => node.Resolve(Info).Envelope.ToString() == "other@branch.example" && node.Classify(Taro) == AddressClass.LocalMissing, "changed");
        await TableAsync();
        await farm.WithinAsync(node => node.Aliases.Count == 0, "removed");
    }

    [Fact]
    public async Task DOM_8_a_domain_added_or_taken_away_is_in_force_without_a_restart()
    {
        await using var scene = await QueueScene.StartAsync(("domain.table", "example.jp local\n"));
        await new AccountStore(scene.Database.Source).CreateAsync("example.net", [new("taro")], 0, false, "hanako", default);
        var watch = new DirectoryWatch(new DirectoryReader(scene.Database.Source));
        await watch.FollowAsync(1, default);
        MailDirectory Now() => new(scene.Settings.Current.Policy.Directory.Domains, watch.Accounts, watch.Aliases);
        Assert.Null(Now().Domains.Find("example.net"));
        await scene.SaveAsync(("domain.table", "example.jp local\nexample.net local\n"));
        Assert.Equal(AddressClass.LocalExisting, Now().Classify(new("taro", "example.net")));
        await scene.SaveAsync(("domain.table", "example.net local\n"));
        Assert.Equal(AddressClass.Outside, Now().Classify(new("taro", "example.jp")));
    }

    [Fact]
    public async Task ACCT_5_accounts_made_while_a_node_loads_are_all_there_and_a_late_node_has_only_what_is_in_force()
    {
        await using var farm = await FarmAsync();
        var store = new AccountStore(farm.Database.Source);
        for (var part = 0; part < 12; part++)
            await store.CreateAsync("example.jp", [.. Enumerable.Range(part * 1000, 1000).Select(n => new NewAccount($"u{n}"))], 0, false, "hanako", default);
        await store.RemoveAsync("example.jp", "u7", "hanako", default);
        await farm.WithinAsync(node => node.Accounts.Count == 11_999, "loaded");
        var late = new DirectoryWatch(new DirectoryReader(farm.Database.Source));
        await late.FollowAsync(long.MaxValue, default);
        Assert.Equal(11_999, late.Accounts.Count);
        Assert.Null(late.Accounts.Find("u7", "example.jp"));
    }

    private static async Task<Farm> FarmAsync()
    {
        var database = await TestDatabase.CreateAsync();
        var domains = OperatedDomains.Parse("example.jp local").Domains;
        var (leases, nodes) = (new List<LeaseKeeper>(), new List<MailDirectory>());
        foreach (var name in (string[])["n1", "n2", "n3"])
        {
            var watch = new DirectoryWatch(new DirectoryReader(database.Source));
            var lease = new LeaseKeeper(
                new NodeStore(database.Source), new NodeRegistration(name, $"akka.tcp://clustermail@127.0.0.1:1/{name}", "http://127.0.0.1:1", "", "1", []), new LeaseOptions(), epoch =>
                {
                    var opened = EpochStore.Open(database.ConnectionString, $"clustermaild {name}", epoch);
                    return (opened.Queue, opened);
                }, NullLogger<LeaseKeeper>.Instance);
            lease.Renewed += renewal => _ = watch.FollowAsync(renewal.DirectoryVersion, default);
            lease.Start();
            leases.Add(lease);
            nodes.Add(new MailDirectory(domains, watch.Accounts, watch.Aliases));
        }
        return new Farm(database, leases, nodes);
    }

    private sealed record Farm(TestDatabase Database, IReadOnlyList<LeaseKeeper> Leases, IReadOnlyList<MailDirectory> Nodes) : IAsyncDisposable
    {
        public async Task WithinAsync(Func<MailDirectory, bool> holds, string what)
        {
            var clock = Stopwatch.StartNew();
            await Until.TrueAsync(() => Nodes.All(holds), TimeSpan.FromSeconds(60), what);
            Assert.True(clock.Elapsed < InForce, $"{what}: in force after {clock.Elapsed}");
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var lease in Leases)
                await lease.DisposeAsync();
            await Database.DisposeAsync();
        }
    }
}

using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

/// <summary>What is in force where: <c>settings effective</c>, and the warnings of <c>cluster status</c>.</summary>
public sealed class EffectiveTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    private static Task<SaveResult> SaveAsync(AdminHost host, long basis, params (string Name, string Value, string? Node)[] values) => host.Service<SettingsStore>().SaveAsync(
        basis, values.Where(v => v.Node is null).ToDictionary(v => v.Name, v => v.Value),
        values.Where(v => v.Node is not null).GroupBy(v => v.Node!).ToDictionary(n => n.Key, n => (IReadOnlyDictionary<string, string>)n.ToDictionary(v => v.Name, v => v.Value)), "u", "", default);

    private static Task<long> NodeAsync(AdminHost host, string name, string version = "0.1.0") => host.Service<NodeStore>().RegisterAsync(
        new(name, $"akka.tcp://clustermail@127.0.0.1:1/{name}", "http://127.0.0.1:2", "127.0.0.1:25", version, ["receive"]), TimeSpan.FromMinutes(5), default);

    private static (string, SettingSource) Of(EffectiveSettings effective, string node, string name) =>
        effective.Nodes.Single(n => n.Node == node).Settings.Where(s => s.Name == name).Select(s => (s.Value, s.Source)).Single();

    [Fact]
    public async Task ADMIN_43_every_setting_of_every_node_with_where_its_value_comes_from_and_secrets_masked()
    {
        await using var host = await AdminHost.StartAsync();
        var n1 = await NodeAsync(host, "n1");
        await NodeAsync(host, "n2");
        await SaveAsync(host, 0, ("delivery.workers_per_node", "7", null), ("route.credentials", "office taro hunter2", null), ("delivery.workers_per_node", "9", "n2"));
        await host.Service<NodeStore>().SettingsInForceAsync(n1, 1, default);

        var all = await host.GetAsync(Routes.SettingsEffective, Json.EffectiveSettings);

        Assert.Equal(["n1", "n2"], all.Nodes.Select(n => n.Node));
        Assert.All(all.Nodes, node => Assert.Equal(Settings.Catalogue.All.Count, node.Settings.Count));
        Assert.Equal(("7", SettingSource.Cluster), Of(all, "n1", "delivery.workers_per_node"));
        Assert.Equal(("9", SettingSource.Node), Of(all, "n2", "delivery.workers_per_node"));
        Assert.Equal(("120", SettingSource.Default), Of(all, "n2", "delivery.retry_seconds"));
        Assert.Equal(("***", SettingSource.Cluster), Of(all, "n1", "route.credentials"));
        Assert.Equal((1L, null), (all.Nodes[0].InForce, all.Nodes[1].InForce));
        Assert.DoesNotContain("hunter2", await host.Client.GetStringAsync(Routes.SettingsEffective), StringComparison.Ordinal);
        Assert.Equal("n2", Assert.Single((await host.GetAsync(Routes.SettingsEffective + "?node=n2", Json.EffectiveSettings)).Nodes).Node);
        Assert.Equal(404, (await host.RefusedAsync(Routes.SettingsEffective + "?node=n9")).Status);
    }

    [Fact]
    public async Task ADMIN_40_ADMIN_41_the_labels_of_the_original_s_debug_dump_stand_beside_ours()
    {
        await using var host = await AdminHost.StartAsync();
        await NodeAsync(host, "node1");
        await SaveAsync(host, 0, ("delivery.retry_seconds", "300", null), ("route.credentials", "office taro hunter2", null));

        var dump = await host.GetAsync(Routes.SettingsOriginal, Json.OriginalDump);

        OriginalRow Row(string label) => dump.Rows.First(r => r.Label == label);
        Assert.Equal("node1", dump.Node);
        Assert.Equal(("EPSTDS", "120 (s)", "delivery.retry_seconds", "300"), (Row("Resending interval").Part, Row("Resending interval").Seen, Row("Resending interval").Setting, Row("Resending interval").Value));
        Assert.Equal(("receive.idle_seconds", "300"), (Row("Timer, Recv/Send Data Timer").Setting, Row("Timer, Recv/Send Data Timer").Value));
        Assert.Equal((null, "always on"), (Row("Clustering").Setting, Row("Clustering").Value));
        Assert.Equal("***", dump.Rows.Single(r => r.Setting == "route.credentials").Value);
    }

    [Theory]
    [InlineData("0.1.0", "0.1.9", false)]
    [InlineData("0.1.0", "0.2.0", false)]
    [InlineData("0.9.3", "1.0.0", false)]
    [InlineData("0.1.0", "0.3.0", true)]
    [InlineData("0.9.3", "1.1.0", true)]
    [InlineData("1.0.0", "3.0.0", true)]
    public async Task ADMIN_54_CLU_34_the_status_shows_every_version_and_warns_of_more_than_one_release_between_two_nodes(string older, string newer, bool warned)
    {
        await using var host = await AdminHost.StartAsync();
        await NodeAsync(host, "n1", newer);
        await NodeAsync(host, "n2", older);
        var status = await host.GetAsync(Routes.Cluster, Json.ClusterStatus);
        Assert.Equal([newer, older], status.Nodes.Select(n => n.Version));
        Assert.Equal(warned ? 1 : 0, status.Warnings.Count);
        Assert.All(status.Warnings, warning => Assert.Contains($"n2 runs {older}", warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ADMIN_26_a_node_that_stays_behind_is_in_the_status_and_one_that_has_just_not_heard_of_a_version_is_not()
    {
        await using var host = await AdminHost.StartAsync();
        var n1 = await NodeAsync(host, "n1");
        await SaveAsync(host, 0, ("receive.max_bytes", "1000", null));
        await host.Service<NodeStore>().SettingsInForceAsync(n1, 1, default);
        await SaveAsync(host, 1, ("receive.max_bytes", "2000", null));
        Assert.Empty((await host.GetAsync(Routes.Cluster, Json.ClusterStatus)).Warnings);
        await host.Database.ExecuteAsync("UPDATE setting_version SET saved_at = saved_at - interval '11 seconds'");
        var status = await host.GetAsync(Routes.Cluster, Json.ClusterStatus);
        Assert.Contains("n1 still works by settings version 1 of 2", Assert.Single(status.Warnings), StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(status.Nodes).SettingsVersion);
    }

    [Fact]
    public async Task ADMIN_25_a_version_that_a_node_still_works_by_is_not_pruned()
    {
        await using var host = await AdminHost.StartAsync();
        var node = await NodeAsync(host, "n1");
        await host.Service<NodeStore>().SettingsInForceAsync(node, 2, default);
        for (var version = 0; version < 104; version++)
            await SaveAsync(host, version, ("receive.max_bytes", $"{version + 1}", null));
        var store = host.Service<SettingsStore>();
        Assert.Equal("2", (await store.LoadAsync(2, default))!.Values["receive.max_bytes"]);
        Assert.Null(await store.LoadAsync(3, default));
        await host.Service<NodeStore>().LeaveAsync(node, default);
        await SaveAsync(host, 104, ("receive.max_bytes", "0", null));
        Assert.Null(await store.LoadAsync(2, default));
    }
}

using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

public sealed class SettingsTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    private static Task<SettingsSaved> SetAsync(AdminHost host, string name, string? value, long? basis = null, string user = "tester", string? node = null) =>
        host.SendAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(basis, [new(name, value, node)]), Json.SettingsChange, Json.SettingsSaved, user);

    [Fact]
    public async Task DELIV_11_sealing_cannot_be_switched_on_where_the_node_has_no_key()
    {
        await using var host = await AdminHost.StartAsync();
        var refused = await host.RefusedAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("store.encrypt_at_rest", "true")]), Contract.AdminJson.Default.SettingsChange);
        Assert.Equal((409, "DELIV-11"), (refused.Status, refused.Rule));
        Assert.Contains("password-key-file", refused.Hint, StringComparison.Ordinal);
        var keys = await host.GetAsync(Routes.DbKeys, Contract.AdminJson.Default.ContentKeyList);
        Assert.Equal((false, null, 0), (keys.Sealing, keys.Current, keys.Keys.Count));
    }

    [Fact]
    public async Task EX_ADMIN_2_the_second_of_two_administrators_is_refused_and_told_who_was_first()
    {
        await using var host = await AdminHost.StartAsync();
        var loaded = (await SetAsync(host, "delivery.retry_seconds", "100")).Version;
        var first = await SetAsync(host, "delivery.retry_seconds", "200", loaded, "hanako");
        Assert.Equal(loaded + 1, first.Version);

        var problem = await host.RefusedAsync(
            HttpMethod.Post, Routes.Settings, new SettingsChange(loaded, [new("receive.max_bytes", "1000")]), Json.SettingsChange, "taro");

        Assert.Equal(409, problem.Status);
        Assert.Contains("changed since by hanako", problem.Title, StringComparison.Ordinal);
        var now = await host.GetAsync(Routes.Settings + "?changed=true", Json.SettingsList);
        Assert.Equal(first.Version, now.Version);
        Assert.Equal("200", Assert.Single(now.Settings).Value);
    }

    [Fact]
    public async Task ADMIN_25_of_many_saves_on_one_base_at_the_same_moment_exactly_one_wins()
    {
        await using var host = await AdminHost.StartAsync();
        var store = host.Service<SettingsStore>();
        var nodes = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        var saves = await Task.WhenAll(Enumerable.Range(0, 8).Select(n =>
            store.SaveAsync(0, new Dictionary<string, string> { ["net.host_name"] = $"h{n}.example" }, nodes, $"user{n}", "", CancellationToken.None)));
        var winner = Assert.Single(saves.OfType<SaveResult.Saved>());
        Assert.Equal(1, winner.Version);
        var saved = (await store.LoadAsync(null, CancellationToken.None))!;
        Assert.All(saves.OfType<SaveResult.Conflict>(), c => Assert.Equal(saved.SavedBy, c.ChangedBy));
    }

    [Fact]
    public async Task EX_ADMIN_3_a_relay_list_with_a_tab_is_refused_by_line_and_rule_and_no_version_is_made()
    {
        await using var host = await AdminHost.StartAsync();
        var before = (await SetAsync(host, "delivery.retry_seconds", "100")).Version;

        var problem = await host.RefusedAsync(
            HttpMethod.Put, Routes.Fill(Routes.Table, TableNames.Relay), new TableChange("#<> default\n#blank false\n192.168.1.*\ttrue\n"), Json.TableChange);

        Assert.Equal(400, problem.Status);
        Assert.Equal("relay.rules", problem.Name);
        Assert.Equal(3, problem.Line);
        Assert.Equal(12, problem.Column);
        Assert.Equal("RELAY-1", problem.Rule);
        Assert.Contains("line 3", problem.Title, StringComparison.Ordinal);
        Assert.Equal(before, (await host.GetAsync(Routes.Settings, Json.SettingsList)).Version);
    }

    [Fact]
    public async Task ADMIN_25_a_gateway_table_with_a_fault_is_refused_by_line()
    {
        await using var host = await AdminHost.StartAsync();
        var problem = await host.RefusedAsync(
            HttpMethod.Put, Routes.Fill(Routes.Table, TableNames.Route), new TableChange("example.net,gw.example.jp,25\nexample.org,gw.example.jp,99999\n"), Json.TableChange);
        Assert.Equal(("route.table", 2), (problem.Name, problem.Line));
        Assert.StartsWith("GWT-", problem.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADMIN_25_a_table_comes_back_as_it_was_written_comments_included()
    {
        await using var host = await AdminHost.StartAsync();
        const string text = "' the office\n192.168.1.* true\n#<> default\n#blank false\n";
        var path = Routes.Fill(Routes.Table, TableNames.Relay);
        var check = await host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.TableCheck, TableNames.Relay), new TableChange(text), Json.TableChange, Json.SettingsSaved);
        Assert.Equal(0, check.Version);
        var saved = await host.SendAsync(HttpMethod.Put, path, new TableChange(text.Replace("\n", "\r\n", StringComparison.Ordinal)), Json.TableChange, Json.SettingsSaved);
        Assert.Equal(1, saved.Version);
        var read = await host.GetAsync(path, Json.TableText);
        Assert.Equal(text, read.Text);
        Assert.Equal("relay.rules", read.Setting);
    }

    [Fact]
    public async Task ADMIN_24_a_node_learns_a_new_version_with_its_next_renewal()
    {
        await using var host = await AdminHost.StartAsync();
        var nodes = host.Service<NodeStore>();
        var epoch = await nodes.RegisterAsync(new("n1", "akka.tcp://clustermail@127.0.0.1:1", "http://127.0.0.1:2", "127.0.0.1:3", "0.1.0", []), TimeSpan.FromSeconds(6), default);
        var before = (await nodes.RenewAsync(epoch, TimeSpan.FromSeconds(6), null, default)).SettingsVersion;
        var saved = await SetAsync(host, "receive.max_bytes", "1000");
        Assert.True(saved.Version > before);
        Assert.Equal(saved.Version, (await nodes.RenewAsync(epoch, TimeSpan.FromSeconds(6), null, default)).SettingsVersion);
    }

    [Fact]
    public async Task ADMIN_25_one_fault_refuses_the_whole_save_and_all_faults_are_named()
    {
        await using var host = await AdminHost.StartAsync();
        var change = new SettingsChange(null, [new("receive.max_bytes", "1000"), new("delivery.retry_seconds", "5"), new("delivery.retry_secs", "1")]);
        var problem = await host.RefusedAsync(HttpMethod.Post, Routes.Settings, change, Json.SettingsChange);
        Assert.Equal(["delivery.retry_seconds", "delivery.retry_secs"], problem.Faults!.Select(f => f.Name).Order());
        Assert.Equal(["CONF-60", "CONF-61"], problem.Faults!.Select(f => f.Rule).Order());
        Assert.Equal(0, (await host.GetAsync(Routes.Settings, Json.SettingsList)).Version);
    }

    [Fact]
    public async Task ADMIN_25_a_version_can_be_compared_and_restored()
    {
        await using var host = await AdminHost.StartAsync();
        await SetAsync(host, "delivery.retry_seconds", "100", user: "hanako");
        await SetAsync(host, "delivery.retry_seconds", "200");
        await SetAsync(host, "receive.max_bytes", "1000");

        var diff = await host.GetAsync($"{Routes.SettingsDiff}?from=1&to=3", Json.SettingsDiff);
        Assert.Equal([new("delivery.retry_seconds", null, "100", "200"), new SettingDifference("receive.max_bytes", null, null, "1000")], diff.Changes);

        var restored = await host.SendAsync(HttpMethod.Post, Routes.SettingsRollback, new RollbackRequest(1), Json.RollbackRequest, Json.SettingsSaved);
        Assert.Equal(4, restored.Version);
        var changed = await host.GetAsync(Routes.Settings + "?changed=true", Json.SettingsList);
        Assert.Equal(("delivery.retry_seconds", "100"), (Assert.Single(changed.Settings).Name, changed.Settings[0].Value));

        var history = await host.GetAsync(Routes.SettingsHistory, Json.SettingsHistory);
        Assert.Equal([4, 3, 2, 1], history.Versions.Select(v => v.Version));
        Assert.Equal("hanako", history.Versions[^1].SavedBy);
        Assert.Equal("rollback to version 1", history.Versions[0].Comment);
        Assert.Equal(2, history.Versions[0].Changes);
    }

    [Fact]
    public async Task ADMIN_25_the_last_100_versions_are_kept()
    {
        await using var host = await AdminHost.StartAsync();
        var store = host.Service<SettingsStore>();
        for (var version = 0; version < 103; version++)
            await store.SaveAsync(version, new Dictionary<string, string> { ["receive.max_bytes"] = $"{version + 1}" }, SettingsSnapshot.Nothing.Overrides, "u", "", default);
        var history = await store.HistoryAsync(default);
        Assert.Equal(100, history.Count);
        Assert.Equal((103, 4), (history[0].Version, history[^1].Version));
        Assert.Null(await store.LoadAsync(3, default));
    }

    [Fact]
    public async Task ADMIN_25_a_save_on_a_base_that_never_was_changes_and_removes_nothing()
    {
        await using var host = await AdminHost.StartAsync();
        await SetAsync(host, "receive.max_bytes", "1000");
        var store = host.Service<SettingsStore>();
        Assert.IsType<SaveResult.Conflict>(await store.SaveAsync(5000, SettingsSnapshot.Nothing.Values, SettingsSnapshot.Nothing.Overrides, "u", "", default));
        Assert.Equal(1, (await store.LoadAsync(null, default))!.Version);
    }

    [Fact]
    public async Task ADMIN_43_each_setting_shows_where_its_value_comes_from_and_secrets_are_masked()
    {
        await using var host = await AdminHost.StartAsync();
        var perNode = Settings.Catalogue.All.First(d => d.PerNode && d.Type == Settings.SettingType.Integer);
        var secret = Settings.Catalogue.All.First(d => d.Secret);
        var store = host.Service<SettingsStore>();
        await store.SaveAsync(
            0, new Dictionary<string, string> { [perNode.Name] = "7", [secret.Name] = "hunter2 hunter2" },
            new Dictionary<string, IReadOnlyDictionary<string, string>> { ["n2"] = new Dictionary<string, string> { [perNode.Name] = "9" } }, "u", "", default);

        var n1 = await host.GetAsync(Routes.Settings + "?node=n1", Json.SettingsList);
        var n2 = await host.GetAsync(Routes.Settings + "?node=n2", Json.SettingsList);

        Assert.Equal(Settings.Catalogue.All.Count, n1.Settings.Count);
        Assert.Equal(("7", SettingSource.Cluster), Shown(n1, perNode.Name));
        Assert.Equal(("9", SettingSource.Node), Shown(n2, perNode.Name));
        Assert.Equal(("***", SettingSource.Cluster), Shown(n1, secret.Name));
        Assert.Equal(("120", SettingSource.Default), Shown(n1, "delivery.retry_seconds"));
        foreach (var path in (string[])[Routes.Settings, Routes.SettingsExport, $"{Routes.SettingsDiff}?from=0", Routes.SettingsHistory, Routes.Fill(Routes.Setting, secret.Name)])
            Assert.DoesNotContain("hunter2", await host.Client.GetStringAsync(path), StringComparison.Ordinal);
        var export = await host.GetAsync(Routes.SettingsExport, Json.SettingsArchive);
        Assert.Equal([secret.Name], export.Omitted);
    }

    private static (string, SettingSource) Shown(SettingsList list, string name) => list.Settings.Where(s => s.Name == name).Select(s => (s.Value, s.Source)).Single();

    [Fact]
    public async Task ADMIN_23_a_check_writes_nothing_only_the_save_does()
    {
        await using var host = await AdminHost.StartAsync();
        var change = new SettingsChange(null, [new("receive.max_bytes", "1000")]);
        var judged = await host.SendAsync(HttpMethod.Post, Routes.SettingsCheck, change, Json.SettingsChange, Json.SettingsSaved);
        Assert.Equal(("receive.max_bytes", "1000"), (Assert.Single(judged.Changes).Name, judged.Changes[0].After));
        Assert.Equal((0, 0), (judged.Version, (await host.GetAsync(Routes.Settings + "?changed=true", Json.SettingsList)).Settings.Count));
        await host.SendAsync(HttpMethod.Post, Routes.Settings, change, Json.SettingsChange, Json.SettingsSaved);
        Assert.Equal("1000", Assert.Single((await host.GetAsync(Routes.Settings + "?changed=true", Json.SettingsList)).Settings).Value);
    }

    [Fact]
    public async Task CONF_53_a_new_account_has_no_limit_and_must_authenticate()
    {
        await using var host = await AdminHost.StartAsync();
        await host.SendAsync(HttpMethod.Post, Routes.Domains, new DomainAdd("example.jp", "local"), Json.DomainAdd, Json.SettingsSaved);
        await host.SendAsync(HttpMethod.Post, Routes.Accounts, new AccountAdd { Address = "taro@example.jp" }, Json.AccountAdd, Json.AccountDone);
        var account = await host.GetAsync(Routes.Fill(Routes.Account, "taro@example.jp"), Json.AccountEntry);
        Assert.Equal((0, true, false, false), (account.BoxLimit, account.SmtpAuth, account.Apop, account.Suspended));
    }

    [Fact]
    public async Task DOM_1_domains_are_added_listed_and_removed_by_name()
    {
        await using var host = await AdminHost.StartAsync();
        await host.SendAsync(HttpMethod.Post, Routes.Domains, new DomainAdd("example.jp"), Json.DomainAdd, Json.SettingsSaved);
        await host.SendAsync(HttpMethod.Post, Routes.Domains, new DomainAdd("example.org", "relay"), Json.DomainAdd, Json.SettingsSaved);
        var twice = await host.RefusedAsync(HttpMethod.Post, Routes.Domains, new DomainAdd("EXAMPLE.jp"), Json.DomainAdd);
        Assert.Equal(409, twice.Status);
        using var removed = await host.Client.DeleteAsync(Routes.Fill(Routes.Domain, "Example.JP"));
        Assert.True(removed.IsSuccessStatusCode);
        Assert.Equal([new DomainEntry("example.org", "relay")], (await host.GetAsync(Routes.Domains, Json.DomainList)).Domains);
        Assert.Equal("example.org relay\n", (await host.GetAsync(Routes.Fill(Routes.Table, TableNames.Domain), Json.TableText)).Text);
    }
}

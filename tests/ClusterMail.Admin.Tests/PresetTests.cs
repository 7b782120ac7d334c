using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin.Tests;

public sealed class PresetTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    private static Task<PresetApplied> ApplyAsync(AdminHost host, string preset, PresetOrder order) =>
        host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.Preset, preset), order, Json.PresetOrder, Json.PresetApplied);

    private static Task<Problem> RefusedAsync(AdminHost host, string preset, PresetOrder order) =>
        host.RefusedAsync(HttpMethod.Post, Routes.Fill(Routes.Preset, preset), order, Json.PresetOrder);

    private static async Task<Dictionary<string, string>> ChangedAsync(AdminHost host) =>
        (await host.GetAsync(Routes.Settings + "?changed=true", Json.SettingsList)).Settings.ToDictionary(setting => setting.Name, setting => setting.Value);

    [Fact]
    public async Task APPROVE_411_front_is_one_version_with_these_settings_and_no_others()
    {
        await using var host = await AdminHost.StartAsync();
        var before = (await host.SaveSettingsAsync(("log.senderlog", "long"))).Version;
        var dry = await ApplyAsync(host, "front", new PresetOrder { Domain = "corp.example", Next = "192.0.2.5:25", DryRun = true });
        Assert.Equal(before, dry.Saved.Version);
        Assert.Equal(["log.senderlog"], (await ChangedAsync(host)).Keys);
        var done = await ApplyAsync(host, "front", new PresetOrder { Domain = "corp.example", Next = "192.0.2.5:25" });
        Assert.Equal(before + 1, done.Saved.Version);
        Assert.Equal(
            new SortedDictionary<string, string>
            {
                ["log.senderlog"] = "long",
                ["approval.enabled"] = "true",
                ["auth.security_level"] = "all",
                ["domain.table"] = "corp.example routed\n",
                ["route.forward_all"] = "true",
                ["route.gateway"] = "192.0.2.5",
            }, new SortedDictionary<string, string>(await ChangedAsync(host)));
        Assert.Equal(dry.Saved.Changes.Select(change => (change.Name, change.After)), done.Saved.Changes.Select(change => (change.Name, change.After)));
    }

    [Fact]
    public async Task APPROVE_412_without_AUTH_networks_must_be_listed_and_the_relay_list_refuses_all_others()
    {
        await using var host = await AdminHost.StartAsync();
        Assert.Equal("APPROVE-412", (await RefusedAsync(host, "front", new PresetOrder { Domain = "corp.example", Next = "192.0.2.5", Auth = "off" })).Rule);
        await ApplyAsync(host, "front", new PresetOrder { Domain = "corp.example", Next = "192.0.2.5", Auth = "off", Networks = "198.51.100.0/24, 203.0.113.7" });
        var values = await ChangedAsync(host);
        Assert.Equal("#<> default\n#blank false\n198.51.100.0/24 true\n203.0.113.7 true\n*.*.*.* false\n", values["relay.rules"]);
        Assert.Equal("NO", values["auth.methods"]);
    }

    [Fact]
    public async Task APPROVE_412_a_page_without_login_and_unsigned_decisions_are_in_the_way_where_AUTH_is_off()
    {
        await using var host = await AdminHost.StartAsync();
        await host.SendAsync(
            HttpMethod.Post, Routes.Settings, new SettingsChange([new("approval.web.auth", "link"), new("approval.accept_legacy_tokens", "true")]) { Confirm = true }, Json.SettingsChange, Json.SettingsSaved);
        var order = new PresetOrder { Domain = "corp.example", Next = "192.0.2.5", Auth = "off", Networks = "198.51.100.0/24" };
        Assert.Equal(["approval.web.auth", "approval.accept_legacy_tokens"], (await ApplyAsync(host, "front", order with { DryRun = true })).Conflicts.Select(conflict => conflict.Setting));
        await ApplyAsync(host, "front", order with { Replace = true });
        var values = await ChangedAsync(host);
        Assert.Equal(("login", "false"), (values["approval.web.auth"], values["approval.accept_legacy_tokens"]));
    }

    [Fact]
    public async Task APPROVE_423_hosted_routes_everything_with_the_login_of_each_user_and_demands_AUTH()
    {
        await using var host = await AdminHost.StartAsync();
        await ApplyAsync(host, "hosted", new PresetOrder { Domain = "corp.example", Next = "smtp.provider.example:465*" });
        var values = await ChangedAsync(host);
        Assert.Equal(("*,smtp.provider.example,465*,per-user\n", "true", "all", "corp.example routed\n"), (values["route.table"], values["route.forward_all"], values["auth.security_level"], values["domain.table"]));
        Assert.False(values.ContainsKey("route.gateway"));
        Assert.Equal("*,smtp.provider.example,587,per-user", (await host.SendAsync(
            HttpMethod.Post, Routes.Fill(Routes.PresetPlan, "hosted"), new PresetOrder { Domain = "a.example", Next = "smtp.provider.example" }, Json.PresetOrder, Json.PresetPlan)).Values.Single(value => value.Name == "route.table").Value);
        Assert.Contains("APPROVE-422", (await RefusedAsync(host, "hosted", new PresetOrder { Domain = "corp.example", Next = "smtp.provider.example", Auth = "off" })).Title, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_435_local_keeps_the_domain_here_and_may_have_a_smart_host()
    {
        await using var host = await AdminHost.StartAsync();
        await host.SaveSettingsAsync(("domain.table", "' ours\ncorp.example local max_accounts=50\n"));
        await ApplyAsync(host, "local", new PresetOrder { Domain = "corp.example" });
        Assert.Equal(["approval.enabled", "domain.table"], (await ChangedAsync(host)).Keys.Order());
        Assert.Equal("' ours\ncorp.example local max_accounts=50\n", (await ChangedAsync(host))["domain.table"]);
        await ApplyAsync(host, "local", new PresetOrder { Domain = "corp.example", Next = "gw.example.net:2525" });
        Assert.Equal(("gw.example.net", "2525"), ((await ChangedAsync(host))["route.gateway"], (await ChangedAsync(host))["delivery.port"]));
    }

    [Fact]
    public async Task APPROVE_447_exchange_sets_label_internal_servers_and_the_inside_route()
    {
        await using var host = await AdminHost.StartAsync();
        await host.SaveSettingsAsync(("route.table", "other.example,192.0.2.9\n"));
        var done = await ApplyAsync(host, "exchange", new PresetOrder { Domain = "test.jp", Next = "192.0.2.20:25", Servers = "192.0.2.20,192.0.2.21" });
        var values = await ChangedAsync(host);
        Assert.Equal(("sub", "192.0.2.20 192.0.2.21", "test.jp,192.0.2.20,25\nother.example,192.0.2.9\n", "test.jp routed\n"),
            (values["approval.sub_domain_label"], values["approval.internal_servers"], values["route.table"], values["domain.table"]));
        // What is left to do elsewhere comes with the values of this farm, in both languages.
        Assert.Contains(done.ByHand, step => step.English.Contains("New-SendConnector", StringComparison.Ordinal));
        Assert.Contains(done.ByHand, step => step.English.StartsWith("sub.test.jp must resolve", StringComparison.Ordinal) && step.Japanese.Contains("sub.test.jp がこのファーム", StringComparison.Ordinal));
        Assert.Equal("APPROVE-441", (await RefusedAsync(host, "exchange", new PresetOrder { Domain = "test.jp", Next = "192.0.2.20", Label = "sub.test" })).Rule);
    }

    [Fact]
    public async Task APPROVE_404_a_routing_table_and_a_smart_host_together_are_named_and_not_overwritten()
    {
        await using var host = await AdminHost.StartAsync();
        await host.SaveSettingsAsync(("route.table", "' only a comment\npartner.example,192.0.2.9\n"));
        var refused = await RefusedAsync(host, "front", new PresetOrder { Domain = "corp.example", Next = "192.0.2.5" });
        Assert.Equal((409, "APPROVE-404"), (refused.Status, refused.Rule));
        Assert.Contains("route.table", refused.Detail, StringComparison.Ordinal);
        Assert.Equal(["route.table"], (await ChangedAsync(host)).Keys);
        await ApplyAsync(host, "front", new PresetOrder { Domain = "corp.example", Next = "192.0.2.5", Replace = true });
        Assert.Equal("", (await ChangedAsync(host))["route.table"]);
        // The other way round.
        Assert.Equal("APPROVE-404", (await RefusedAsync(host, "exchange", new PresetOrder { Domain = "corp.example", Next = "192.0.2.5" })).Rule);
    }

    [Fact]
    public async Task APPROVE_400_a_domain_does_not_lose_its_mailboxes_unasked()
    {
        await using var host = await AdminHost.StartAsync();
        await host.SaveSettingsAsync(("domain.table", "corp.example local zone=Asia/Tokyo\n"));
        var refused = await RefusedAsync(host, "front", new PresetOrder { Domain = "corp.example", Next = "192.0.2.5" });
        Assert.Equal("APPROVE-400", refused.Rule);
        await ApplyAsync(host, "front", new PresetOrder { Domain = "corp.example", Next = "192.0.2.5", Replace = true });
        Assert.Equal("corp.example routed zone=Asia/Tokyo\n", (await ChangedAsync(host))["domain.table"]);
    }

    [Fact]
    public async Task APPROVE_411_what_cannot_be_read_is_refused_with_a_hint()
    {
        await using var host = await AdminHost.StartAsync();
        foreach (var (preset, domain, next) in new (string, string?, string?)[]
        {
            ("front", null, "192.0.2.5"), ("front", "corp", "192.0.2.5"), ("front", "corp.example", null), ("front", "corp.example", "192.0.2.5:0"), ("front", "corp.example", "192.0.2.5:465*"),
            ("front", "corp.example", "two words:25"), ("exchange", "corp.example", "exchange.corp.example:25"),
        })
        {
            var refused = await RefusedAsync(host, preset, new PresetOrder { Domain = domain, Next = next });
            Assert.Equal(400, refused.Status);
            Assert.NotNull(refused.Hint);
        }
        Assert.Empty(await ChangedAsync(host));
    }

    [Fact]
    public async Task APPROVE_403_a_next_hop_that_is_this_farm_is_refused_when_it_is_saved()
    {
        await using var host = await AdminHost.StartAsync();
        await new Scene(host).NodeAsync("n1");
        // The node listens on 127.0.0.1:25.
        Assert.Equal("APPROVE-403", (await RefusedAsync(host, "front", new PresetOrder { Domain = "corp.example", Next = "127.0.0.1:25" })).Rule);
        Assert.Equal("APPROVE-403", (await RefusedAsync(host, "exchange", new PresetOrder { Domain = "corp.example", Next = "127.0.0.1:25" })).Rule);
        var refused = await host.RefusedAsync(
            HttpMethod.Post, Routes.Settings, new SettingsChange([new("domain.table", "corp.example relay\n"), new("dns.static_hosts", "127.0.0.1 mail.corp.example\n"), new("route.table", "corp.example,mail.corp.example\n")]), Json.SettingsChange);
        Assert.Equal(("APPROVE-403", "route.table"), (refused.Rule, refused.Name));
        Assert.Contains("mail.corp.example:25", refused.Title, StringComparison.Ordinal);
        Assert.Empty(await ChangedAsync(host));
        // Another port of the same machine is another server, and a domain that is kept here goes nowhere.
        await ApplyAsync(host, "front", new PresetOrder { Domain = "corp.example", Next = "127.0.0.1:2525" });
        await host.SaveSettingsAsync(("route.forward_all", "false"), ("domain.table", "corp.example local\n"), ("delivery.port", "25"));
    }
}

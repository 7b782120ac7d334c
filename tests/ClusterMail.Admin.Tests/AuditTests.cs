using System.Net;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

public sealed class AuditTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    [Fact]
    public async Task ADMIN_13_every_kind_of_change_stands_in_the_audit_with_old_and_new_value()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var node = new Scene(host);
        var epoch = await node.NodeAsync("node1");
        var mail = await node.MailAsync(epoch, "a@example.net", owned: false, "x@example.org");
        await host.Database.ExecuteAsync("INSERT INTO lockout (kind, address, until, count, node) VALUES (0, '192.0.2.66', now() + interval '1 hour', 9, 'node1')");
        var hanako = await scene.PersonAsync("hanako", "cluster-admin");
        async Task OkAsync<T>(HttpMethod method, string path, T body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
            Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, method, path, body, type));

        await OkAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("delivery.retry_seconds", "100")]), Json.SettingsChange);
        await OkAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("delivery.retry_seconds", "200")]), Json.SettingsChange);
        await OkAsync(HttpMethod.Post, Routes.Domains, new DomainAdd("a.example", "local"), Json.DomainAdd);
        await OkAsync(HttpMethod.Post, Routes.Accounts, new AccountAdd { Address = "taro@a.example" }, Json.AccountAdd);
        await OkAsync(HttpMethod.Post, Routes.Aliases, new AliasAdd("info@a.example -> taro@a.example"), Json.AliasAdd);
        await OkAsync(HttpMethod.Post, Routes.Aliases, new AliasAdd("info@a.example -> x@other.example", Replace: true), Json.AliasAdd);
        await OkAsync(HttpMethod.Post, Routes.QueueHold, new QueueSelection { Ids = [new Protocol.MessageId(mail).ToString()] }, Json.QueueSelection);
        await OkAsync(HttpMethod.Post, Routes.Switches, new SwitchRequest(Deliver: SwitchWord.Off), Json.SwitchRequest);
        await OkAsync(HttpMethod.Post, Routes.QueueNumber, new NumberRaise(5000), Json.NumberRaise);
        await OkAsync(HttpMethod.Post, Routes.RouteCacheDrop, new RouteCacheDropRequest("example.net", false), Json.RouteCacheDropRequest);
        await OkAsync(HttpMethod.Post, Routes.ConsoleAccounts, new ConsoleAdd("jiro", ["auditor"]), Json.ConsoleAdd);
        await OkAsync(HttpMethod.Patch, Routes.Fill(Routes.ConsoleAccount, "jiro"), new ConsoleChange(["operator"]), Json.ConsoleChange);
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, HttpMethod.Delete, Routes.Fill(Routes.Lockout, "192.0.2.66")));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, HttpMethod.Post, Routes.Fill(Routes.NodeDrain, "node1")));

        var entries = (await scene.AuditAsync("?by=hanako")).Reverse().ToList();
        Assert.All(entries, entry => Assert.Equal(("127.0.0.1", "done"), (entry.Source, entry.Outcome)));
        string Said(string act) => string.Join(" | ", entries.Where(entry => entry.Act == act).Select(entry =>
            $"{entry.Subject}{string.Concat(entry.Changes.Select(change => $" {change.Name}={change.Before}>{change.After}"))}"));
        Assert.Equal("delivery.retry_seconds value=>100 | delivery.retry_seconds value=100>200 | domain.table value=>a.example local\n", Said("settings.change"));
        Assert.StartsWith("taro@a.example apop=>", Said("account.add"), StringComparison.Ordinal);
        Assert.Equal("info@a.example mode=>by domain real=>taro@a.example", Said("alias.add"));
        Assert.Equal("info@a.example mode=by domain>by domain real=taro@a.example>x@other.example", Said("alias.change"));
        Assert.Contains("recipients=>1", Said("queue.hold"), StringComparison.Ordinal);
        Assert.Equal("cluster deliver=on>off", Said("cluster.switch"));
        Assert.EndsWith(">5000", Said("queue.number"), StringComparison.Ordinal);
        Assert.Equal("example.net", Said("route.cache-drop"));
        Assert.StartsWith("jiro", Said("console.add"), StringComparison.Ordinal);
        Assert.Equal("jiro roles=auditor>operator", Said("console.change"));
        Assert.Equal("192.0.2.66", Said("lockout.remove"));
        Assert.Equal("hanako", Said("console.login"));
        Assert.Equal(["drain node1"], host.Cluster.Told);
    }

    [Fact]
    public async Task ADMIN_13_a_secret_setting_stands_in_the_audit_as_changed()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var secret = Settings.Catalogue.All.First(definition => definition.Secret);
        const string value = "*,,user@example.jp,verysecret";
        await host.SendAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new(secret.Name, secret.Name == "route.credentials" ? value : "verysecret")]), Json.SettingsChange, Json.SettingsSaved);
        var entry = Assert.Single(await scene.AuditAsync("?what=settings"));
        Assert.Equal(new AuditChange("value", null, "changed"), Assert.Single(entry.Changes));
        Assert.DoesNotContain("verysecret", await host.Database.ScalarAsync<string>("SELECT string_agg(a::text, ' ') FROM console_audit AS a"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADMIN_13_what_is_refused_or_changes_nothing_leaves_no_row_of_a_change()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        await host.RefusedAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("delivery.retry_seconds", "soon")]), Json.SettingsChange);
        await host.RefusedAsync(HttpMethod.Post, Routes.QueueNumber, new NumberRaise(0), Json.NumberRaise);
        await ConsoleScene.SendAsync(host.Client, HttpMethod.Delete, Routes.Fill(Routes.Lockout, "192.0.2.66"));
        await ConsoleScene.SendAsync(host.Client, HttpMethod.Delete, Routes.Fill(Routes.ConsoleAccount, "nobody"));
        Assert.Empty(await scene.AuditAsync());
    }

    [Fact]
    public async Task ADMIN_13_two_saves_on_one_base_leave_the_row_of_the_one_that_was_saved()
    {
        await using var host = await AdminHost.StartAsync();
        var store = host.Service<SettingsStore>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => store.SaveAsync(
            0, new Dictionary<string, string> { ["net.host_name"] = $"h{n}.example" }, SettingsSnapshot.Nothing.Overrides, $"user{n}", "", default, [new AuditNote("settings.change", $"by user{n}")])));
        using var scene = new ConsoleScene(host);
        var saved = (await host.GetAsync(Routes.SettingsHistory, Json.SettingsHistory)).Versions.Single();
        Assert.Equal(saved.SavedBy, Assert.Single(await scene.AuditAsync()).Who);
    }

    [Fact]
    public async Task ADMIN_13_refusals_without_end_do_not_fill_the_audit()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var person = await scene.PersonAsync("hanako", "operator");
        for (var n = 0; n < 80; n++)
            Assert.Equal(HttpStatusCode.Forbidden, await ConsoleScene.SendAsync(person, HttpMethod.Get, Routes.Settings));
        // Two minutes may meet in the loop.
        Assert.InRange((await scene.AuditAsync("?outcome=refused&limit=1000")).Count, Access.RefusalLimit.MostPerMinute, 79);
    }

    [Fact]
    public async Task ADMIN_13_the_export_is_CSV_that_no_spreadsheet_computes()
    {
        await using var host = await AdminHost.StartAsync();
        var audit = host.Service<ConsoleAudit>();
        await audit.NoteAsync(new Author("hanako") { Source = "192.0.2.1" }, AuditOutcome.Done, new AuditNote("test.note", "=1+1", new Dictionary<string, string> { ["a"] = "say \"x\"" }), default);
        using var response = await host.Client.GetAsync(Routes.AuditExport + "?what=test");
        Assert.Equal("text/csv", response.Content.Headers.ContentType!.MediaType);
        var lines = (await response.Content.ReadAsStringAsync()).Split("\r\n");
        Assert.Equal("id,at,who,means,source,outcome,act,subject,changes", lines[0]);
        Assert.EndsWith(",hanako,,192.0.2.1,done,test.note,'=1+1,\"a: say \"\"x\"\" -> -\"", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADMIN_13_questions_the_audit_does_not_understand_are_refused_with_what_it_does()
    {
        await using var host = await AdminHost.StartAsync();
        Assert.Contains("done, refused, failed", (await host.RefusedAsync(Routes.Audit + "?outcome=perhaps")).Hint!, StringComparison.Ordinal);
        Assert.Equal(400, (await host.RefusedAsync(Routes.Audit + "?what=%25")).Status);
        Assert.Equal(400, (await host.RefusedAsync(Routes.Audit + "?limit=1001")).Status);
    }
}

using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

public sealed class LockoutTests
{
    private static readonly AdminJson Json = AdminJson.Default;
    private static readonly string Relay = Routes.Fill(Routes.Table, TableNames.Relay);

    [Fact]
    public async Task LOCK_2_who_is_locked_out_is_listed_with_reason_and_end_and_can_be_set_free()
    {
        await using var host = await AdminHost.StartAsync();
        var store = host.Service<LockoutStore>();
        await store.ExchangeAsync("n1", [new(LockoutKind.Authentication, "203.0.113.9", 11, false), new(LockoutKind.Connections, "2001:db8::/64", 1, true)], [60, 9], [60, 600], [600, 600], default);
        await store.DenyAsync("203.0.113.77", "mail.dat level 11", null, default);
        var list = await host.GetAsync(Routes.Lockouts, Json.LockoutList);
        Assert.Equal(
            [("2001:db8::/64", "connections", "n1", null), ("203.0.113.77", "filter", null, "mail.dat level 11"), ("203.0.113.9", "auth", "n1", null)],
            list.Entries.OrderBy(e => e.Address, StringComparer.Ordinal).Select(e => (e.Address, e.Reason, e.Node, e.Filter)));
        Assert.Null(list.Entries.Single(e => e.Reason == "filter").Until);
        foreach (var address in (string[])["203.0.113.9", "2001:db8::1", "203.0.113.77"])
            Assert.Equal(200, await DeleteAsync(host, address));
        Assert.Empty((await host.GetAsync(Routes.Lockouts, Json.LockoutList)).Entries);
        Assert.Equal(404, await DeleteAsync(host, "203.0.113.9"));
        Assert.Equal(400, await DeleteAsync(host, "example.net"));
    }

    private static async Task<int> DeleteAsync(AdminHost host, string address)
    {
        using var response = await host.Client.DeleteAsync(Routes.Fill(Routes.Lockout, address));
        return (int)response.StatusCode;
    }

    [Fact]
    public async Task RELAY_62_true_for_a_wide_range_is_saved_only_when_confirmed()
    {
        await using var host = await AdminHost.StartAsync();
        var wide = new TableChange("#<> default\n#blank false\n192.168.0.0/16 true\n");
        var refused = await host.RefusedAsync(HttpMethod.Put, Relay, wide, Json.TableChange);
        Assert.Equal((409, "relay.rules", 3, "RELAY-62"), (refused.Status, refused.Name, refused.Line, refused.Rule));
        Assert.Contains("--yes", refused.Hint, StringComparison.Ordinal);
        var asked = await host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.TableCheck, TableNames.Relay), wide, Json.TableChange, Json.SettingsSaved);
        Assert.Contains(asked.Notes, note => note.Contains("line 3", StringComparison.Ordinal) && note.Contains("RELAY-62", StringComparison.Ordinal));
        var saved = await host.SendAsync(HttpMethod.Put, Relay, wide with { Confirm = true }, Json.TableChange, Json.SettingsSaved);
        Assert.Equal(asked.Version + 1, saved.Version);
        var everybody = await host.RefusedAsync(HttpMethod.Put, Relay, new TableChange("#<> default\n0.0.0.0/0 true\n", Confirm: true), Json.TableChange);
        Assert.Equal((400, 2, "RELAY-62"), (everybody.Status, everybody.Line, everybody.Rule));
    }

    [Fact]
    public async Task RELAY_63_a_list_without_the_shipped_lines_is_saved_with_a_warning()
    {
        await using var host = await AdminHost.StartAsync();
        var saved = await host.SendAsync(HttpMethod.Put, Relay, new TableChange("192.0.2.1 default\n"), Json.TableChange, Json.SettingsSaved);
        Assert.Contains(saved.Notes, note => note.Contains("RELAY-63", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DEST_5_the_servers_destination_table_is_saved_with_its_warning_and_refused_by_line()
    {
        await using var host = await AdminHost.StartAsync();
        var table = Routes.Fill(Routes.Table, TableNames.Destination);
        var saved = await host.SendAsync(HttpMethod.Put, table, new TableChange("*@b.example,-1\n"), Json.TableChange, Json.SettingsSaved);
        Assert.Contains(saved.Notes, note => note.Contains("DEST-5", StringComparison.Ordinal));
        var refused = await host.RefusedAsync(HttpMethod.Put, table, new TableChange("*,0\n*@b.example,7\n"), Json.TableChange);
        Assert.Equal((400, 2), (refused.Status, refused.Line));
    }
}

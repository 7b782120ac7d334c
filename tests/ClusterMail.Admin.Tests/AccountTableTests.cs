using ClusterMail.Admin.Contract;
using ClusterMail.Policy.Personal;

namespace ClusterMail.Admin.Tests;

/// <summary>The tables of one account: hours, destinations, relay list (05 F, 05 G, 02 D).</summary>
public sealed class AccountTableTests
{
    private const string Taro = "taro@example.jp";
    private const string WorkingDays = "' office hours\nmon 1 09:00 18:00\nsat 0\n";
    private static readonly AdminJson Json = AdminJson.Default;

    private static async Task<AdminHost> StartAsync()
    {
        var host = await AdminHost.StartAsync();
        await host.SendAsync(HttpMethod.Post, Routes.Domains, new DomainAdd("example.jp", "local"), Json.DomainAdd, Json.SettingsSaved);
        await host.SendAsync(HttpMethod.Post, Routes.Accounts, new AccountAdd { Address = Taro }, Json.AccountAdd, Json.AccountDone);
        return host;
    }

    private static string PathOf(string table, string address = Taro) => Routes.Fill(Routes.AccountTable, address, table);

    private static Task<AccountTable> GetAsync(AdminHost host, string table) => host.GetAsync(PathOf(table), Json.AccountTable);

    private static Task<AccountTableSaved> PutAsync(AdminHost host, string table, string text, long? basis = null) =>
        host.SendAsync(HttpMethod.Put, PathOf(table), new AccountTableChange(text, basis), Json.AccountTableChange, Json.AccountTableSaved, "hanako");

    private static Task<Problem> RefusedAsync(AdminHost host, string table, string text, long? basis = null, string address = Taro) =>
        host.RefusedAsync(HttpMethod.Put, PathOf(table, address), new AccountTableChange(text, basis), Json.AccountTableChange);

    [Theory]
    [InlineData(AccountTableNames.Hours, "usetime.dat", WorkingDays)]
    [InlineData(AccountTableNames.Destination, "sender.dat", "' 社内のみ\n*@example.jp\n*@b.example,-1\n*,0\n")]
    [InlineData(AccountTableNames.Relay, "effect.dat", "*@partner.example default\n* false\n")]
    public async Task PERS_2_a_table_is_kept_as_it_was_written_with_who_wrote_it_and_taken_away_again(string table, string file, string text)
    {
        await using var host = await StartAsync();
        var empty = await GetAsync(host, table);
        Assert.Equal(("", file, Taro), (empty.Text, empty.File, empty.Address));

        var saved = await PutAsync(host, table, text.Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Equal(("", text), (saved.Before, saved.After));
        Assert.Empty(saved.Notes);
        var shown = await GetAsync(host, table);
        Assert.Equal((text, saved.Version, "hanako"), (shown.Text, shown.Version, shown.ChangedBy));
        Assert.Equal([table], (await host.GetAsync(Routes.Fill(Routes.Account, Taro), Json.AccountEntry)).Tables);

        using var removal = await host.Client.DeleteAsync(PathOf(table));
        Assert.True(removal.IsSuccessStatusCode);
        Assert.Equal("", (await GetAsync(host, table)).Text);
        Assert.Empty((await host.GetAsync(Routes.Fill(Routes.Account, Taro), Json.AccountEntry)).Tables);
    }

    [Theory]
    [InlineData(AccountTableNames.Hours, "mon 1 09:00 18:00\n  tue 1 9:15 18:00", 2, 9, "UTIME-1")]
    [InlineData(AccountTableNames.Hours, "someday 0", 1, 1, "UTIME-3")]
    [InlineData(AccountTableNames.Hours, "sat perhaps", 1, 5, "UTIME-3")]
    [InlineData(AccountTableNames.Relay, "192.168.0.*\tfalse", 1, 12, "RELAY-1")]
    [InlineData(AccountTableNames.Relay, "' allow\n*@x.example perhaps", 2, 13, "RELAY-20")]
    public async Task UTIME_1_RELAY_1_a_fault_is_told_with_line_column_and_rule_and_nothing_is_saved(string table, string text, int line, int column, string rule)
    {
        await using var host = await StartAsync();
        var before = await GetAsync(host, table);
        var refused = await RefusedAsync(host, table, text);
        Assert.Equal((400, line, column, rule), (refused.Status, refused.Line, refused.Column, refused.Rule));
        Assert.Equal(before, await GetAsync(host, table));
    }

    [Fact]
    public async Task APPROVE_25_a_destination_line_that_cannot_be_read_is_told_with_its_line()
    {
        await using var host = await StartAsync();
        var refused = await RefusedAsync(host, AccountTableNames.Destination, "*@a.example,0\n*@b.example,7");
        Assert.Equal((2, "APPROVE-25"), (refused.Line, refused.Rule));
        Assert.Equal("", (await GetAsync(host, AccountTableNames.Destination)).Text);
    }

    [Fact]
    public async Task DEST_5_a_forbidding_line_without_one_for_the_rest_is_saved_with_a_warning()
    {
        await using var host = await StartAsync();
        var saved = await PutAsync(host, AccountTableNames.Destination, "*@b.example,-1");
        Assert.Contains("DEST-5", Assert.Single(saved.Notes), StringComparison.Ordinal);
        Assert.Empty((await PutAsync(host, AccountTableNames.Destination, "*@b.example,-1\n*,0")).Notes);
    }

    [Fact]
    public async Task RELAY_43_norelay_and_only_are_saved_with_a_warning_each()
    {
        await using var host = await StartAsync();
        var saved = await PutAsync(host, AccountTableNames.Relay, "10.0.0.1 norelay\n*.*.*.* only");
        Assert.Equal(2, saved.Notes.Count);
        Assert.All(saved.Notes, note => Assert.Contains("RELAY-43", note, StringComparison.Ordinal));
    }

    [Fact]
    public async Task PERS_2_a_check_judges_like_a_save_and_writes_nothing()
    {
        await using var host = await StartAsync();
        var path = Routes.Fill(Routes.AccountTableCheck, Taro, AccountTableNames.Hours);
        var would = await host.SendAsync(HttpMethod.Post, path, new AccountTableChange(WorkingDays), Json.AccountTableChange, Json.AccountTableSaved);
        Assert.Equal(("", WorkingDays), (would.Before, would.After));
        Assert.Equal("", (await GetAsync(host, AccountTableNames.Hours)).Text);
        Assert.Equal("UTIME-3", (await host.RefusedAsync(HttpMethod.Post, path, new AccountTableChange("xyz"), Json.AccountTableChange)).Rule);
    }

    [Fact]
    public async Task ADMIN_25_a_save_on_a_version_that_is_no_longer_the_newest_overwrites_nothing()
    {
        await using var host = await StartAsync();
        var seen = (await GetAsync(host, AccountTableNames.Hours)).Version;
        var saved = await PutAsync(host, AccountTableNames.Hours, WorkingDays, seen);
        var refused = await RefusedAsync(host, AccountTableNames.Hours, "sun 0", seen);
        Assert.Equal((409, "ADMIN-25"), (refused.Status, refused.Rule));
        Assert.Contains("hanako", refused.Title, StringComparison.Ordinal);
        Assert.Equal(WorkingDays, (await GetAsync(host, AccountTableNames.Hours)).Text);
        // The same text again is no change, so it makes no version.
        Assert.Equal(saved.Version, (await PutAsync(host, AccountTableNames.Hours, WorkingDays, saved.Version)).Version);
    }

    [Fact]
    public async Task PERS_2_a_table_has_an_end()
    {
        await using var host = await StartAsync();
        var line = "*@partner.example default\n";
        var longest = string.Concat(Enumerable.Repeat(line, PersonalRules.LongestText / line.Length));
        Assert.Equal(longest, (await PutAsync(host, AccountTableNames.Relay, longest)).After);
        var refused = await RefusedAsync(host, AccountTableNames.Relay, longest + line);
        Assert.Equal((400, "RELAY-40"), (refused.Status, refused.Rule));
        Assert.Equal("RELAY-40", (await RefusedAsync(host, AccountTableNames.Relay, "* false\0")).Rule);
    }

    [Theory]
    [InlineData("nobody@example.jp", AccountTableNames.Hours, null)]
    [InlineData("taro@example.org", AccountTableNames.Hours, "DOM-1")]
    [InlineData("taro", AccountTableNames.Hours, "ACCT-1")]
    [InlineData(Taro, "mail", null)]
    public async Task PERS_2_what_is_not_there_is_answered_so(string address, string table, string? rule)
    {
        await using var host = await StartAsync();
        var shown = await host.RefusedAsync(PathOf(table, address));
        Assert.Equal((rule == "ACCT-1" ? 400 : 404, rule), (shown.Status, shown.Rule));
        Assert.NotNull(shown.Hint);
        Assert.Equal(shown, (await RefusedAsync(host, table, "", address: address)) with { Hint = shown.Hint });
    }
}

using ClusterMail.Testing;
using Npgsql;

namespace ClusterMail.Store.Tests;

public sealed class ConsoleAuditTests
{
    private static readonly Author Hanako = new("hanako") { Means = "session", Source = "192.0.2.7" };

    private static Task<IReadOnlyList<ConsoleAuditRow>> RowsAsync(TestDatabase database, string? what = null) =>
        new ConsoleAudit(database.Source).ListAsync(new AuditFilter(null, null, null, what, null, null, 1000), default);

    [Theory]
    [InlineData("UPDATE console_audit SET who = 'nobody'")]
    [InlineData("DELETE FROM console_audit")]
    [InlineData("TRUNCATE console_audit")]
    public async Task ADMIN_13_the_audit_only_grows(string harm)
    {
        await using var database = await TestDatabase.CreateAsync();
        await new ConsoleAudit(database.Source).NoteAsync(Hanako, AuditOutcome.Done, new AuditNote("test.note", "x"), default);
        Assert.Contains("ADMIN-13", (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(harm))).MessageText, StringComparison.Ordinal);
        Assert.Equal("hanako", (await RowsAsync(database)).Single().Who);
    }

    [Fact]
    public async Task ADMIN_13_a_change_of_an_account_leaves_who_from_where_old_and_new_value_and_of_its_password_that_it_changed()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        await store.CreateAsync("a.example", [new("taro") { FullName = "Taro", Credentials = new("$hash-one", "$scram", [7, 7, 7]) }], 0, false, Hanako, default);
        await store.ChangeAsync("a.example", "TARO", new AccountEdit { FullName = "Jiro", BoxLimit = 5, Credentials = new("$hash-two", null, null) }, Hanako, default);
        await store.RemoveAsync("a.example", "taro", Hanako, default);
        await store.RestoreAsync("a.example", "taro", 0, Hanako, default);
        var rows = (await RowsAsync(database, "account")).Reverse().ToArray();
        Assert.Equal(["account.add", "account.change", "account.remove", "account.restore"], rows.Select(row => row.Act));
        Assert.All(rows, row => Assert.Equal(("hanako", "session", "192.0.2.7", AuditOutcome.Done, "taro@a.example"), (row.Who, row.Means, row.Source, row.Outcome, row.Subject)));
        Assert.Equal([new("box_limit", "0", "5"), new("full_name", "Taro", "Jiro"), new("password", null, "changed")], rows[1].Changes);
        var whole = await database.ScalarAsync<string>("SELECT string_agg(a::text, ' ') FROM console_audit AS a");
        Assert.DoesNotContain("$hash", whole, StringComparison.Ordinal);
        Assert.DoesNotContain("$scram", whole, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADMIN_13_accounts_of_an_import_leave_a_row_each_also_where_one_is_overwritten()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        await store.CreateAsync("a.example", [new("taro") { FullName = "Taro" }], 0, false, Hanako, default);
        await store.CreateAsync("a.example", [new("taro") { FullName = "Jiro" }, new("jun"), new("ken")], 0, update: true, Hanako, default);
        var rows = await RowsAsync(database, "account");
        Assert.Equal(["jun@a.example", "ken@a.example", "taro@a.example"], rows.Where(row => row.Act == "account.add").Select(row => row.Subject).Order());
        Assert.Equal([new AuditValue("full_name", "Taro", "Jiro")], rows.Single(row => row.Act == "account.change").Changes);
    }

    [Fact]
    public async Task ADMIN_13_a_change_without_its_row_in_the_audit_is_no_change()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        var aliases = new AliasStore(database.Source);
        var settings = new SettingsStore(database.Source);
        await store.CreateAsync("a.example", [new("taro") { FullName = "Taro" }], 0, false, Hanako, default);
        await database.ExecuteAsync("ALTER TABLE console_audit ADD CONSTRAINT full_disk CHECK (false) NOT VALID");
        await Assert.ThrowsAsync<PostgresException>(() => store.ChangeAsync("a.example", "taro", new AccountEdit { FullName = "Jiro" }, Hanako, default));
        await Assert.ThrowsAsync<PostgresException>(() => store.RemoveAsync("a.example", "taro", Hanako, default));
        await Assert.ThrowsAsync<PostgresException>(() => store.CreateAsync("a.example", [new("jun")], 0, false, Hanako, default));
        await Assert.ThrowsAsync<PostgresException>(() =>
            aliases.ChangeAsync(_ => Task.FromResult<IReadOnlyList<AliasRow>?>([new AliasRow("a.example", "x", "taro@a.example", 0)]), Hanako, default));
        await Assert.ThrowsAsync<PostgresException>(() => settings.SaveAsync(
            0, new Dictionary<string, string> { ["x"] = "1" }, SettingsSnapshot.Nothing.Overrides, Hanako, "", default, [new AuditNote("settings.change", "x")]));
        await Assert.ThrowsAsync<PostgresException>(() => new SwitchStore(database.Source).SetAsync("", SwitchKind.Deliver, SwitchState.Off, Hanako, default));
        Assert.Equal("Taro", (await store.FindAsync("a.example", "taro", default))!.FullName);
        Assert.Equal(1, await store.CountAsync("a.example", default));
        Assert.Empty((await aliases.LoadAsync(default)).Rows);
        Assert.Null(await settings.LoadAsync(null, default));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM node_switch"));
    }

    [Fact]
    public async Task ADMIN_13_the_audit_is_found_by_time_by_whom_and_by_what_and_read_in_pages()
    {
        await using var database = await TestDatabase.CreateAsync();
        var audit = new ConsoleAudit(database.Source);
        for (var n = 0; n < 5; n++)
            await audit.NoteAsync(n % 2 == 0 ? Hanako : "Taro", n == 4 ? AuditOutcome.Refused : AuditOutcome.Done, new AuditNote(n < 2 ? "account.add" : "accounting.x", $"s{n}"), default);
        async Task<string> Subjects(AuditFilter filter) => string.Join(' ', (await audit.ListAsync(filter, default)).Select(row => row.Subject));
        var all = new AuditFilter(null, null, null, null, null, null, 100);
        Assert.Equal("s4 s3 s2 s1 s0", await Subjects(all));
        Assert.Equal("s3 s1", await Subjects(all with { By = "TARO" }));
        Assert.Equal("s1 s0", await Subjects(all with { What = "account" }));
        Assert.Equal("s1 s0", await Subjects(all with { What = "account.add" }));
        Assert.Equal("s4", await Subjects(all with { Outcome = AuditOutcome.Refused }));
        Assert.Equal("", await Subjects(all with { Since = DateTimeOffset.UtcNow.AddHours(1) }));
        var page = await audit.ListAsync(all with { Limit = 2 }, default);
        Assert.Equal("s2 s1 s0", await Subjects(all with { Before = page[^1].Id }));
        var read = new List<string>();
        await foreach (var row in audit.ReadAsync(all with { Limit = 1 }, default))
            read.Add(row.Subject);
        Assert.Equal(["s4", "s3", "s2", "s1", "s0"], read);
    }
}

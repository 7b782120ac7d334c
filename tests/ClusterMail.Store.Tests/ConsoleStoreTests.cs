using ClusterMail.Testing;
using Npgsql;

namespace ClusterMail.Store.Tests;

public sealed class ConsoleStoreTests
{
    private static readonly byte[] Hash = new byte[32];

    private static Task<bool> AddAsync(ConsoleStore store, string name, string role = "operator") => store.AddAsync(name, [role], [], "phc", "token", default);

    [Fact]
    public async Task ADMIN_14_five_attempts_begun_without_success_lock_the_account_for_15_minutes_and_a_good_login_frees_it()
    {
        await using var database = await TestDatabase.CreateAsync();
        await AddAsync(new ConsoleStore(database.Source), "hanako");
        var logins = new LoginStore(database.Source);
        for (var attempt = 1; attempt <= 4; attempt++)
            Assert.False((await logins.BeginAsync("HANAKO", default))!.Locks);
        var fifth = await logins.BeginAsync("hanako", default);
        Assert.True(fifth!.Locks);
        Assert.Null(await logins.BeginAsync("hanako", default));
        var minutes = await database.ScalarAsync<double>("SELECT extract(epoch FROM locked_until - now())::float8 / 60 FROM console_account");
        Assert.InRange(minutes, 14, 15.01);
        // The fifth was the right one after all.
        Assert.NotNull(await logins.CompleteAsync(fifth, Hash, "hanako", default));
        Assert.False((await logins.BeginAsync("hanako", default))!.Locks);
    }

    [Fact]
    public async Task ADMIN_14_of_many_attempts_at_the_same_moment_on_all_nodes_five_are_looked_at()
    {
        await using var database = await TestDatabase.CreateAsync();
        await AddAsync(new ConsoleStore(database.Source), "hanako");
        LoginStore[] nodes = [new(database.Source), new(database.Open("another node"))];
        var attempts = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => nodes[n % 2].BeginAsync("hanako", default)));
        Assert.Equal(LoginStore.MostFailures, attempts.Count(attempt => attempt is not null));
        Assert.Single(attempts, attempt => attempt is { Locks: true });
    }

    [Fact]
    public async Task ADMIN_14_when_the_lock_has_ended_five_more_attempts_are_looked_at()
    {
        await using var database = await TestDatabase.CreateAsync();
        await AddAsync(new ConsoleStore(database.Source), "hanako");
        var logins = new LoginStore(database.Source);
        for (var attempt = 1; attempt <= 5; attempt++)
            await logins.BeginAsync("hanako", default);
        await database.ExecuteAsync("UPDATE console_account SET locked_until = now() - interval '1 second'");
        for (var attempt = 1; attempt <= 4; attempt++)
            Assert.False((await logins.BeginAsync("hanako", default))!.Locks);
        Assert.True((await logins.BeginAsync("hanako", default))!.Locks);
    }

    [Fact]
    public async Task ADMIN_14_a_session_ends_after_twelve_hours_and_after_one_without_use_and_with_its_account()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new ConsoleStore(database.Source);
        await AddAsync(store, "hanako");
        var logins = new LoginStore(database.Source);
        await logins.CompleteAsync((await logins.BeginAsync("hanako", default))!, Hash, "hanako", default);
        Assert.Equal("hanako", (await logins.SessionAsync(Hash, default))!.Name);
        await database.ExecuteAsync("UPDATE console_session SET used_at = now() - interval '59 minutes'");
        Assert.NotNull(await logins.SessionAsync(Hash, default));
        Assert.True(await database.ScalarAsync<bool>("SELECT used_at > now() - interval '1 minute' FROM console_session"));
        await database.ExecuteAsync("UPDATE console_session SET used_at = now() - interval '61 minutes'");
        Assert.Null(await logins.SessionAsync(Hash, default));
        await database.ExecuteAsync("UPDATE console_session SET used_at = now(), expires_at = now()");
        Assert.Null(await logins.SessionAsync(Hash, default));
        await database.ExecuteAsync("UPDATE console_session SET expires_at = now() + interval '1 hour'");
        Assert.True(await store.ChangeAsync("hanako", null, null, suspended: true, "token", default));
        Assert.Null(await logins.SessionAsync(Hash, default));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM console_session"));
        Assert.Null(await logins.BeginAsync("hanako", default));
    }

    [Fact]
    public async Task ADMIN_14_a_new_password_ends_all_sessions_but_the_one_it_was_set_in()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new ConsoleStore(database.Source);
        await AddAsync(store, "hanako");
        var logins = new LoginStore(database.Source);
        byte[] other = [.. Hash[..31], 1];
        foreach (var hash in (byte[][])[Hash, other])
            await logins.CompleteAsync((await logins.BeginAsync("hanako", default))!, hash, "hanako", default);
        Assert.True(await store.SetPasswordAsync("hanako", "new", other, "hanako", default));
        Assert.Null(await logins.SessionAsync(Hash, default));
        Assert.NotNull(await logins.SessionAsync(other, default));
    }

    [Fact]
    public async Task ADMIN_14_a_login_that_began_with_the_old_password_begins_no_session_after_it_was_changed()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new ConsoleStore(database.Source);
        await AddAsync(store, "hanako");
        var logins = new LoginStore(database.Source);
        var attempt = (await logins.BeginAsync("hanako", default))!;
        await store.SetPasswordAsync("hanako", "new", null, "token", default);
        Assert.Null(await logins.CompleteAsync(attempt, Hash, "hanako", default));
    }

    [Fact]
    public async Task ADMIN_14_a_token_opens_until_it_expires_or_is_revoked_and_an_account_has_twenty_at_most()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new ConsoleStore(database.Source);
        await AddAsync(store, "robot");
        var logins = new LoginStore(database.Source);
        Assert.True(await store.AddTokenAsync("robot", "backup", Hash, TimeSpan.FromDays(1), "token", default));
        Assert.False(await store.AddTokenAsync("robot", "BACKUP", [1], null, "token", default));
        Assert.False(await store.AddTokenAsync("nobody", "x", [2], null, "token", default));
        Assert.Equal("backup", (await logins.TokenAsync(Hash, default))!.Token);
        Assert.NotNull((await store.TokensAsync("robot", default)).Single().UsedAt);
        await database.ExecuteAsync("UPDATE console_token SET expires_at = now()");
        Assert.Null(await logins.TokenAsync(Hash, default));
        Assert.True(await store.RevokeTokenAsync("robot", "Backup", "token", default));
        Assert.False(await store.RevokeTokenAsync("robot", "backup", "token", default));
        for (var n = 0; n < ConsoleStore.MostTokens; n++)
            Assert.True(await store.AddTokenAsync("robot", $"t{n}", [3, (byte)n], null, "token", default));
        Assert.False(await store.AddTokenAsync("robot", "more", [4], null, "token", default));
    }

    [Fact]
    public async Task ADMIN_12_a_name_is_taken_once_without_regard_to_case_and_only_known_roles_are_kept()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new ConsoleStore(database.Source);
        Assert.True(await AddAsync(store, "hanako"));
        Assert.False(await AddAsync(store, "Hanako"));
        await Assert.ThrowsAsync<PostgresException>(() => AddAsync(store, "taro", "god"));
        Assert.True(await store.ChangeAsync("HANAKO", ["domain-admin"], ["a.example"], null, "token", default));
        var row = await store.FindAsync("hanako", default);
        Assert.Equal(["domain-admin"], row!.Roles);
        Assert.Equal(["a.example"], row.Domains);
        Assert.True(await store.RemoveAsync("hanako", "token", default));
        Assert.Null(await store.FindAsync("hanako", default));
    }
}

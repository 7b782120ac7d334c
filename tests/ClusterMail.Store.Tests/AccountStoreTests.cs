using ClusterMail.Testing;

namespace ClusterMail.Store.Tests;

public sealed class AccountStoreTests
{
    private const string Domain = "example.jp";

    [Fact]
    public async Task EX_ACCT_1_a_domain_with_two_accounts_of_two_refuses_the_third()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        Assert.Equal([CreateOutcome.Created, CreateOutcome.Created, CreateOutcome.OverLimit], await store.CreateAsync(Domain, [new("a"), new("b"), new("c")], 2, false, "hanako", default));
        Assert.Equal([CreateOutcome.OverLimit], await store.CreateAsync(Domain, [new("d")], 2, false, "hanako", default));
        Assert.Equal([CreateOutcome.Created], await store.CreateAsync("example.net", [new("c")], 2, false, "hanako", default));
        Assert.True(await store.RemoveAsync(Domain, "A", "hanako", default));
        Assert.Equal([CreateOutcome.Created, CreateOutcome.Exists, CreateOutcome.OverLimit], await store.CreateAsync(Domain, [new("c"), new("B"), new("d")], 2, false, "hanako", default));
        Assert.Equal([CreateOutcome.Created], await store.CreateAsync(Domain, [new("d")], 0, false, "hanako", default));
    }

    [Fact]
    public async Task DOM_2_of_many_who_create_at_the_same_moment_only_as_many_succeed_as_there_is_room_for()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(n => store.CreateAsync(Domain, [new($"u{n}"), new($"v{n}")], 7, false, $"admin{n}", default)));
        Assert.Equal(7, outcomes.SelectMany(some => some).Count(outcome => outcome == CreateOutcome.Created));
        Assert.Equal(7, await store.CountAsync(Domain, default));
        Assert.Equal(new Dictionary<string, long> { [Domain] = 7 }, await store.CountsAsync(default));
    }

    [Fact]
    public async Task IMP_4_what_exists_is_left_alone_and_changed_only_when_asked_and_a_password_is_kept_when_none_is_given()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        var credentials = new CredentialStore(database.Source);
        await store.CreateAsync(Domain, [new("Taro") { FullName = "Taro Yamada", Credentials = new("hash1", "scram1", [1]), Imap4 = false }], 0, false, "hanako", default);
        NewAccount[] again = [new("taro") { FullName = "Other", Credentials = new("hash2", null, null) }, new("TARO") { FullName = "Third" }];

        Assert.Equal([CreateOutcome.Exists, CreateOutcome.Exists], await store.CreateAsync(Domain, again, 0, false, "jiro", default));
        Assert.Equal(("Taro Yamada", "hanako"), ((await store.FindAsync(Domain, "taro", default))!.FullName, (await store.FindAsync(Domain, "taro", default))!.ChangedBy));
        Assert.Equal("hash1", (await credentials.FindAsync(Domain, "taro", default))!.Hash);

        Assert.Equal([CreateOutcome.Updated], await store.CreateAsync(Domain, [new("taro") { FullName = "Other" }], 1, true, "jiro", default));
        var row = (await store.FindAsync(Domain, "TARO", default))!;
        Assert.Equal(("Taro", "Other", "jiro", false, true), (row.Name, row.FullName, row.ChangedBy, row.Imap4, row.PasswordAt is not null));
        Assert.Equal(("hash1", "scram1"), ((await credentials.FindAsync(Domain, "taro", default))!.Hash, (await credentials.FindAsync(Domain, "taro", default))!.Scram));

        Assert.Equal([CreateOutcome.Updated, CreateOutcome.Exists], await store.CreateAsync(Domain, again, 1, true, "jiro", default));
        var kept = (await credentials.FindAsync(Domain, "taro", default))!;
        Assert.Equal(("hash2", null, null), (kept.Hash, kept.Scram, kept.Recoverable));
    }

    [Fact]
    public async Task ACCT_4_a_removed_account_comes_back_with_its_number_and_password_unless_its_name_is_taken_or_the_domain_is_full()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        await store.CreateAsync(Domain, [new("taro") { Credentials = new("hash", null, null) }], 0, false, "hanako", default);
        var id = (await store.FindAsync(Domain, "taro", default))!.Id;
        Assert.True(await store.RemoveAsync(Domain, "taro", "jiro", default));
        Assert.False(await store.RemoveAsync(Domain, "taro", "jiro", default));
        Assert.Null(await store.FindAsync(Domain, "taro", default));
        Assert.Null(await new CredentialStore(database.Source).FindAsync(Domain, "taro", default));
        Assert.Equal(id, Assert.Single(await store.ListAsync(new([Domain], Removed: true), default)).Id);

        Assert.Equal(RestoreOutcome.NotFound, await store.RestoreAsync(Domain, "nobody", 0, "jiro", default));
        await store.CreateAsync(Domain, [new("taro")], 0, false, "hanako", default);
        Assert.Equal(RestoreOutcome.Exists, await store.RestoreAsync(Domain, "taro", 0, "jiro", default));
        await database.ExecuteAsync("UPDATE account SET name = 'other' WHERE removed_at IS NULL");
        Assert.Equal(RestoreOutcome.OverLimit, await store.RestoreAsync(Domain, "taro", 1, "jiro", default));
        Assert.Equal(RestoreOutcome.Restored, await store.RestoreAsync(Domain, "TARO", 2, "jiro", default));
        Assert.Equal(id, (await store.FindAsync(Domain, "taro", default))!.Id);
        Assert.Equal("hash", (await new CredentialStore(database.Source).FindAsync(Domain, "taro", default))!.Hash);
    }

    [Fact]
    public async Task ACCT_4_what_was_removed_30_days_ago_is_forgotten_and_not_before()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        await store.CreateAsync(Domain, [new("old"), new("young"), new("here")], 0, false, "hanako", default);
        Assert.Equal(1, await database.ExecuteAsync("UPDATE account SET removed_at = now() - interval '30 days 1 minute' WHERE name = 'old'"));
        Assert.Equal(1, await database.ExecuteAsync("UPDATE account SET removed_at = now() - interval '29 days 23 hours' WHERE name = 'young'"));
        Assert.Equal(1, await store.PurgeAsync(default));
        Assert.Equal(0, await store.PurgeAsync(default));
        Assert.Equal(["here", "young"], (await store.ListAsync(new([Domain]), default)).Concat(await store.ListAsync(new([Domain], Removed: true), default)).Select(row => row.Name));
    }

    [Fact]
    public async Task STORE_2_the_accounts_of_all_domains_are_one_table_that_login_list_and_memory_read()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        foreach (var domain in (string[])[Domain, "example.net"])
            await store.CreateAsync(domain, [new("taro") { Credentials = new($"hash of {domain}", null, null) }], 0, false, "hanako", default);
        Assert.Equal(2L, await database.ScalarAsync<long>("SELECT count(*) FROM account"));
        Assert.Equal([Domain, "example.net"], (await store.ListAsync(new(null), default)).Select(row => row.Domain));
        Assert.Equal([Domain, "example.net"], (await new DirectoryReader(database.Source).AccountsAsync(-1, 0, default)).Select(change => change.Domain));
        Assert.Equal("hash of example.net", (await new CredentialStore(database.Source).FindAsync("example.net", "taro", default))!.Hash);
    }

    [Fact]
    public async Task DOM_10_all_accounts_of_a_domain_go_and_no_other()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        for (var some = 0; some < 3; some++)
            await store.CreateAsync(Domain, [.. Enumerable.Range(some * 500, 500).Select(n => new NewAccount($"u{n}"))], 0, false, "hanako", default);
        await store.CreateAsync("example.net", [new("taro")], 0, false, "hanako", default);
        Assert.Equal(1500, await store.RemoveDomainAsync(Domain, "hanako", default));
        Assert.Equal(0, await store.RemoveDomainAsync(Domain, "hanako", default));
        Assert.Equal(new Dictionary<string, long> { ["example.net"] = 1 }, await store.CountsAsync(default));
    }

    [Fact]
    public async Task ACCT_1_every_field_is_kept_and_changed_alone()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        await store.CreateAsync(Domain, [new("taro") { FullName = "山田太郎", Home = "Home", BoxLimit = 1000, SmtpAuth = false, Apop = true, Pop3 = false, Imap4 = true, Delivery = "store" }], 0, false, "hanako", default);
        var row = (await store.FindAsync(Domain, "taro", default))!;
        Assert.Equal(("山田太郎", "Home", 1000L, false, true, false, true, "store", false, false), (row.FullName, row.Home, row.BoxLimit, row.SmtpAuth, row.Apop, row.Pop3, row.Imap4, row.Delivery, row.Suspended, row.SmtpDisabled));
        Assert.Null(row.PasswordAt);

        Assert.True(await store.ChangeAsync(Domain, "TARO", new AccountEdit { Suspended = true, Hours = "mon 09:00 18:00", Credentials = new("hash", null, null) }, "jiro", default));
        var changed = (await store.FindAsync(Domain, "taro", default))!;
        Assert.Equal(row with { Suspended = true, Hours = "mon 09:00 18:00", ChangedAt = changed.ChangedAt, ChangedBy = "jiro", PasswordAt = changed.PasswordAt }, changed);
        Assert.NotNull(changed.PasswordAt);
        Assert.True(await store.ChangeAsync(Domain, "taro", new AccountEdit { FullName = "", BoxLimit = 0, SmtpDisabled = true, Destinations = "*,0", RelayRules = "x" }, "jiro", default));
        var last = (await store.FindAsync(Domain, "taro", default))!;
        Assert.Equal(("", 0L, true, "*,0", "x", true), (last.FullName, last.BoxLimit, last.SmtpDisabled, last.Destinations, last.RelayRules, last.Suspended));
        Assert.Equal("hash", (await new CredentialStore(database.Source).FindAsync(Domain, "taro", default))!.Hash);
        Assert.False(await store.ChangeAsync(Domain, "nobody", new AccountEdit { Suspended = true }, "jiro", default));
    }

    [Fact]
    public async Task ACCT_5_accounts_are_listed_by_page_and_pattern()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = new AccountStore(database.Source);
        await store.CreateAsync(Domain, [new("b"), new("A"), new("c_d"), new("cxd"), new("ab")], 0, false, "hanako", default);
        await store.CreateAsync("example.net", [new("a")], 0, false, "hanako", default);
        var names = new List<string>();
        AccountKey? after = null;
        do
        {
            var page = await store.ListAsync(new(null, After: after, Limit: 2), default);
            names.AddRange(page.Select(row => $"{row.Name}@{row.Domain}"));
            after = page.Count == 2 ? new(page[^1].Domain, page[^1].Name, page[^1].Id) : null;
        }
        while (after is not null);
        Assert.Equal(["A@example.jp", "ab@example.jp", "b@example.jp", "c_d@example.jp", "cxd@example.jp", "a@example.net"], names);
        Assert.Equal(["A", "ab"], (await store.ListAsync(new([Domain], "a*"), default)).Select(row => row.Name));
        Assert.Equal(["c_d"], (await store.ListAsync(new([Domain], "c_d"), default)).Select(row => row.Name));
        await store.ChangeAsync(Domain, "b", new AccountEdit { Suspended = true }, "hanako", default);
        Assert.Equal(["b"], (await store.ListAsync(new(null, Suspended: true), default)).Select(row => row.Name));
    }

    [Fact]
    public async Task ALIAS_6_the_table_becomes_what_was_decided_on_it_and_only_what_changed_is_written()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (store, reader) = (new AliasStore(database.Source), new DirectoryReader(database.Source));
        AliasRow info = new(Domain, "info", "taro@example.jp", 0), sales = new(Domain, "sales", "taro@example.jp", 1);
        Assert.Equal(new AliasDifference(2, 0, 0), await store.ChangeAsync(_ => Task.FromResult<IReadOnlyList<AliasRow>?>([info, sales]), "hanako", default));
        var version = (await store.LoadAsync(default)).Version;
        Assert.Equal(new AliasDifference(0, 0, 0), await store.ChangeAsync(now => Task.FromResult<IReadOnlyList<AliasRow>?>(now.Rows), "hanako", default));
        Assert.Null(await store.ChangeAsync(_ => Task.FromResult<IReadOnlyList<AliasRow>?>(null), "hanako", default));
        Assert.Equal(version, (await store.LoadAsync(default)).Version);

        Assert.Equal(new AliasDifference(1, 1, 0), await store.ChangeAsync(
            now => Task.FromResult<IReadOnlyList<AliasRow>?>([.. now.Rows.Where(row => row.Name != "info"), info with { Real = "hanako@example.jp" }, new AliasRow(Domain, "*", "taro@example.jp", 0)]), "jiro", default));
        Assert.Equal(["*", "info", "sales"], (await store.LoadAsync(default)).Rows.Select(row => row.Name));
        // What a node that knew the first version learns: the old info gone, then the new one.
        Assert.Equal([("info", true), ("*", false), ("info", false)], (await reader.AliasesAsync(version, long.MaxValue, default)).Select(change => (change.Name, change.Removed)));
        Assert.Equal(new AliasDifference(0, 0, 3), await store.ChangeAsync(_ => Task.FromResult<IReadOnlyList<AliasRow>?>([]), "jiro", default));
    }

    [Fact]
    public async Task AUTH_15_credentials_are_found_by_full_address_and_a_stronger_form_never_overwrites_a_newer_password()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (store, credentials) = (new AccountStore(database.Source), new CredentialStore(database.Source));
        await store.CreateAsync(Domain, [new("taro") { Credentials = new("old", "s", [7]) }], 0, false, "hanako", default);
        await store.CreateAsync("example.net", [new("taro")], 0, false, "hanako", default);
        var row = (await credentials.FindAsync(Domain, "Taro", default))!;
        Assert.Equal(("old", "s", 7), (row.Hash, row.Scram, row.Recoverable![0]));
        Assert.Null((await credentials.FindAsync("example.net", "taro", default))!.Hash);
        Assert.Null(await credentials.FindAsync("example.org", "taro", default));
        await store.ChangeAsync(Domain, "taro", new AccountEdit { Credentials = new("new", null, null) }, "hanako", default);
        Assert.False(await credentials.StrengthenAsync(row.Id, "old", "stronger", null, null, default));
        Assert.True(await credentials.StrengthenAsync(row.Id, "new", "stronger", null, null, default));
        Assert.Equal(32, (await credentials.SecretAsync(default)).Length);
        Assert.Equal(await credentials.SecretAsync(default), await credentials.SecretAsync(default));
    }
}

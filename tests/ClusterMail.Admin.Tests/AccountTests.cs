using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

public sealed class AccountTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    private static Task<SettingsSaved> DomainAsync(AdminHost host, string name, string kind = "local") =>
        host.SendAsync(HttpMethod.Post, Routes.Domains, new DomainAdd(name, kind), Json.DomainAdd, Json.SettingsSaved);

    private static Task<AccountDone> AddAsync(AdminHost host, string address, string? password = null) =>
        host.SendAsync(HttpMethod.Post, Routes.Accounts, new AccountAdd { Address = address, Password = password }, Json.AccountAdd, Json.AccountDone, "hanako");

    private static Task<Problem> RefusedAsync(AdminHost host, string address, string? password = null) =>
        host.RefusedAsync(HttpMethod.Post, Routes.Accounts, new AccountAdd { Address = address, Password = password }, Json.AccountAdd);

    private static Task<AccountEntry> GetAsync(AdminHost host, string address) => host.GetAsync(Routes.Fill(Routes.Account, address), Json.AccountEntry);

    private static async Task<IReadOnlyList<AccountImportLine>> ImportAsync(AdminHost host, string domain, byte[] file, string query = "")
    {
        using var response = await host.Client.PostAsync(Routes.Fill(Routes.DomainImport, domain) + query, new ByteArrayContent(file));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync(Json.AccountImportResult))!.Lines;
    }

    private static Task<IReadOnlyList<AccountImportLine>> ImportAsync(AdminHost host, string domain, string file, string query = "") => ImportAsync(host, domain, Encoding.UTF8.GetBytes(file), query);

    [Fact]
    public async Task ACCT_1_an_account_is_created_with_its_fields_and_its_password_opens_it()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        var account = new AccountAdd { Address = "Taro@Example.JP", Password = "Secret123", FullName = "山田太郎", Home = "Home", BoxLimit = 1000, Apop = true, Imap4 = false };
        Assert.Equal("Taro@example.jp", (await host.SendAsync(HttpMethod.Post, Routes.Accounts, account, Json.AccountAdd, Json.AccountDone, "hanako")).Address);

        var entry = await GetAsync(host, "taro@example.jp");
        Assert.Equal(("Taro@example.jp", "山田太郎", "Home", 1000L, true, true, true, false, "hanako"), (entry.Address, entry.FullName, entry.Home, entry.BoxLimit, entry.SmtpAuth, entry.Apop, entry.Pop3, entry.Imap4, entry.ChangedBy));
        Assert.NotNull(entry.PasswordAt);
        var kept = (await new CredentialStore(host.Database.Source).FindAsync("example.jp", "taro", default))!;
        Assert.True(await PasswordHash.Parse(kept.Hash!)!.MatchesAsync("Secret123"));
        Assert.NotNull(ScramCredential.Parse(kept.Scram!));
        Assert.Null(kept.Recoverable);
        Assert.DoesNotContain("Secret123", await host.Client.GetStringAsync(Routes.Fill(Routes.Account, "taro@example.jp")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_20_an_account_has_a_superior_who_is_neither_itself_nor_below_it_and_the_audit_says_who_named_him()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        Task<AccountDone> SetAsync(string address, string superior) => host.SendAsync(HttpMethod.Patch, Routes.Fill(Routes.Account, address), new AccountFields { Superior = superior }, Json.AccountFields, Json.AccountDone, "hanako");
        Task<Problem> RefusedAsync(string address, string superior) => host.RefusedAsync(HttpMethod.Patch, Routes.Fill(Routes.Account, address), new AccountFields { Superior = superior }, Json.AccountFields);
        await AddAsync(host, "kacho@example.jp");
        await AddAsync(host, "bucho@example.jp");
        await host.SendAsync(HttpMethod.Post, Routes.Accounts, new AccountAdd { Address = "user2@example.jp", Superior = "Kacho@example.jp" }, Json.AccountAdd, Json.AccountDone, "hanako");
        Assert.Equal(("Kacho@example.jp", ""), ((await GetAsync(host, "user2@example.jp")).Superior, (await GetAsync(host, "kacho@example.jp")).Superior));
        await SetAsync("kacho@example.jp", "bucho@example.jp");
        Assert.Equal("APPROVE-20", (await RefusedAsync("bucho@example.jp", "BUCHO@example.jp")).Rule);
        Assert.Equal("APPROVE-20", (await RefusedAsync("kacho@example.jp", "user2@example.jp")).Rule);
        Assert.Equal("APPROVE-20", (await RefusedAsync("bucho@example.jp", "user2@example.jp")).Rule);
        Assert.Equal("APPROVE-20", (await RefusedAsync("bucho@example.jp", "nobody in particular")).Rule);
        Assert.Equal("", (await GetAsync(host, "bucho@example.jp")).Superior);
        await host.SendAsync(HttpMethod.Patch, Routes.Fill(Routes.Account, "user2@example.jp"), new AccountFields { FullName = "鈴木" }, Json.AccountFields, Json.AccountDone, "hanako");
        Assert.Equal("Kacho@example.jp", (await GetAsync(host, "user2@example.jp")).Superior);
        await SetAsync("user2@example.jp", "");
        Assert.Equal("", (await GetAsync(host, "user2@example.jp")).Superior);
        Assert.Equal(1, await host.Database.ScalarAsync<long>("SELECT count(*) FROM console_audit WHERE act = 'account.change' AND subject = 'kacho@example.jp' AND new_value ->> 'superior' = 'bucho@example.jp'"));
    }

    [Fact]
    public async Task APPROVE_162_an_administrator_takes_lost_codes_away_and_the_audit_says_so_without_them()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        await AddAsync(host, "bucho@example.jp");
        using (var none = await host.Client.DeleteAsync(Routes.Fill(Routes.AccountCodes, "bucho@example.jp")))
            Assert.Equal(System.Net.HttpStatusCode.NotFound, none.StatusCode);
        await host.Database.ExecuteAsync("INSERT INTO page_factor (account_id, secret, enabled_at) SELECT id, 'JBSWY3DPEHPK3PXP'::bytea, now() FROM account");
        using var response = await host.Client.DeleteAsync(Routes.Fill(Routes.AccountCodes, "bucho@example.jp"));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.Equal(0, await host.Database.ScalarAsync<long>("SELECT count(*) FROM page_factor"));
        Assert.Equal(1, await host.Database.ScalarAsync<long>("SELECT count(*) FROM console_audit WHERE act = 'account.code-reset' AND subject = 'bucho@example.jp' AND new_value = '{\"second factor\": \"changed\"}'::jsonb"));
    }

    [Theory]
    [InlineData("太郎@example.jp", null, "ACCT-1")]
    [InlineData("taro", null, "ACCT-1")]
    [InlineData("taro@example.org", null, "DOM-1")]
    [InlineData("taro@relay.example", null, "DOM-1")]
    [InlineData("taro@example.jp", "short", "AUTH-7")]
    public async Task ACCT_1_what_cannot_be_an_account_is_refused_by_rule(string address, string? password, string rule)
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        await DomainAsync(host, "relay.example", "relay");
        Assert.Equal(rule, (await RefusedAsync(host, address, password)).Rule);
        Assert.Empty((await host.GetAsync(Routes.Accounts, Json.AccountPage)).Accounts);
    }

    [Fact]
    public async Task EX_ACCT_1_the_third_account_of_a_domain_that_may_have_two_is_refused_and_an_import_of_three_reports_one()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp", "local max_accounts=2");
        await AddAsync(host, "a@example.jp");
        await AddAsync(host, "b@example.jp");
        var refused = await RefusedAsync(host, "c@example.jp");
        Assert.Equal((409, "DOM-2"), (refused.Status, refused.Rule));

        await DomainAsync(host, "example.net", "local max_accounts=2");
        var lines = await ImportAsync(host, "example.net", "a\t*\tA\texample.net\t\t1\t0\t0\nb\t*\tB\texample.net\t\t1\t0\t0\nc\t*\tC\texample.net\t\t1\t0\t0\n");
        Assert.Equal([ImportOutcomes.Created, ImportOutcomes.Created, ImportOutcomes.Refused], lines.Select(line => line.Outcome));
        Assert.Equal((3, "c@example.net", "DOM-2"), (lines[2].Line, lines[2].Address, lines[2].Rule));
    }

    [Fact]
    public async Task IMP_5_a_dry_run_tells_where_the_limit_stops_the_import_and_saves_nothing()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp", "local max_accounts=1");
        var lines = await ImportAsync(host, "example.jp", "a\t*\tA\t\t\t1\t0\t0\nb\t*\tB\t\t\t1\t0\t0\n", "?dryRun=true");
        Assert.Equal([ImportOutcomes.Created, ImportOutcomes.Refused], lines.Select(line => line.Outcome));
        Assert.Empty((await host.GetAsync(Routes.Accounts, Json.AccountPage)).Accounts);
    }

    [Fact]
    public async Task EX_ACCT_2_a_row_of_another_domain_becomes_an_account_of_the_domain_of_the_import()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        var line = Assert.Single(await ImportAsync(host, "example.jp", "taro\tSecret123\tTaro Yamada\tother.jp\tHome\t1\t1\t0\r\n"));
        Assert.Equal(("taro@example.jp", ImportOutcomes.Created, "IMP-3"), (line.Address, line.Outcome, line.Rule));
        var entry = await GetAsync(host, "taro@example.jp");
        Assert.Equal(("Taro Yamada", "Home", true, true, 0L), (entry.FullName, entry.Home, entry.SmtpAuth, entry.Apop, entry.BoxLimit));
    }

    [Fact]
    public async Task EX_ACCT_3_a_row_of_an_existing_account_is_skipped_its_password_unchanged_unless_updating_is_asked_for()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        await AddAsync(host, "taro@example.jp", "Secret123");
        var store = new CredentialStore(host.Database.Source);
        var before = (await store.FindAsync("example.jp", "taro", default))!.Hash;
        const string Row = "TARO\tOther4567\tTaro Two\texample.jp\t\t1\t1\t0";
        var line = Assert.Single(await ImportAsync(host, "example.jp", Row));
        Assert.Equal((1, ImportOutcomes.Skipped, "IMP-4"), (line.Line, line.Outcome, line.Rule));
        Assert.Equal(before, (await store.FindAsync("example.jp", "taro", default))!.Hash);

        Assert.Equal(ImportOutcomes.Updated, Assert.Single(await ImportAsync(host, "example.jp", Row, "?update=true")).Outcome);
        Assert.True(await PasswordHash.Parse((await store.FindAsync("example.jp", "taro", default))!.Hash!)!.MatchesAsync("Other4567"));
        Assert.Equal("Taro Two", (await GetAsync(host, "taro@example.jp")).FullName);
    }

    [Fact]
    public async Task IMP_4_every_line_is_reported_with_its_number_and_the_good_ones_are_created()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        var lines = await ImportAsync(host, "example.jp", "a\tSecret123\tA\texample.jp\t\t1\t0\t0\t1\t0\n\nb\tx\nc\tshort\tC\texample.jp\t\t1\t0\t0\na\t*\tA\texample.jp\t\t1\t0\t0\nd\t*\tD\texample.jp\t\t0\t0\t5", "?first=101");
        Assert.Equal(
            [(101, "created", null), (103, "refused", "IMP-1"), (104, "refused", "AUTH-7"), (105, "skipped", "IMP-4"), (106, "created", "IMP-6")],
            lines.Select(line => (line.Line, line.Outcome, line.Rule)));
        Assert.Equal((false, true), ((await GetAsync(host, "a@example.jp")).Imap4, (await GetAsync(host, "d@example.jp")).Imap4));
        Assert.Null((await GetAsync(host, "d@example.jp")).PasswordAt);
    }

    [Fact]
    public async Task IMP_7_a_file_in_Shift_JIS_keeps_its_names_and_the_export_is_UTF_8()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var file = Encoding.GetEncoding("shift_jis").GetBytes("taro\t*\t山田太郎\texample.jp\t表示\t1\t0\t0\r\n");
        Assert.Equal("IMP-7", Assert.Single(await ImportAsync(host, "example.jp", file, "?encoding=utf-8")).Rule);
        Assert.Equal(ImportOutcomes.Created, Assert.Single(await ImportAsync(host, "example.jp", file)).Outcome);
        Assert.Equal("taro\t*\t山田太郎\texample.jp\t表示\t1\t0\t0\n", await host.Client.GetStringAsync(Routes.AccountExport));
        Assert.Equal("taro\t*\t山田太郎\texample.jp\t表示\t1\t0\t0\t1\t1\n", await host.Client.GetStringAsync(Routes.AccountExport + "?columns=10&domain=example.jp"));
    }

    [Fact]
    public async Task ACCT_2_the_later_flags_of_a_row_of_10_columns_are_kept_one_by_one()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        await ImportAsync(host, "example.jp", "taro\t*\tTaro\texample.jp\t\t0\t1\t2048\t0\t1\n");
        var entry = await GetAsync(host, "taro@example.jp");
        Assert.Equal((false, true, false, true, 2048L), (entry.SmtpAuth, entry.Apop, entry.Pop3, entry.Imap4, entry.BoxLimit));
    }

    [Fact]
    public async Task STORE_3_the_home_field_comes_in_by_import_and_goes_out_by_export()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        const string Row = "taro\t*\tTaro\texample.jp\tD:\\mail\\%USERNAME%\t0\t1\t2048\t0\t1\n";
        await ImportAsync(host, "example.jp", Row);
        Assert.Equal(Row, await host.Client.GetStringAsync(Routes.AccountExport + "?columns=10"));
    }

    [Fact]
    public async Task IMP_6_passwords_are_exported_only_from_the_recoverable_store_by_its_switch()
    {
        await using var host = await AdminHost.StartAsync(key: new PasswordSeal(RandomNumberGenerator.GetBytes(32)));
        await DomainAsync(host, "example.jp");
        await AddAsync(host, "before@example.jp", "Secret123");
        await host.SendAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("compat.auth.recoverable_store", "true")]), Json.SettingsChange, Json.SettingsSaved);
        Assert.Equal("IMP-6", (await host.RefusedAsync(Routes.AccountExport + "?passwords=true")).Rule);
        await host.SendAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("compat.accounts.export_passwords", "true")]), Json.SettingsChange, Json.SettingsSaved);
        // With the recoverable store the original's short passwords will do.
        await AddAsync(host, "taro@example.jp", "abc");
        Assert.Equal("before\t*\t\texample.jp\t\t1\t0\t0\ntaro\tabc\t\texample.jp\t\t1\t0\t0\n", await host.Client.GetStringAsync(Routes.AccountExport + "?passwords=true"));
        Assert.DoesNotContain("abc", await host.Client.GetStringAsync(Routes.AccountExport), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AUTH_7_the_recoverable_store_without_a_key_refuses_passwords_and_says_what_to_do()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        await host.SendAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("compat.auth.recoverable_store", "true")]), Json.SettingsChange, Json.SettingsSaved);
        var refused = await RefusedAsync(host, "taro@example.jp", "Secret123");
        Assert.Equal((409, "AUTH-7"), (refused.Status, refused.Rule));
        Assert.Contains("password-key-file", refused.Hint, StringComparison.Ordinal);
        await AddAsync(host, "taro@example.jp");
    }

    [Fact]
    public async Task ACCT_4_an_account_is_suspended_removed_and_restored()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        await AddAsync(host, "taro@example.jp", "Secret123");
        var path = Routes.Fill(Routes.Account, "taro@example.jp");
        await host.SendAsync(HttpMethod.Patch, path, new AccountFields { Suspended = true }, Json.AccountFields, Json.AccountDone);
        Assert.True((await GetAsync(host, "taro@example.jp")).Suspended);
        await host.SendAsync(HttpMethod.Patch, path, new AccountFields { Suspended = false, SmtpDisabled = true }, Json.AccountFields, Json.AccountDone);
        Assert.Equal((false, true), ((await GetAsync(host, "taro@example.jp")).Suspended, (await GetAsync(host, "taro@example.jp")).SmtpDisabled));

        Assert.True((await host.Client.DeleteAsync(path)).IsSuccessStatusCode);
        Assert.Equal(404, (await host.RefusedAsync(path)).Status);
        Assert.NotNull(Assert.Single((await host.GetAsync(Routes.Accounts + "?removed=true", Json.AccountPage)).Accounts).RemovedAt);
        Assert.True((await host.Client.PostAsync(Routes.Fill(Routes.AccountRestore, "taro@example.jp"), null)).IsSuccessStatusCode);
        Assert.NotNull((await GetAsync(host, "taro@example.jp")).PasswordAt);
        Assert.Equal(404, (int)(await host.Client.PostAsync(Routes.Fill(Routes.AccountRestore, "taro@example.jp"), null)).StatusCode);
    }

    [Fact]
    public async Task AUTH_7_a_password_is_changed_and_the_old_one_opens_nothing()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        await AddAsync(host, "taro@example.jp", "Secret123");
        var path = Routes.Fill(Routes.AccountPassword, "taro@example.jp");
        await host.SendAsync(HttpMethod.Put, path, new AccountPassword("Other4567"), Json.AccountPassword, Json.AccountDone);
        var check = new Queue.Login.PasswordCheck(new CredentialStore(host.Database.Source), host.Service<PasswordHasher>(), null);
        var taro = new Protocol.Mailbox("TARO", "example.jp");
        Assert.Equal(Queue.Login.LoginResult.Accepted, await check.VerifyAsync(taro, "Other4567", default));
        Assert.Equal(Queue.Login.LoginResult.WrongPassword, await check.VerifyAsync(taro, "Secret123", default));
        Assert.Equal(Queue.Login.LoginResult.NoSuchAccount, await check.VerifyAsync(new("nobody", "example.jp"), "Other4567", default));
        Assert.False((await check.ScramAsync(taro, default)).IsDecoy);
        Assert.Equal((await check.ScramAsync(new("nobody", "example.jp"), default)).Salt, (await check.ScramAsync(new("Nobody", "example.jp"), default)).Salt);
        await host.SendAsync(HttpMethod.Patch, Routes.Fill(Routes.Account, "taro@example.jp"), new AccountFields { Suspended = true }, Json.AccountFields, Json.AccountDone);
        Assert.Equal(Queue.Login.LoginResult.Suspended, await check.VerifyAsync(taro, "Other4567", default));
        Assert.True((await check.ScramAsync(taro, default)).IsDecoy);
        Assert.Equal("AUTH-7", (await host.RefusedAsync(HttpMethod.Put, path, new AccountPassword("short"), Json.AccountPassword)).Rule);
    }

    [Fact]
    public async Task AUTH_7_a_login_brings_a_password_up_to_the_cost_asked_for_now()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        await AddAsync(host, "taro@example.jp", "Secret123");
        var store = new CredentialStore(host.Database.Source);
        using var dearer = new PasswordHasher(() => new PasswordCost(256, 2, ScramCredential.FewestIterations));
        var before = (await store.FindAsync("example.jp", "taro", default))!.Hash;
        Assert.Equal(Queue.Login.LoginResult.Accepted, await new Queue.Login.PasswordCheck(store, dearer, null).VerifyAsync(new("taro", "example.jp"), "Secret123", default));
        var after = (await store.FindAsync("example.jp", "taro", default))!.Hash!;
        Assert.NotEqual(before, after);
        Assert.Equal((256, 2), (PasswordHash.Parse(after)!.MemoryKib, PasswordHash.Parse(after)!.Passes));
        Assert.True(await PasswordHash.Parse(after)!.MatchesAsync("Secret123"));
    }

    [Fact]
    public async Task DOM_9_domains_that_share_their_mailboxes_have_one_account_under_each_address()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp", "local max_accounts=1");
        await DomainAsync(host, "example.net", "local shared_with=example.jp");
        await AddAsync(host, "taro@example.net");
        Assert.Equal("taro@example.jp", (await GetAsync(host, "taro@example.net")).Address);
        Assert.Equal("DOM-2", (await RefusedAsync(host, "hanako@example.net")).Rule);
        Assert.Equal([1L, 1L], (await host.GetAsync(Routes.Domains, Json.DomainList)).Domains.Select(domain => domain.Accounts!.Value));
    }

    [Fact]
    public async Task DOM_10_a_domain_with_accounts_is_removed_only_when_that_is_confirmed_and_its_accounts_can_be_restored()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        await AddAsync(host, "taro@example.jp");
        await AddAsync(host, "hanako@example.jp");
        var path = Routes.Fill(Routes.Domain, "example.jp");
        using (var asked = await host.Client.DeleteAsync(path))
        {
            var problem = (await asked.Content.ReadFromJsonAsync(Json.Problem))!;
            Assert.Equal((409, "DOM-10"), (problem.Status, problem.Rule));
            Assert.Contains("2 accounts", problem.Title, StringComparison.Ordinal);
        }
        // Nor by way of the table, or of its becoming a relay domain.
        Assert.Equal("DOM-10", (await host.RefusedAsync(HttpMethod.Put, Routes.Fill(Routes.Table, TableNames.Domain), new TableChange("example.org relay\n"), Json.TableChange)).Rule);
        Assert.Equal("DOM-10", (await host.RefusedAsync(HttpMethod.Put, path, new DomainAdd("example.jp", "relay"), Json.DomainAdd)).Rule);

        Assert.True((await host.Client.DeleteAsync(path + "?yes=true")).IsSuccessStatusCode);
        Assert.Empty((await host.GetAsync(Routes.Domains, Json.DomainList)).Domains);
        Assert.Equal(2, (await host.GetAsync(Routes.Accounts + "?removed=true", Json.AccountPage)).Accounts.Count);
        await DomainAsync(host, "example.jp");
        Assert.True((await host.Client.PostAsync(Routes.Fill(Routes.AccountRestore, "taro@example.jp"), null)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task DOM_2_a_domain_gets_other_options_and_keeps_its_place()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp", "local max_accounts=1");
        await DomainAsync(host, "example.net", "relay");
        await host.SendAsync(HttpMethod.Put, Routes.Fill(Routes.Domain, "EXAMPLE.jp"), new DomainAdd("", "local max_accounts=5 zone=Asia/Tokyo") { Name = "example.jp" }, Json.DomainAdd, Json.SettingsSaved);
        var list = (await host.GetAsync(Routes.Domains, Json.DomainList)).Domains;
        Assert.Equal([("example.jp", "local max_accounts=5 zone=Asia/Tokyo", 0L), ("example.net", "relay", -1L)], list.Select(domain => (domain.Name, domain.Kind, domain.Accounts ?? -1)));
        Assert.Equal("DOM-2", (await host.RefusedAsync(HttpMethod.Put, Routes.Fill(Routes.Domain, "example.jp"), new DomainAdd("example.jp", "local max_accounts=many"), Json.DomainAdd)).Rule);
    }

    [Fact]
    public async Task EX_ALIAS_6_an_alias_without_a_domain_is_refused_on_save_by_column()
    {
        await using var host = await AdminHost.StartAsync();
        var one = await host.RefusedAsync(HttpMethod.Post, Routes.Aliases, new AliasAdd("info -> taro@example.jp"), Json.AliasAdd);
        Assert.Equal((400, "ALIAS-2", 1), (one.Status, one.Rule, one.Column));
        var table = await host.RefusedAsync(HttpMethod.Put, Routes.AliasText, new AliasTableChange("a@example.jp -> taro@example.jp\ninfo@example.jp -> taro\n"), Json.AliasTableChange);
        Assert.Equal(("alias", 2, 20, "ALIAS-2"), (table.Name, table.Line, table.Column, table.Rule));
        Assert.Equal(0, (await host.GetAsync(Routes.Aliases, Json.AliasList)).Total);
    }

    [Fact]
    public async Task EX_ALIAS_7_a_second_entry_for_an_alias_is_refused_on_save_and_changed_only_when_asked()
    {
        await using var host = await AdminHost.StartAsync();
        Task<AliasSaved> Add(string line, bool replace = false) => host.SendAsync(HttpMethod.Post, Routes.Aliases, new AliasAdd(line, replace), Json.AliasAdd, Json.AliasSaved, "hanako");
        Assert.Equal(1, (await Add("info@example.jp -> taro@example.jp")).Added);
        Assert.Equal((0, 0), ((await Add("info@example.jp -> taro@example.jp")).Added, (await Add("info@example.jp -> taro@example.jp")).Changed));
        Assert.Equal("ALIAS-6", (await host.RefusedAsync(HttpMethod.Post, Routes.Aliases, new AliasAdd("INFO@example.jp -> hanako@example.jp"), Json.AliasAdd)).Rule);
        Assert.Equal("ALIAS-6", (await host.RefusedAsync(HttpMethod.Put, Routes.AliasText, new AliasTableChange("x@example.jp -> y@example.jp\ninfo@example.jp -> z@example.jp", Keep: true), Json.AliasTableChange)).Rule);
        Assert.Equal(1, (await Add("info@example.jp -> hanako@example.jp,1", replace: true)).Changed);
        var entry = await host.GetAsync(Routes.Fill(Routes.Alias, "Info@example.jp"), Json.AliasEntry);
        Assert.Equal(("hanako@example.jp", "1", true, "hanako"), (entry.Real, entry.Option, entry.Replaces, entry.ChangedBy));
        Assert.True((await host.Client.DeleteAsync(Routes.Fill(Routes.Alias, "info@example.jp"))).IsSuccessStatusCode);
        Assert.Equal(404, (await host.RefusedAsync(Routes.Fill(Routes.Alias, "info@example.jp"))).Status);
    }

    [Fact]
    public async Task ALIAS_11_a_circle_is_refused_on_save_by_line_and_one_that_ends_at_an_account_is_not()
    {
        await using var host = await AdminHost.StartAsync();
        await DomainAsync(host, "example.jp");
        const string Text = "*@example.jp -> x@other.example\n*@other.example -> office@example.jp\n";
        var refused = await host.RefusedAsync(HttpMethod.Put, Routes.AliasText, new AliasTableChange(Text), Json.AliasTableChange);
        Assert.Equal(("ALIAS-11", 1), (refused.Rule, refused.Line));
        await AddAsync(host, "office@example.jp");
        var saved = await host.SendAsync(HttpMethod.Put, Routes.AliasText, new AliasTableChange(Text), Json.AliasTableChange, Json.AliasSaved);
        Assert.Equal(2, saved.Added);
        Assert.Contains("every address of example.jp", Assert.Single(saved.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALIAS_1_ten_thousand_aliases_are_imported_at_once_and_come_back_and_a_table_edited_meanwhile_is_refused()
    {
        await using var host = await AdminHost.StartAsync();
        var text = string.Concat(Enumerable.Range(0, 10_000).Select(n => $"a{n:00000}@example.jp -> taro{n % 10}@example.jp\n"));
        Assert.Equal(10_000, (await host.SendAsync(HttpMethod.Post, Routes.AliasCheck, new AliasTableChange(text), Json.AliasTableChange, Json.AliasSaved)).Added);
        Assert.Equal(10_000, (await host.SendAsync(HttpMethod.Put, Routes.AliasText, new AliasTableChange(text), Json.AliasTableChange, Json.AliasSaved)).Added);
        var table = await host.GetAsync(Routes.AliasText, Json.AliasText);
        Assert.Equal(text, table.Text);
        await host.SendAsync(HttpMethod.Post, Routes.Aliases, new AliasAdd("z@example.jp -> taro@example.jp"), Json.AliasAdd, Json.AliasSaved, "jiro");
        var refused = await host.RefusedAsync(HttpMethod.Put, Routes.AliasText, new AliasTableChange("", table.Version), Json.AliasTableChange);
        Assert.Equal(409, refused.Status);
        Assert.Contains("jiro", refused.Title, StringComparison.Ordinal);
        Assert.Equal(10_001, (await host.SendAsync(HttpMethod.Put, Routes.AliasText, new AliasTableChange(""), Json.AliasTableChange, Json.AliasSaved)).Removed);
    }
}

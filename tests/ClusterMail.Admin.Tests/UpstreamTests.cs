using System.Net;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

/// <summary>Upstream logins as administrators set them (APPROVE-424).</summary>
public sealed class UpstreamTests
{
    private static readonly AdminJson Json = AdminJson.Default;
    private static readonly PasswordSeal Key = new(Enumerable.Range(1, PasswordSeal.KeyLength).Select(i => (byte)i).ToArray());
    private static readonly string Taro = Routes.Fill(Routes.AccountUpstream, "taro@example.jp");

    private static async Task<AdminHost> StartAsync(PasswordSeal? key)
    {
        var host = await AdminHost.StartAsync(key: key);
        await host.SendAsync(HttpMethod.Post, Routes.Domains, new DomainAdd("example.jp", "local"), Json.DomainAdd, Json.SettingsSaved);
        foreach (var name in (string[])["taro", "hanako"])
            await host.SendAsync(HttpMethod.Post, Routes.Accounts, new AccountAdd { Address = $"{name}@example.jp" }, Json.AccountAdd, Json.AccountDone);
        return host;
    }

    private static Task<AccountDone> SetAsync(AdminHost host, string secret, string? user = null) =>
        host.SendAsync(HttpMethod.Put, Taro, new UpstreamLogin(secret, user), Json.UpstreamLogin, Json.AccountDone, "hanako");

    private static Task<Problem> RefusedImportAsync(AdminHost host, string text) => host.RefusedAsync(HttpMethod.Post, Routes.UpstreamImport, new UpstreamImport(text), Json.UpstreamImport);

    private static async Task<HttpStatusCode> RemoveAsync(AdminHost host)
    {
        using var response = await host.Client.DeleteAsync(Taro);
        return response.StatusCode;
    }

    private static async Task<string?> SecretAsync(AdminHost host, string name)
    {
        var row = await new UpstreamStore(host.Database.Source).FindAsync("example.jp", name, default);
        return row?.Upstream is { } kept ? Key.For(UpstreamSeal.Purpose).Open(kept.Secret, $"{name}@example.jp") : null;
    }

    [Fact]
    public async Task APPROVE_424_a_login_is_kept_sealed_and_shown_without_its_secret()
    {
        await using var host = await StartAsync(Key);
        await SetAsync(host, "top-secret-1", "t-yamada");
        Assert.Equal("top-secret-1", await SecretAsync(host, "taro"));
        var shown = await host.Client.GetStringAsync(Taro);
        Assert.Contains("t-yamada", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("top-secret-1", shown, StringComparison.Ordinal);
        // Neither the database nor the audit has it in clear, and another account's row does not open it.
        Assert.Equal(0L, await host.Database.ScalarAsync<long>("SELECT count(*) FROM upstream_login WHERE position('top-secret-1'::bytea IN secret) > 0"));
        Assert.Equal("hanako account.upstream-set taro@example.jp {\"user\": \"t-yamada\"}", await host.Database.ScalarAsync<string>(
            "SELECT changed_by || ' ' || act || ' ' || subject || ' ' || new_value FROM console_audit, upstream_login WHERE act LIKE 'account.upstream%'"));
        var row = (await new UpstreamStore(host.Database.Source).FindAsync("example.jp", "taro", default))!;
        Assert.Null(Key.For(UpstreamSeal.Purpose).Open(row.Upstream!.Secret, "hanako@example.jp"));
        Assert.Null(Key.Open(row.Upstream.Secret, "taro@example.jp"));
    }

    [Fact]
    public async Task APPROVE_424_a_login_is_changed_and_removed_and_both_are_in_the_audit()
    {
        await using var host = await StartAsync(Key);
        await SetAsync(host, "one");
        Assert.Equal("taro@example.jp", (await host.GetAsync(Taro, Json.UpstreamEntry)).User);
        await SetAsync(host, "two");
        Assert.Equal("two", await SecretAsync(host, "taro"));
        Assert.Equal(HttpStatusCode.OK, await RemoveAsync(host));
        Assert.Null((await host.GetAsync(Taro, Json.UpstreamEntry)).User);
        Assert.Equal("account.upstream-set,account.upstream-set,account.upstream-remove",
            await host.Database.ScalarAsync<string>("SELECT string_agg(act, ',' ORDER BY id) FROM console_audit WHERE act LIKE 'account.upstream%'"));
        Assert.Equal(HttpStatusCode.NotFound, await RemoveAsync(host));
    }

    [Fact]
    public async Task APPROVE_424_without_a_key_nothing_is_kept_and_the_answer_says_what_to_do()
    {
        await using var host = await StartAsync(key: null);
        var problem = await host.RefusedAsync(HttpMethod.Put, Taro, new UpstreamLogin("x"), Json.UpstreamLogin);
        Assert.Equal((409, "APPROVE-424"), (problem.Status, problem.Rule));
        Assert.Contains("password-key-file", problem.Hint, StringComparison.Ordinal);
        Assert.Equal(409, (await RefusedImportAsync(host, "taro@example.jp,x,y")).Status);
        Assert.Equal(0L, await host.Database.ScalarAsync<long>("SELECT count(*) FROM upstream_login"));
    }

    [Fact]
    public async Task APPROVE_424_an_import_sets_every_line_and_a_password_may_hold_commas()
    {
        await using var host = await StartAsync(Key);
        var text = "# address,name,password\r\ntaro@example.jp,t-yamada,a,b\r\n\r\nhanako@example.jp,,secret two \r\n";
        Assert.Equal(2, (await host.SendAsync(HttpMethod.Post, Routes.UpstreamImport, new UpstreamImport(text), Json.UpstreamImport, Json.UpstreamImported)).Count);
        Assert.Equal(("a,b", "secret two "), (await SecretAsync(host, "taro"), await SecretAsync(host, "hanako")));
        Assert.Equal("hanako@example.jp", (await host.GetAsync(Routes.Fill(Routes.AccountUpstream, "hanako@example.jp"), Json.UpstreamEntry)).User);
    }

    [Theory]
    [InlineData("taro@example.jp,one,two\nhanako@example.jp;x;y", 2, 1)]
    [InlineData("taro@example.jp,one,two\nnobody@example.jp,a,b", 2, 1)]
    [InlineData("taro@example.jp,one,two\n\nTARO@example.jp,a,b", 3, 1)]
    [InlineData("taro@example.jp,one,two\nhanako@example.jp,a,", 2, 19)]
    public async Task APPROVE_424_an_import_with_a_fault_names_its_line_and_sets_nothing(string text, int line, int column)
    {
        await using var host = await StartAsync(Key);
        var problem = await RefusedImportAsync(host, text);
        Assert.Equal((400, line, column, "APPROVE-424"), (problem.Status, problem.Line, problem.Column, problem.Rule));
        Assert.DoesNotContain("two", problem.Title, StringComparison.Ordinal);
        Assert.Equal(0L, await host.Database.ScalarAsync<long>("SELECT count(*) FROM upstream_login"));
    }

    [Fact]
    public async Task APPROVE_424_ADMIN_51_an_archive_has_upstream_logins_only_under_a_pass_phrase()
    {
        await using var host = await StartAsync(Key);
        await SetAsync(host, "top-secret-1", "t-yamada");
        Task<SettingsArchive> ExportAsync(string? phrase) => host.SendAsync(HttpMethod.Post, Routes.SettingsExport, new SettingsExport(Accounts: true, phrase), Json.SettingsExport, Json.SettingsArchive);
        var without = await ExportAsync(null);
        Assert.DoesNotContain("t-yamada", without.Text, StringComparison.Ordinal);
        Assert.Contains("upstream logins of 1 accounts", without.Omitted);
        var archive = await ExportAsync("correct horse battery");

        await SetAsync(host, "changed", "other");
        await host.SendAsync(HttpMethod.Post, Routes.SettingsImport, new SettingsImport(archive.Text), Json.SettingsImport, Json.SettingsImported);
        Assert.Equal("changed", await SecretAsync(host, "taro"));
        await host.SendAsync(HttpMethod.Post, Routes.SettingsImport, new SettingsImport(archive.Text, "correct horse battery"), Json.SettingsImport, Json.SettingsImported);
        Assert.Equal(("top-secret-1", "t-yamada"), (await SecretAsync(host, "taro"), (await host.GetAsync(Taro, Json.UpstreamEntry)).User));
    }

    [Fact]
    public async Task APPROVE_424_a_settings_archive_holds_no_upstream_login_in_clear()
    {
        await using var host = await StartAsync(Key);
        await SetAsync(host, "top-secret-1", "t-yamada");
        var archive = await host.SendAsync(HttpMethod.Post, Routes.SettingsExport, new SettingsExport(Accounts: true), Json.SettingsExport, Json.SettingsArchive);
        Assert.DoesNotContain("top-secret-1", archive.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("top-secret-1", await host.Client.GetStringAsync(Routes.AccountExport), StringComparison.Ordinal);
    }
}

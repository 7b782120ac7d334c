using ClusterMail.Admin.Contract;
using ClusterMail.Testing;

namespace ClusterMail.Admin.Tests;

/// <summary><c>ldap test</c> on a real directory, and what the settings of one must look like (STORE-2).</summary>
public sealed class LdapTests
{
    private static Task<LdapTestResult> TestAsync(AdminHost host, string? address = null, string? password = null) =>
        host.SendAsync(HttpMethod.Post, Routes.LdapTest, new LdapTest(address, password), AdminJson.Default.LdapTest, AdminJson.Default.LdapTestResult);

    [Fact]
    public async Task STORE_2_the_test_tells_step_by_step_how_far_a_login_comes_and_what_to_do()
    {
        await using var server = await LdapServer.StartAsync();
        await using var host = await AdminHost.StartAsync();
        Assert.Equal((false, false, 0), await TestAsync(host) is var none ? (none.Configured, none.Works, none.Steps.Count) : default);

        var saved = await host.SendAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null,
        [
            new("ldap.servers", server.TlsUrl), new("ldap.ca_file", server.CaFile), new("ldap.bind_dn", LdapServer.ReaderDn), new("ldap.bind_password", LdapServer.ReaderPassword),
            new("ldap.base", LdapServer.Suffix), new("ldap.group", LdapServer.Group),
        ]), AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved);
        Assert.Contains(saved.Changes, change => change is { Name: "ldap.bind_password", After: "***" });

        var good = await TestAsync(host, "taro@example.jp", "Secret123");
        Assert.True(good is { Configured: true, Works: true }, string.Join("; ", good.Steps));
        Assert.Equal(["connect", "tls", "bind", "search", "group", "login"], good.Steps.Select(step => step.Stage));
        var wrong = await TestAsync(host, "taro@example.jp", "Secret124");
        Assert.False(wrong.Works);
        Assert.Equal(("login", false), (wrong.Steps[^1].Stage, wrong.Steps[^1].Good));
        Assert.NotNull(wrong.Steps[^1].Hint);
        Assert.Equal(("group", false), await TestAsync(host, "hanako@example.jp") is var other ? (other.Steps[^1].Stage, other.Steps[^1].Good) : default);
        Assert.Equal(400, (await host.RefusedAsync(HttpMethod.Post, Routes.LdapTest, new LdapTest("taro"), AdminJson.Default.LdapTest)).Status);
    }
}

using System.Net;
using System.Text;
using ClusterMail.Queue.Login;
using ClusterMail.Queue.Settings;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using MailKit.Net.Smtp;
using MailKit.Security;

namespace ClusterMail.Queue.Tests;

/// <summary>Passwords and membership from a real directory (slapd), through a real listener (STORE-1, STORE-2, 01 D).</summary>
public sealed class LdapTests(LdapTests.Directory directory) : IClassFixture<LdapTests.Directory>
{
    private const string Ok = "235 2.0.0 Authentication successful.";
    private const string Failed = "535 5.7.0 Authentication failed";
    private const string Busy = "454 4.7.0";

    /// <summary>One server for all tests of the class; those that stop it start their own.</summary>
    public sealed class Directory : IAsyncLifetime
    {
        public LdapServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await LdapServer.StartAsync();

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    private static (string Name, string Value)[] Settings(LdapServer server, params (string Name, string Value)[] changed)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["domain.table"] = "example.jp local login=ldap",
            ["relay.rules"] = "",
            ["compat.auth.allow_clear"] = "true",
            ["ldap.servers"] = server.Url,
            ["ldap.ca_file"] = server.CaFile,
            ["ldap.bind_dn"] = LdapServer.ReaderDn,
            ["ldap.bind_password"] = LdapServer.ReaderPassword,
            ["ldap.base"] = "ou=people," + LdapServer.Suffix,
            ["ldap.group"] = "*",
            ["ldap.cache_seconds"] = "0",
        };
        foreach (var (name, value) in changed)
            all[name] = value;
        return [.. all.Select(pair => (pair.Key, pair.Value))];
    }

    private static async Task<AuthScene> StartAsync(LdapServer server, params (string Name, string Value)[] changed)
    {
        var scene = await AuthScene.StartAsync();
        await scene.SaveAsync(Settings(server, changed));
        return scene;
    }

    private static string Plain(string login, string password) => "AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{login}\0{password}"));

    private static async Task<string> LogInAsync(AuthScene scene, string login, string password) => (await SayAsync(scene, Plain(login, password)))[0];

    private static async Task<string[]> SayAsync(AuthScene scene, params string[] lines)
    {
        using var talk = await SmtpConversation.OpenAsync(scene.Relay);
        await talk.SayAsync("EHLO pc");
        var answers = new List<string>();
        foreach (var line in lines)
            answers.Add(await talk.SayAsync(line));
        return [.. answers];
    }

    private static async Task<string> ReceiveAsync(AuthScene scene, string recipient) =>
        (await SayAsync(scene, "MAIL FROM:<a@other.example>", $"RCPT TO:<{recipient}>"))[1];

    [Fact]
    public async Task STORE_2_the_password_is_the_directory_s_and_not_the_one_in_the_database()
    {
        await using var scene = await StartAsync(directory.Server);
        await scene.AccountAsync("twin1", "InDatabase1");
        // hanako's password here is another than taro's; both rows have hashes of their own in the database.
        await scene.ChangeAsync("UPDATE account SET changed = next_directory_version(), smtp_auth = true, password_hash = (SELECT password_hash FROM account WHERE name = 'twin1') WHERE name IN ('taro', 'hanako')");
        Assert.Equal(Ok, await LogInAsync(scene, "taro@example.jp", "Secret123"));
        Assert.Equal(Ok, await LogInAsync(scene, "hanako", "Secret456"));
        Assert.Equal(Failed, await LogInAsync(scene, "taro@example.jp", "InDatabase1"));
        Assert.Equal(Failed, await LogInAsync(scene, "taro@example.jp", "Secret456"));
        Assert.Equal(Ok, await LogInAsync(scene, "TARO@EXAMPLE.JP", "Secret123"));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task STORE_2_over_ldaps_StartTLS_and_only_where_wanted_clear_text(bool implicitTls, bool startTls)
    {
        await using var scene = await StartAsync(directory.Server, ("ldap.servers", implicitTls ? directory.Server.TlsUrl : directory.Server.Url), ("ldap.start_tls", startTls ? "true" : "false"));
        Assert.Equal(Ok, await LogInAsync(scene, "taro", "Secret123"));
        Assert.Equal(Failed, await LogInAsync(scene, "taro", "wrong"));
    }

    [Theory]
    [InlineData("ldap.ca_file", "")]
    [InlineData("ldap.servers", "ldap://127.0.0.1:PORT")]
    [InlineData("ldap.bind_password", "wrong")]
    [InlineData("ldap.base", "ou=nowhere,dc=example,dc=jp")]
    [InlineData("ldap.ca_file", "/nonexistent.pem")]
    public async Task STORE_2_a_directory_that_is_not_the_one_meant_or_not_set_up_well_is_a_temporary_failure(string setting, string value)
    {
        await using var scene = await StartAsync(directory.Server, (setting, value.Replace("PORT", $"{directory.Server.Port}", StringComparison.Ordinal)));
        Assert.StartsWith(Busy, await LogInAsync(scene, "taro", "Secret123"), StringComparison.Ordinal);
        await scene.SaveAsync(Settings(directory.Server));
        Assert.Equal(Ok, await LogInAsync(scene, "taro", "Secret123"));
    }

    [Fact]
    public async Task STORE_2_an_empty_password_is_wrong_although_the_directory_would_bind_it_as_nobody()
    {
        await using var scene = await StartAsync(directory.Server, ("ldap.group", "*"));
        Assert.Equal(Failed, await LogInAsync(scene, "taro", ""));
    }

    [Fact]
    public async Task STORE_2_what_stands_in_a_login_name_never_becomes_part_of_the_filter()
    {
        await using var scene = await StartAsync(directory.Server, ("ldap.filter", "(uid={user})"), ("ldap.address_attribute", ""));
        await scene.AccountAsync("a*b", "x");
        await scene.AccountAsync("t*o", "x");
        await scene.AccountAsync("x)(uid=taro", "x");
        await scene.AccountAsync("{address}", "x");
        Assert.Equal(Ok, await LogInAsync(scene, "taro", "Secret123"));
        Assert.Equal(Ok, await LogInAsync(scene, "a*b", "Secret789"));
        Assert.Equal(Failed, await LogInAsync(scene, "t*o", "Secret123"));
        Assert.Equal(Failed, await LogInAsync(scene, "x)(uid=taro", "Secret123"));
        Assert.Equal(Failed, await LogInAsync(scene, "{address}", "Secret123"));
    }

    [Fact]
    public async Task STORE_2_an_entry_of_another_address_and_two_entries_let_nobody_in()
    {
        await using var scene = await StartAsync(directory.Server, ("ldap.filter", "(|(uid={user})(mail={address}))"));
        await scene.AccountAsync("twin1", "x");
        await scene.AccountAsync("twin", "x");
        // twin1's entry has the mail twin@example.jp.
        Assert.Equal(Failed, await LogInAsync(scene, "twin1", "Secret789"));
        Assert.StartsWith(Busy, await LogInAsync(scene, "twin", "Secret789"), StringComparison.Ordinal);
        // Which is no reason to leave the server alone.
        Assert.Equal(Ok, await LogInAsync(scene, "taro", "Secret123"));
        Assert.False(scene.Ldap.IsDown);
    }

    [Fact]
    public async Task STORE_2_who_has_no_account_here_does_not_get_in_by_the_directory_alone()
    {
        await using var scene = await StartAsync(directory.Server);
        await scene.ChangeAsync("UPDATE account SET changed = next_directory_version(), removed_at = now() WHERE name = 'hanako'");
        Assert.Equal(Failed, await LogInAsync(scene, "hanako", "Secret456"));
        Assert.StartsWith("550 ", await ReceiveAsync(scene, "hanako@example.jp"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task STORE_1_only_members_of_the_group_log_in_and_receive_and_others_do_not_exist()
    {
        await using var scene = await StartAsync(directory.Server, ("ldap.group", LdapServer.Group));
        await scene.ChangeAsync("UPDATE account SET changed = next_directory_version(), smtp_auth = true");
        Assert.Equal(Ok, await LogInAsync(scene, "taro", "Secret123"));
        Assert.Equal(Failed, await LogInAsync(scene, "hanako", "Secret456"));
        Assert.StartsWith("250 ", await ReceiveAsync(scene, "taro@example.jp"), StringComparison.Ordinal);
        Assert.Equal((await ReceiveAsync(scene, "nobody@example.jp")).Replace("nobody", "hanako", StringComparison.Ordinal), await ReceiveAsync(scene, "hanako@example.jp"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cn=nosuch,ou=groups,dc=example,dc=jp")]
    public async Task STORE_1_group_empty_means_nobody_receives(string group)
    {
        await using var scene = await StartAsync(directory.Server, ("ldap.group", group));
        Assert.Equal(Failed, await LogInAsync(scene, "taro", "Secret123"));
        Assert.StartsWith("550 ", await ReceiveAsync(scene, "taro@example.jp"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task STORE_2_a_domain_without_login_ldap_never_asks_the_directory()
    {
        await using var scene = await StartAsync(directory.Server, ("domain.table", "example.jp local login=ldap\nexample.com local"), ("ldap.servers", "ldap://127.0.0.1:1"));
        await scene.AccountAsync("jiro", "Secret321", domain: "example.com");
        Assert.Equal(Ok, await LogInAsync(scene, "jiro@example.com", "Secret321"));
        Assert.StartsWith("250 ", await ReceiveAsync(scene, "jiro@example.com"), StringComparison.Ordinal);
        Assert.StartsWith("451 ", await ReceiveAsync(scene, "taro@example.jp"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task STORE_2_SCRAM_and_CRAM_are_not_offered_where_all_are_of_the_directory_and_refused_where_some_are()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var scene = await StartAsync(directory.Server, ("auth.methods", "SCRAM-SHA-256 PLAIN LOGIN"));
        using (var talk = await SmtpConversation.OpenAsync(scene.Relay))
        {
            var hello = await talk.SayAsync("EHLO pc");
            Assert.Contains("AUTH PLAIN LOGIN", hello, StringComparison.Ordinal);
            Assert.DoesNotContain("SCRAM", hello, StringComparison.Ordinal);
        }
        await scene.SaveAsync(Settings(directory.Server, ("domain.table", "example.jp local login=ldap\nexample.com local"), ("auth.methods", "SCRAM-SHA-256 PLAIN LOGIN")));
        await scene.AccountAsync("jiro", "Secret321", domain: "example.com");
        // The database has a verifier of this very password for taro, from before.
        using var client = new SmtpClient();
        await client.ConnectAsync(scene.Relay.Address.ToString(), scene.Relay.Port, SecureSocketOptions.None, cancel);
        await Assert.ThrowsAsync<AuthenticationException>(() => client.AuthenticateAsync(new SaslMechanismScramSha256("taro@example.jp", "Secret123"), cancel));
        await client.AuthenticateAsync(new SaslMechanismScramSha256("jiro@example.com", "Secret321"), cancel);
        await client.DisconnectAsync(true, cancel);
    }

    [Fact]
    public async Task STORE_2_a_directory_that_is_down_is_454_counts_for_no_lockout_is_told_once_and_comes_back()
    {
        await using var server = await LdapServer.StartAsync();
        await using var scene = await StartAsync(server, ("lockout.auth_failures", "1"), ("lockout.exempt", ""));
        Assert.Equal(Ok, await LogInAsync(scene, "taro", "Secret123"));
        await server.StopAsync();
        for (var i = 0; i < 4; i++)
            Assert.StartsWith(Busy, await LogInAsync(scene, "taro", "Secret123"), StringComparison.Ordinal);
        Assert.StartsWith("451 ", await ReceiveAsync(scene, "taro@example.jp"), StringComparison.Ordinal);
        Assert.True(scene.Ldap.IsDown);
        Assert.False(scene.Guard.IsLockedOut(IPAddress.Loopback));
        await server.StartAgainAsync();
        await Testing.Processes.Until.TrueAsync(async () => await LogInAsync(scene, "taro", "Secret123") == Ok, AuthScene.Patience, "the directory back");
        Assert.False(scene.Ldap.IsDown);
        await Testing.Processes.Until.TrueAsync(
            async () => await scene.Database.ScalarAsync<long>("SELECT count(*) FROM event WHERE kind IN ('ldap-down', 'ldap-up')") == 2, AuthScene.Patience, "both events");
        Assert.Equal(1, await scene.Database.ScalarAsync<long>("SELECT count(*) FROM event WHERE kind = 'ldap-down' AND text NOT LIKE '%Secret%' AND text NOT LIKE '%reader-secret%'"));
        Assert.Equal(1, await scene.Database.ScalarAsync<long>("SELECT count(*) FROM event WHERE kind = 'ldap-up'"));
    }

    [Fact]
    public async Task STORE_2_a_good_login_and_a_membership_are_believed_for_a_while_and_nothing_else_is()
    {
        await using var server = await LdapServer.StartAsync();
        await using var scene = await StartAsync(server, ("ldap.cache_seconds", "3600"), ("ldap.group", LdapServer.Group));
        Assert.Equal(Ok, await LogInAsync(scene, "taro", "Secret123"));
        Assert.StartsWith("250 ", await ReceiveAsync(scene, "taro@example.jp"), StringComparison.Ordinal);
        await server.StopAsync();
        Assert.Equal(Ok, await LogInAsync(scene, "taro", "Secret123"));
        Assert.StartsWith("250 ", await ReceiveAsync(scene, "taro@example.jp"), StringComparison.Ordinal);
        Assert.StartsWith(Busy, await LogInAsync(scene, "taro", "Secret12"), StringComparison.Ordinal);
        Assert.StartsWith("451 ", await ReceiveAsync(scene, "hanako@example.jp"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task STORE_2_the_next_server_is_asked_when_the_first_is_down()
    {
        await using var scene = await StartAsync(directory.Server, ("ldap.servers", $"ldap://127.0.0.1:1 {directory.Server.TlsUrl}"));
        Assert.Equal(Ok, await LogInAsync(scene, "taro", "Secret123"));
        Assert.Equal(Ok, await LogInAsync(scene, "taro", "Secret123"));
    }

    [Fact]
    public async Task STORE_2_more_logins_than_connections_wait_for_one()
    {
        await using var scene = await StartAsync(directory.Server, ("ldap.connections", "2"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => LogInAsync(scene, "taro", n % 2 == 0 ? "Secret123" : "wrong")));
        Assert.Equal(10, answers.Count(answer => answer == Ok));
        Assert.Equal(10, answers.Count(answer => answer == Failed));
    }

    [Theory]
    [InlineData("ldap.servers", "ldap://a.example ldaps://b.example:1636", 0)]
    [InlineData("ldap.servers", "http://a.example", 1)]
    [InlineData("ldap.servers", "ldap://user@a.example", 1)]
    [InlineData("ldap.servers", "ldap://a.example/dc=x", 1)]
    [InlineData("ldap.filter", "(&(objectClass=person)(|(mail={address})(proxyAddresses=smtp:{address}))(!(userAccountControl:1.2.840.113556.1.4.803:=2)))", 0)]
    [InlineData("ldap.filter", "(uid={user}*)", 0)]
    [InlineData("ldap.filter", "uid={user}", 1)]
    [InlineData("ldap.filter", "(uid={user}", 1)]
    [InlineData("ldap.filter", "(uid={user}))", 1)]
    [InlineData("ldap.filter", "(uid={user}\\zz)", 1)]
    [InlineData("ldap.filter", "(uid=taro)", 1)]
    [InlineData("ldap.filter", "(&)", 1)]
    [InlineData("domain.table", "example.jp local login=ldap", 1)]
    [InlineData("ldap.bind_dn", "cn=x", 1)]
    public void STORE_2_CONF_60_a_value_that_cannot_work_is_refused_with_its_place(string name, string text, int errors) =>
        Assert.Equal(errors, SettingChecks.Validator.Check(name, text).Count(error => error is { IsWarning: false, Rule: "STORE-2" }));

    [Fact]
    public async Task STORE_2_the_trial_tells_each_step_and_where_it_ends()
    {
        await using var scene = await StartAsync(directory.Server, ("ldap.servers", $"ldap://127.0.0.1:1 {directory.Server.TlsUrl}"), ("ldap.group", LdapServer.Group));
        var steps = await DirectoryLogin.TryAsync(scene.Settings.Current.Settings, new("taro", "example.jp"), "Secret123", default);
        Assert.Equal(["Connect False", "Connect True", "Tls True", "Bind True", "Search True", "Group True", "Login True"], steps!.Select(step => $"{step.Stage} {step.IsGood}"));
        steps = await DirectoryLogin.TryAsync(scene.Settings.Current.Settings, new("hanako", "example.jp"), "wrong", default);
        Assert.Equal(["Group False", "Login False"], steps!.TakeLast(2).Select(step => $"{step.Stage} {step.IsGood}"));
        Assert.DoesNotContain(steps!, step => step.Detail.Contains("wrong", StringComparison.Ordinal) || step.Detail.Contains(LdapServer.ReaderPassword, StringComparison.Ordinal));
        steps = await DirectoryLogin.TryAsync(scene.Settings.Current.Settings, new("nobody", "example.jp"), null, default);
        Assert.Equal("Search False", $"{steps![^1].Stage} {steps[^1].IsGood}");
        await scene.SaveAsync(Settings(directory.Server, ("ldap.ca_file", ""), ("ldap.servers", directory.Server.TlsUrl)));
        steps = await DirectoryLogin.TryAsync(scene.Settings.Current.Settings, null, null, default);
        Assert.Equal(["Connect True", "Tls False"], steps!.Select(step => $"{step.Stage} {step.IsGood}"));
    }
}

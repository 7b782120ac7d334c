using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Local;
using CliWrap.Buffered;

namespace ClusterMail.Cli.Tests;

public sealed class ConsoleTests : IDisposable
{
    private static readonly AdminJson Json = AdminJson.Default;
    private readonly TemporaryFolder _home = new();

    private string SessionPath => Path.Combine(_home.Path, "clustermail", "session.json");

    public void Dispose() => _home.Dispose();

    private Task<BufferedCommandResult> RunAsync(string? input, params IReadOnlyList<string> arguments) =>
        Cli.RunAsync(new Dictionary<string, string?> { ["XDG_CONFIG_HOME"] = _home.Path }, arguments, input);

    private static async Task<AdminPeer> PeerAsync(DateTimeOffset? ends = null) => (await AdminPeer.StartAsync())
        .Answering("POST", Routes.Login, new LoggedIn(AdminPeer.Token, "hanako", ["operator"], [], ends ?? DateTimeOffset.UtcNow.AddHours(12), 3600), Json.LoggedIn)
        .Answering("GET", Routes.Session, new WhoAmI("hanako", ["operator"], [], "session", DateTimeOffset.UtcNow.AddHours(12), false), Json.WhoAmI)
        .Answering("DELETE", Routes.Session, new ConsoleDone("hanako", "The session has ended."), Json.ConsoleDone)
        .Answering("GET", Routes.Leader, new LeaderStatus("n2"), Json.LeaderStatus);

    [Fact]
    public async Task ADMIN_14_login_keeps_the_session_for_its_user_alone_and_later_commands_use_it_until_logout()
    {
        await using var peer = await PeerAsync();
        var login = await RunAsync("correct horse battery\n123456\n", "login", "hanako", "--url", peer.Url, "--password-stdin");
        Assert.Equal((0, ""), (login.ExitCode, login.StandardError));
        Assert.Equal(new LogIn("hanako", "correct horse battery", "123456"), JsonSerializer.Deserialize(peer.Requests[0].Body, Json.LogIn));
        Assert.DoesNotContain(AdminPeer.Token, login.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SessionPath));
        var leader = await RunAsync(null, "cluster", "leader");
        Assert.Equal((0, "n2\n"), (leader.ExitCode, leader.StandardOutput));
        Assert.StartsWith("hanako: operator\n", (await RunAsync(null, "whoami")).StandardOutput, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(null, "logout")).ExitCode);
        Assert.Equal(("DELETE", Routes.Session), (peer.Requests[^1].Method, peer.Requests[^1].PathAndQuery));
        Assert.False(File.Exists(SessionPath));
        Assert.Equal(1, (await RunAsync(null, "logout")).ExitCode);
    }

    [Fact]
    public async Task ADMIN_14_without_a_second_factor_the_password_alone_is_sent()
    {
        await using var peer = await PeerAsync();
        Assert.Equal(0, (await RunAsync("correct horse battery\n", "login", "hanako", "--url", peer.Url, "--password-stdin")).ExitCode);
        Assert.Equal(new LogIn("hanako", "correct horse battery"), JsonSerializer.Deserialize(peer.Requests[0].Body, Json.LogIn));
    }

    [Fact]
    public async Task ADMIN_14_a_refused_login_keeps_nothing_and_says_what_may_be_wrong()
    {
        await using var peer = (await AdminPeer.StartAsync())
            .Answering("POST", Routes.Login, new Problem { Title = "Name, password or code is wrong.", Status = 401, Rule = "ADMIN-14" }, Json.Problem, 401);
        var login = await RunAsync("wrong\n", "login", "hanako", "--url", peer.Url, "--password-stdin");
        Assert.Equal(1, login.ExitCode);
        Assert.Contains("Name, password or code is wrong.", login.StandardError, StringComparison.Ordinal);
        Assert.False(File.Exists(SessionPath));
    }

    [Fact]
    public async Task ADMIN_14_the_sessions_token_is_sent_to_no_other_cluster_and_gives_way_to_data_and_token()
    {
        await using var peer = await PeerAsync();
        await using var other = await PeerAsync();
        Assert.Equal(0, (await RunAsync("correct horse battery\n", "login", "hanako", "--url", peer.Url, "--password-stdin")).ExitCode);
        Assert.Equal(0, (await RunAsync(null, "cluster", "leader", "--url", peer.Url)).ExitCode);
        Assert.Equal(1, (await RunAsync(null, "cluster", "leader", "--url", other.Url)).ExitCode);
        Assert.Equal(1, (await RunAsync(null, "cluster", "leader", "--url", peer.Url, "--url", other.Url)).ExitCode);
        Assert.Equal(1, (await RunAsync(null, "cluster", "leader", "--url", peer.Url, "--token", "another-token")).ExitCode);
        Assert.Equal(3, (await RunAsync(null, "cluster", "leader", "--data", Path.Combine(_home.Path, "none"))).ExitCode);
    }

    [Fact]
    public async Task ADMIN_14_a_session_that_has_ended_or_that_others_can_read_is_not_used()
    {
        await using var peer = await PeerAsync(DateTimeOffset.UtcNow.AddSeconds(-1));
        Assert.Equal(0, (await RunAsync("correct horse battery\n", "login", "hanako", "--url", peer.Url, "--password-stdin")).ExitCode);
        var ended = await RunAsync(null, "cluster", "leader");
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("'clustermail login'", ended.StandardError, StringComparison.Ordinal);
        File.SetUnixFileMode(SessionPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("may be read by others", (await RunAsync(null, "cluster", "leader")).StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain(peer.Requests, request => request.PathAndQuery == Routes.Leader);
    }

    [Fact]
    public async Task ADMIN_12_console_add_sends_roles_domains_and_the_password_from_standard_input()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", Routes.ConsoleAccounts, new ConsoleDone("jiro", "jiro was created."), Json.ConsoleDone);
        var added = await Cli.TypeAsync(
            "correct horse battery\n", "console", "add", "jiro", "--role", "domain-admin", "--domain", "a.example", "--domain", "b.example", "--password-stdin", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal((0, "jiro was created.\n"), (added.ExitCode, added.StandardOutput));
        var sent = JsonSerializer.Deserialize(peer.Requests[0].Body, Json.ConsoleAdd)!;
        Assert.Equal(("jiro", "domain-admin", "a.example b.example", "correct horse battery"), (sent.Name, string.Join(' ', sent.Roles), string.Join(' ', sent.Domains!), sent.Password));
        Assert.Equal(2, (await Cli.RunAsync("console", "add", "x", "--role", "god", "--no-password")).ExitCode);
        Assert.Equal(2, (await Cli.RunAsync("console", "set", "x", "--url", peer.Url, "--token", AdminPeer.Token)).ExitCode);
    }

    [Fact]
    public async Task ADMIN_12_the_roles_are_explained_in_English_and_Japanese()
    {
        var help = (await Cli.RunAsync("console", "add", "--help")).StandardOutput;
        foreach (var word in (string[])[.. RoleNames.All, "クラスタ管理者", "ドメイン管理者", "オペレーター", "監査担当者", "利用者"])
            Assert.Contains(word, help.ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADMIN_14_ones_own_password_needs_the_present_one_and_somebody_elses_does_not()
    {
        await using var peer = await PeerAsync();
        peer.Answering("PUT", Routes.Fill(Routes.ConsolePassword, "hanako"), new ConsoleDone("hanako", "done"), Json.ConsoleDone)
            .Answering("PUT", Routes.Fill(Routes.ConsolePassword, "jiro"), new ConsoleDone("jiro", "done"), Json.ConsoleDone);
        Assert.Equal(0, (await Cli.TypeAsync("present words\nnew words\n", "console", "password", "--password-stdin", "--url", peer.Url, "--token", AdminPeer.Token)).ExitCode);
        Assert.Equal(new ConsolePassword("new words", "present words"), JsonSerializer.Deserialize(peer.Requests[^1].Body, Json.ConsolePassword));
        Assert.Equal(0, (await Cli.TypeAsync("new words\n", "console", "password", "jiro", "--password-stdin", "--url", peer.Url, "--token", AdminPeer.Token)).ExitCode);
        Assert.Equal(new ConsolePassword("new words"), JsonSerializer.Deserialize(peer.Requests[^1].Body, Json.ConsolePassword));
    }

    [Fact]
    public async Task ADMIN_14_a_new_token_stands_alone_on_standard_output()
    {
        await using var peer = await PeerAsync();
        peer.Answering("POST", Routes.Fill(Routes.ConsoleTokens, "hanako"), new ConsoleTokenMade("robot", "cmt_abc", null), Json.ConsoleTokenMade);
        var made = await Cli.RunAsync("console", "token", "add", "robot", "--days", "30", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal((0, "cmt_abc\n"), (made.ExitCode, made.StandardOutput));
        Assert.Equal(new ConsoleTokenAdd("robot", 30), JsonSerializer.Deserialize(peer.Requests[^1].Body, Json.ConsoleTokenAdd));
        Assert.Contains("not shown again", made.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADMIN_14_totp_enable_shows_the_secret_takes_a_code_and_prints_the_recovery_codes()
    {
        await using var peer = await PeerAsync();
        var path = Routes.Fill(Routes.SecondFactor, "hanako");
        peer.Answering("POST", path, new SecondFactorBegun("ABCDEF", "otpauth://totp/x"), Json.SecondFactorBegun).Answering("PUT", path, new SecondFactorEnabled(["aaaa-bbbb"]), Json.SecondFactorEnabled);
        var enabled = await Cli.TypeAsync("123456\n", "console", "totp", "enable", "--code-stdin", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal((0, "ABCDEF\notpauth://totp/x\naaaa-bbbb\n"), (enabled.ExitCode, enabled.StandardOutput));
        Assert.Equal(new SecondFactorCode("123456"), JsonSerializer.Deserialize(peer.Requests[^1].Body, Json.SecondFactorCode));
    }

    [Fact]
    public async Task ADMIN_13_audit_list_asks_for_what_is_wanted_and_shows_old_and_new_value()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Audit, new AuditPage(
            [new(7, DateTimeOffset.UnixEpoch, "hanako", "session", "192.0.2.7", "done", "account.change", "taro@a.example", [new("full_name", "Taro", "Jiro")])], 7), Json.AuditPage);
        var list = await Cli.RunAsync("audit", "list", "--by", "hanako", "--what", "account", "--outcome", "done", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(0, list.ExitCode);
        Assert.Contains("full_name: Taro -> Jiro", list.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("--before 7", list.StandardOutput, StringComparison.Ordinal);
        Assert.Equal($"{Routes.Audit}?by=hanako&what=account&outcome=done&limit=100", peer.Requests[0].PathAndQuery);
    }

    [Fact]
    public async Task ADMIN_13_an_exported_audit_is_readable_by_its_owner_alone()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.AuditExport, "id,at\r\n"u8.ToArray());
        var file = Path.Combine(_home.Path, "audit.csv");
        Assert.Equal(0, (await Cli.RunAsync("audit", "export", "--to", file, "--url", peer.Url, "--token", AdminPeer.Token)).ExitCode);
        Assert.Equal(("id,at\r\n", UnixFileMode.UserRead | UnixFileMode.UserWrite), (File.ReadAllText(file), File.GetUnixFileMode(file)));
        Assert.EndsWith(Path.Combine("clustermail", "session.json"), SessionFile.Place, StringComparison.Ordinal);
    }
}

using System.Net;
using System.Text;
using ClusterMail.Testing.Processes;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace ClusterMail.Queue.Tests;

/// <summary>SMTP AUTH end to end: accounts in a real database, real sockets, real clients (chapter 01 D, E, I).</summary>
public sealed class AuthSessionTests
{
    private const string Ok = "235 2.0.0 Authentication successful.";
    private const string Failed = "535 5.7.0 Authentication failed";
    private static readonly (string, string) Clear = ("compat.auth.allow_clear", "true");
    private static readonly (string, string)[] Original = [Clear, ("compat.auth.cram_md5", "true"), ("compat.auth.recoverable_store", "true"), ("auth.methods", "PLAIN LOGIN CRAM-MD5")];

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Plain(string login, string password, string authorised = "") => "AUTH PLAIN " + Base64($"{authorised}\0{login}\0{password}");

    private static async Task<SmtpConversation> TalkAsync(IPEndPoint to, string hello = "EHLO pc")
    {
        var talk = await SmtpConversation.OpenAsync(to);
        await talk.SayAsync(hello);
        return talk;
    }

    private static async Task<string[]> SayAsync(AuthScene scene, string hello, params string[] lines)
    {
        using var talk = await TalkAsync(scene.Relay, hello);
        var answers = new List<string>();
        foreach (var line in lines)
            answers.Add(await talk.SayAsync(line));
        return [.. answers];
    }

    [Fact]
    public async Task AUTH_9_each_row_of_the_result_table()
    {
        await using var scene = await AuthScene.StartAsync(Clear);
        const string Taro = "MAIL FROM:<taro@example.jp>", Hanako = "MAIL FROM:<hanako@example.jp>";
        Assert.Equal([Ok, "250 2.0.0 <taro@example.jp>... Sender ok."], await SayAsync(scene, "EHLO pc", Plain("taro@example.jp", "Secret123"), Taro));
        Assert.Equal([Failed, "503 5.0.0 Need AUTH before MAIL"], await SayAsync(scene, "EHLO pc", Plain("taro@example.jp", "wrong"), Taro));
        Assert.Equal(["503 5.0.0 Need EHLO before AUTH"], await SayAsync(scene, "HELO pc", Taro));
        Assert.Equal(["503 5.0.0 Need EHLO before AUTH"], await SayAsync(scene, "EHLO pc", Taro));
        Assert.Equal([Failed, "503 5.0.0 Need AUTH before MAIL"], await SayAsync(scene, "EHLO pc", Plain("hanako@example.jp", "Secret456"), Hanako));
        Assert.Equal([Failed], await SayAsync(scene, "EHLO pc", Plain("hanako@example.jp", "any")));
        Assert.Equal(["250 2.0.0 <hanako@example.jp>... Sender ok."], await SayAsync(scene, "HELO pc", Hanako));
        Assert.Equal(["250 2.0.0 <hanako@example.jp>... Sender ok."], await SayAsync(scene, "EHLO pc", Hanako));
        await scene.SaveAsync(("domain.table", "example.jp local"), ("auth.methods", "NO"));
        Assert.Equal(["250 2.0.0 <taro@example.jp>... Sender ok."], await SayAsync(scene, "EHLO pc", Taro));
        Assert.Equal(["503 5.5.1 Error: authentication not enabled."], await SayAsync(scene, "EHLO pc", Plain("taro@example.jp", "Secret123")));
    }

    [Fact]
    public async Task EX_RECV_4_with_AUTH_off_EHLO_shows_none()
    {
        await using var scene = await AuthScene.StartAsync(Clear, ("auth.methods", "NO"));
        using var talk = await SmtpConversation.OpenAsync(scene.Relay);
        Assert.DoesNotContain("AUTH", await talk.SayAsync("EHLO pc"), StringComparison.Ordinal);
        Assert.Equal("503 5.5.1 Error: authentication not enabled.", await talk.SayAsync("AUTH PLAIN"));
    }

    [Fact]
    public async Task EX_RECV_1_EHLO_lists_AUTH_in_clear_text_only_with_the_switch()
    {
        await using var scene = await AuthScene.StartAsync(("auth.methods", "PLAIN LOGIN"));
        using (var talk = await SmtpConversation.OpenAsync(scene.Relay))
        {
            Assert.DoesNotContain("AUTH", await talk.SayAsync("EHLO out.example.net"), StringComparison.Ordinal);
            Assert.Equal("538 5.7.11 Encryption required, send STARTTLS first.", await talk.SayAsync(Plain("taro@example.jp", "Secret123")));
        }
        await scene.SaveAsync(("domain.table", "example.jp local"), ("auth.methods", "PLAIN LOGIN"), Clear);
        using var clear = await SmtpConversation.OpenAsync(scene.Relay);
        Assert.Matches(@"250-AUTH PLAIN LOGIN\r?\n", await clear.SayAsync("EHLO out.example.net") + "\n");
        Assert.Equal("250 2.0.0 <a@example.net>... Sender ok.", await clear.SayAsync("MAIL FROM:<a@example.net>"));
        Assert.Equal("250 2.0.0 <taro@example.jp>... Recipient ok.", await clear.SayAsync("RCPT TO:<taro@example.jp>"));
        Assert.Equal("354 Start mail input; id <B0000000098> end with <CRLF>.<CRLF>", await clear.SayAsync("DATA"));
        Assert.Equal("250 2.0.0 Message received ok.", await clear.SayAsync("Subject: x\r\n\r\nx\r\n."));
    }

    private static SaslMechanism Mechanism(string name, string login, string password) => name switch
    {
        "PLAIN" => new SaslMechanismPlain(login, password),
        "LOGIN" => new SaslMechanismLogin(login, password),
        "CRAM-MD5" => new SaslMechanismCramMd5(login, password),
        _ => new SaslMechanismScramSha256(login, password),
    };

    private static async Task<SmtpClient> ConnectAsync(IPEndPoint to, SecureSocketOptions security)
    {
        var client = new SmtpClient { ServerCertificateValidationCallback = (_, _, _, _) => true };
        await client.ConnectAsync(to.Address.ToString(), to.Port, security, TestContext.Current.CancellationToken);
        return client;
    }

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("CRAM-MD5")]
    public async Task AUTH_1_a_real_client_authenticates_by_each_method_and_sends(string method)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var scene = await AuthScene.StartAsync(
            ("auth.methods", "PLAIN LOGIN SCRAM-SHA-256 CRAM-MD5"), ("compat.auth.cram_md5", "true"), ("compat.auth.recoverable_store", "true"));
        using (var stranger = await ConnectAsync(scene.Submission, SecureSocketOptions.StartTls))
            await Assert.ThrowsAsync<AuthenticationException>(() => stranger.AuthenticateAsync(Mechanism(method, "taro@example.jp", "Secret124"), cancel));
        using var client = await ConnectAsync(scene.Submission, SecureSocketOptions.StartTls);
        await client.AuthenticateAsync(Mechanism(method, "taro@example.jp", "Secret123"), cancel);
        using var message = new MimeMessage([new MailboxAddress("", "taro@example.jp")], [new MailboxAddress("", "y@example.org")], "x", new TextPart("plain") { Text = "x" });
        await client.SendAsync(message, cancel);
        await client.DisconnectAsync(true, cancel);
        var mail = Assert.Single(scene.Mails);
        Assert.Equal(("taro@example.jp", "taro@example.jp"), (mail.Client.AuthenticatedAs, mail.Envelope.ReversePath.Stored));
    }

    [Theory]
    [InlineData("submission")]
    [InlineData("smtps")]
    public async Task CONF_23_the_ports_for_users_take_mail_after_AUTH_only(string port)
    {
        await using var scene = await AuthScene.StartAsync();
        string[] server = port == "smtps" ? ["--server", scene.Smtps.ToString(), "--tls-on-connect"] : ["--server", scene.Submission.ToString(), "--tls"];
        string[] mail = ["--from", "taro@example.jp", "--to", "y@example.org"];
        var without = await Tool.RunAsync(AuthScene.Patience, "swaks", [.. server, .. mail]);
        Assert.Contains("530 5.7.0 Authentication required", without.Output, StringComparison.Ordinal);
        var with = await Tool.RunAsync(AuthScene.Patience, "swaks", [.. server, .. mail, "--auth", "PLAIN", "--auth-user", "taro@example.jp", "--auth-password", "Secret123"]);
        Assert.Contains("235 2.0.0 Authentication successful.", with.Output, StringComparison.Ordinal);
        Assert.Equal("taro@example.jp", Assert.Single(scene.Mails).Client.AuthenticatedAs);
    }

    [Fact]
    public async Task AUTH_11_a_login_without_domain_means_the_bound_domain_or_the_only_one()
    {
        await using var scene = await AuthScene.StartAsync(Clear);
        Assert.Equal([Ok], await SayAsync(scene, "EHLO pc", Plain("taro", "Secret123")));
        await scene.AccountAsync("taro", "Another789", domain: "example.com");
        await scene.SaveAsync(Clear, ("domain.table", "example.jp local\nexample.com local"));
        Assert.Equal([Failed], await SayAsync(scene, "EHLO pc", Plain("taro", "Secret123")));
        Assert.Equal([Ok], await SayAsync(scene, "EHLO pc", Plain("taro@example.com", "Another789")));
        await scene.SaveAsync(Clear, ("domain.table", "example.jp local\nexample.com local address=127.0.0.1"));
        Assert.Equal([Ok], await SayAsync(scene, "EHLO pc", Plain("taro", "Another789")));
        Assert.Equal([Failed], await SayAsync(scene, "EHLO pc", Plain("taro", "Secret123")));
    }

    [Fact]
    public async Task AUTH_13_a_failure_ends_nothing_and_the_third_the_connection()
    {
        await using var scene = await AuthScene.StartAsync(Clear);
        Assert.Equal([Failed, Failed, Ok], await SayAsync(scene, "EHLO pc", Plain("taro", "a"), Plain("taro", "b"), Plain("taro", "Secret123")));
        using var talk = await TalkAsync(scene.Relay);
        for (var attempt = 0; attempt < 3; attempt++)
            Assert.Equal(Failed, await talk.SayAsync(Plain("taro", "wrong")));
        Assert.StartsWith("421 4.7.0", await talk.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AUTH_9_a_suspended_account_and_one_that_does_not_exist_fail_alike()
    {
        await using var scene = await AuthScene.StartAsync(Clear);
        await scene.AccountAsync("sleeper", "Secret123", suspended: true);
        Assert.Equal([Failed, Failed], await SayAsync(scene, "EHLO pc", Plain("sleeper", "Secret123"), Plain("nobody", "Secret123")));
        Assert.Equal([Failed], await SayAsync(scene, "EHLO pc", Plain("hanako", "Secret456", authorised: "taro")));
    }

    [Fact]
    public async Task AUTH_6_at_level_open_an_account_without_the_flag_may_log_in()
    {
        await using var scene = await AuthScene.StartAsync(Clear, ("auth.security_level", "open"));
        Assert.Equal([Ok], await SayAsync(scene, "EHLO pc", Plain("hanako", "Secret456")));
    }

    [Fact]
    public async Task ACCT_4_who_is_suspended_while_connected_has_no_rights_left()
    {
        await using var scene = await AuthScene.StartAsync();
        using var client = await ConnectAsync(scene.Submission, SecureSocketOptions.StartTls);
        await client.AuthenticateAsync(new SaslMechanismPlain("taro", "Secret123"), TestContext.Current.CancellationToken);
        await scene.ChangeAsync("UPDATE account SET suspended = true, changed = next_directory_version() WHERE name = 'taro'");
        using var message = new MimeMessage([new MailboxAddress("", "taro@example.jp")], [new MailboxAddress("", "y@example.org")], "x", new TextPart("plain") { Text = "x" });
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => client.SendAsync(message, TestContext.Current.CancellationToken));
        Assert.Contains("Authentication required", refused.Message, StringComparison.Ordinal);
        Assert.Empty(scene.Mails);
    }

    [Fact]
    public async Task TRUST_3_PIPE_17_CONTRA_27_the_From_header_is_compared_after_DATA()
    {
        await using var scene = await AuthScene.StartAsync(Clear, ("auth.sender_trust", "3"));
        using var talk = await TalkAsync(scene.Relay);
        Assert.Equal(Ok, await talk.SayAsync(Plain("taro", "Secret123")));
        foreach (var (headers, answer) in new[]
        {
            ("From: taro@example.jp\r\n", "250"), ("From: Boss <hanako@example.jp>\r\n", "550"), ("Subject: x\r\n", "550"),
            ("Subject: x\r\nFROM :\r\n =?utf-8?q?Taro?=\r\n <taro@example.jp>\r\nTo: b\r\n", "250"), ("From: taro@example.jp\r\nFrom: taro@example.jp\r\n", "550"),
            ("From: taro@example.jp,\r\n hanako@example.jp\r\n", "550"), ("Foo: taro@example.jp\r\nFrom: taro@example.jp\r\n", "250"),
            ($"From: {new string('x', 3000)} <taro@example.jp>\r\n", "550"),
        })
        {
            Assert.StartsWith("250", await talk.SayAsync("MAIL FROM:<taro@example.jp>"), StringComparison.Ordinal);
            Assert.StartsWith("250", await talk.SayAsync("RCPT TO:<y@example.org>"), StringComparison.Ordinal);
            Assert.StartsWith("354", await talk.SayAsync("DATA"), StringComparison.Ordinal);
            Assert.StartsWith(answer, await talk.SayAsync($"{headers}\r\nFrom: in the body\r\n."), StringComparison.Ordinal);
        }
        Assert.Equal(3, scene.Mails.Count);
    }

    [Fact]
    public async Task EX_RECV_8_both_recipients_are_answered_250_and_one_is_stored()
    {
        await using var scene = await AuthScene.StartAsync();
        await scene.ChangeAsync("INSERT INTO alias (changed, domain, name, real) VALUES (next_directory_version(), 'example.jp', 'info', 'taro@example.jp')");
        using var talk = await TalkAsync(scene.Relay);
        await talk.SayAsync("MAIL FROM:<a@example.net>");
        Assert.StartsWith("250", await talk.SayAsync("RCPT TO:<info@example.jp>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await talk.SayAsync("RCPT TO:<taro@example.jp>"), StringComparison.Ordinal);
        await talk.SayAsync("DATA");
        Assert.StartsWith("250", await talk.SayAsync("x\r\n."), StringComparison.Ordinal);
        Assert.Single(Assert.Single(scene.Mails).Envelope.ForwardPaths);
    }

    [Theory]
    [InlineData(false, "VRFY taro", "252 2.5.2 Cannot VRFY user, but will accept message and attempt delivery.")]
    [InlineData(false, "EXPN taro", "502 5.5.1 EXPN command not available.")]
    [InlineData(true, "VRFY boss", "250 2.0.0 <boss@example.jp> Taro Yamada ... User ok")]
    [InlineData(true, "VRFY <boss@example.jp>", "250 2.0.0 <boss@example.jp> Taro Yamada ... User ok")]
    [InlineData(true, "VRFY nobody", "550 5.1.1 <nobody>... User unknown.")]
    [InlineData(true, "EXPN boss", "250 2.0.0 <boss@example.jp> Taro Yamada")]
    public async Task VRFY_1_CONTRA_8_off_by_default_and_VRFY_2_answered_by_switch(bool on, string command, string answer)
    {
        await using var scene = await AuthScene.StartAsync(("compat.smtp.vrfy", on ? "true" : "false"));
        await scene.AccountAsync("boss", "Secret123", fullName: "Taro Yamada");
        Assert.Equal([answer], await SayAsync(scene, "EHLO pc", command));
    }

    [Fact]
    public async Task AUTH_7_the_original_profile_has_CRAM_MD5_and_the_safe_one_has_not()
    {
        await using var scene = await AuthScene.StartAsync(Original);
        using (var talk = await SmtpConversation.OpenAsync(scene.Relay))
            Assert.Contains("AUTH PLAIN LOGIN CRAM-MD5", await talk.SayAsync("EHLO pc"), StringComparison.Ordinal);
        await scene.SaveAsync(Clear, ("domain.table", "example.jp local"));
        using var safe = await SmtpConversation.OpenAsync(scene.Relay);
        Assert.Contains("AUTH PLAIN LOGIN SCRAM-SHA-256", await safe.SayAsync("EHLO pc"), StringComparison.Ordinal);
        Assert.StartsWith("504 5.5.4", await safe.SayAsync("AUTH CRAM-MD5"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DEST_9_and_personal_lists_answer_on_the_wire()
    {
        await using var scene = await AuthScene.StartAsync(Clear, ("compat.dest.reject_whole_transaction", "true"));
        await scene.ChangeAsync("UPDATE account SET destinations = E'*@b.example,-1\\n*,0', relay_rules = '* false', changed = next_directory_version() WHERE name = 'taro'");
        var answers = await SayAsync(scene, "EHLO pc", Plain("taro", "Secret123"), "MAIL FROM:<taro@example.jp>", "RCPT TO:<x@a.example>", "RCPT TO:<x@b.example>", "DATA", "RSET",
            "MAIL FROM:<>", "RCPT TO:<taro@example.jp>");
        Assert.Equal(["550 5.1.1 Please mail to a valid e-mail address.", "550 5.1.1 Please mail to a valid e-mail address."], [answers[3], answers[4]]);
        Assert.StartsWith("250", answers[7], StringComparison.Ordinal);
        Assert.Equal("550 5.1.7 Please, mail from a valid IP or Domain address.", (await SayAsync(scene, "EHLO pc", "MAIL FROM:<x@example.net>", "RCPT TO:<taro@example.jp>"))[1]);
    }
}

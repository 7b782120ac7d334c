using System.Net;
using System.Text;
using System.Text.Json;
using ClusterMail.Testing.Processes;
using MailKit.Net.Smtp;
using MimeKit;

namespace ClusterMail.Spec.Tests.Users;

/// <summary>AUTH, mailboxes, LMTP, personal tables, logs and traces of one farm together, with clients other people wrote.</summary>
[Collection(nameof(UserCollection))]
public sealed class TogetherTests(UserFarm users)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WithinFive = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task AUTH_2_LOG_14_a_users_mail_goes_into_a_mailbox_to_a_mail_store_and_outside_and_every_log_and_the_trace_tell_it()
    {
        var subject = $"together-{Guid.NewGuid():N}";
        var mail = UserFarm.Mail("taro@example.jp", "hanako@example.jp", subject);
        mail.To.Add(new MailboxAddress("", "jiro@lmtp.example.jp"));
        mail.To.Add(new MailboxAddress("", "x@outside.test"));
        using (var taro = await users.LoginAsync("taro@example.jp", UserFarm.TaroPassword))
            await taro.SendAsync(mail);

        await users.ArrivedAsync("hanako@example.jp", subject);
        var outside = await users.Outside.OneAsync(arrived => arrived.MessageId == $"{subject}@test", Soon);
        await Until.TrueAsync(() => users.Store.Messages("jiro@lmtp.example.jp").Any(message => Encoding.UTF8.GetString(message).Contains(subject, StringComparison.Ordinal)), Soon, "the mail in Dovecot");
        Assert.Contains("ESMTPSA", outside.Text, StringComparison.Ordinal);

        // Asked of the node that did not take it.
        var number = System.Text.RegularExpressions.Regex.Match(outside.Text, @"B\d{10}").Value;
        JsonElement told = default;
        await Until.TrueAsync(async () =>
        {
            told = (await users.Farm.JsonAsync("trace", number, "--url", users.Farm.Nodes[1].Admin, "--token", users.Farm.Cluster.AdminToken)).GetProperty("mails")[0];
            return told.GetProperty("recipients").EnumerateArray().All(one => one.GetProperty("state").GetString() == "delivered")
                && told.GetProperty("steps").EnumerateArray().Any(step => step.GetProperty("what").GetString() == "connect");
        }, Soon, "the whole story");
        Assert.Equal(["hanako@example.jp", "jiro@lmtp.example.jp", "x@outside.test"], told.GetProperty("recipients").EnumerateArray().Select(one => one.GetProperty("recipient").GetString()!).Order());
        var steps = told.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("what").GetString()!).ToArray();
        Assert.Equal(["connect", "dialogue", "accepted", "delivered", "delivered", "delivered"], steps);

        await LoggedAsync("acceptlog", number, $", taro@example.jp,<{number}>,ok");
        await LoggedAsync("inlog", number, "taro@example.jp hanako@example.jp jiro@lmtp.example.jp x@outside.test");
        await LoggedAsync("receivelog", number, "RECV <- MAIL FROM:<taro@example.jp>", "SEND -> 235 ");
        await LoggedAsync("outlog", number, "to outside.test from taro@example.jp to x@outside.test");
        await LoggedAsync("outlocallog", number, "hanako@example.jp");
        await LoggedAsync("senderlog", number, "[outside.test] GetTryServer:()", "Result: delivered ");
        foreach (var log in (string[])["acceptlog", "inlog", "receivelog", "outlog", "outlocallog", "senderlog", "faillog"])
        {
            var text = await users.Farm.RunAsync("log", log);
            Assert.DoesNotContain(UserFarm.TaroPassword, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0taro@example.jp\0{UserFarm.TaroPassword}")), text, StringComparison.Ordinal);
            Assert.DoesNotContain("本文", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task STORE_2_DELIV_11_a_user_of_the_directory_sends_and_what_arrives_is_sealed_in_the_database_and_the_same_to_its_reader()
    {
        await using var directory = await ClusterMail.Testing.LdapServer.StartAsync();
        await users.Farm.RunAsync(
            "settings", "set", $"ldap.servers={directory.TlsUrl}", $"ldap.ca_file={directory.CaFile}", $"ldap.bind_dn={ClusterMail.Testing.LdapServer.ReaderDn}",
            $"ldap.bind_password={ClusterMail.Testing.LdapServer.ReaderPassword}", $"ldap.base={ClusterMail.Testing.LdapServer.Suffix}", "ldap.filter=(uid={user})", "ldap.address_attribute=",
            $"ldap.group={ClusterMail.Testing.LdapServer.Group}", "store.encrypt_at_rest=true");
        await users.Farm.RunAsync("domain", "add", "ldap.example.jp", "--login", "ldap");
        await users.Farm.RunAsync("account", "add", "taro@ldap.example.jp", "--no-password");
        Assert.True((await users.Farm.JsonAsync("ldap", "test", "taro@ldap.example.jp")).GetProperty("works").GetBoolean());
        await Until.TrueAsync(() => UserFarm.TakesAsync(users.Farm.Nodes[0], "taro@ldap.example.jp"), Soon, "the member receives");

        var subject = $"directory-{Guid.NewGuid():N}";
        using (var taro = await users.LoginAsync(new MailKit.Security.SaslMechanismPlain("taro@ldap.example.jp", "Secret123")))
            await taro.SendAsync(UserFarm.Mail("taro@ldap.example.jp", "hanako@example.jp", subject));
        Assert.Equal("本文", (await users.ArrivedAsync("hanako@example.jp", subject)).TextBody?.TrimEnd());
        Assert.Contains(
            (await users.Farm.JsonAsync("db", "keys")).GetProperty("keys").EnumerateArray(), key => key.GetProperty("place").GetString() == "mailboxes" && key.GetProperty("here").GetBoolean());
        await users.Farm.RunAsync("settings", "set", "store.encrypt_at_rest=false");
        Assert.Equal("本文", (await users.ArrivedAsync("hanako@example.jp", subject)).TextBody?.TrimEnd());
    }

    [Fact]
    public async Task LOG_7_a_mail_that_fails_is_in_faillog_and_comes_back_into_the_senders_mailbox()
    {
        users.Outside.Script = heard => heard.Verb == "RCPT" && heard.Line.Contains("@refusing.test", StringComparison.Ordinal) ? "550 5.1.1 Nobody of that name" : null;
        using (var hanako = await users.LoginAsync("hanako@example.jp", UserFarm.HanakoPassword))
            await hanako.SendAsync(UserFarm.Mail("hanako@example.jp", "gone@refusing.test", "will-fail"));
        MimeMessage? error = null;
        await Until.TrueAsync(async () => (error = (await users.MailboxAsync("hanako@example.jp")).FirstOrDefault(mail => mail.ToString().Contains("gone@refusing.test", StringComparison.Ordinal)
            && mail.From.ToString().Contains("postmaster", StringComparison.OrdinalIgnoreCase))) is not null, Soon, "the error mail");
        Assert.Equal("<>", error!.Headers["Return-Path"]);
        Assert.Contains("from hanako@example.jp to gone@refusing.test [550 5.1.1 Nobody of that name]", await users.Farm.RunAsync("log", "faillog"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TRUST_2_CONF_23_another_users_name_is_refused_and_nobody_sends_on_587_without_a_login()
    {
        using (var taro = await users.LoginAsync("taro@example.jp", UserFarm.TaroPassword))
        {
            var refused = await Assert.ThrowsAsync<SmtpCommandException>(() => taro.SendAsync(UserFarm.Mail("hanako@example.jp", "x@outside.test", "forged")));
            Assert.Contains("does not match the authenticated user", refused.Message, StringComparison.Ordinal);
        }
        using var client = new SmtpClient { ServerCertificateValidationCallback = (_, _, _, _) => true, CheckCertificateRevocation = false };
        var submission = IPEndPoint.Parse(users.Farm.Nodes[0].Submission);
        await client.ConnectAsync("127.0.0.1", submission.Port, MailKit.Security.SecureSocketOptions.StartTls);
        await Assert.ThrowsAnyAsync<Exception>(() => client.SendAsync(UserFarm.Mail("taro@example.jp", "x@outside.test", "without a login")));
        await Assert.ThrowsAsync<MailKit.Security.AuthenticationException>(() => users.LoginAsync("taro@example.jp", "not the password"));
        // EX-RECV-5: on port 25 his own name without a login is asked to authenticate.
        using var stranger = await SmtpConversation.OpenAsync(users.Farm.Nodes[0].Receiver, IPAddress.Parse("127.0.0.9"));
        await stranger.SayAsync("EHLO stranger.example");
        Assert.Equal("503 5.0.0 Need EHLO before AUTH", await stranger.SayAsync("MAIL FROM:<taro@example.jp>"));
    }

    [Fact]
    public async Task AUTH_1_swaks_logs_in_over_STARTTLS_and_sends()
    {
        var submission = IPEndPoint.Parse(users.Farm.Nodes[1].Submission);
        var result = await Tool.RunAsync(
            Soon, "swaks", "--server", submission.ToString(), "--tls", "--auth", "PLAIN", "--auth-user", "taro@example.jp", "--auth-password", UserFarm.TaroPassword,
            "--from", "taro@example.jp", "--to", "hanako@example.jp", "--header", "Subject: by swaks");
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        await users.ArrivedAsync("hanako@example.jp", "by swaks");
    }

    [Fact]
    public async Task QUOTA_3_a_full_mailbox_is_answered_450_and_takes_mail_again_when_its_limit_is_raised()
    {
        using var taro = await users.LoginAsync("taro@example.jp", UserFarm.TaroPassword);
        await taro.SendAsync(UserFarm.Mail("taro@example.jp", "small@example.jp", "fills", new string('x', 1200)));
        await users.ArrivedAsync("small@example.jp", "fills");
        var refused = await Assert.ThrowsAsync<SmtpCommandException>(() => taro.SendAsync(UserFarm.Mail("taro@example.jp", "small@example.jp", "too much", new string('y', 1500))));
        Assert.Equal((SmtpStatusCode.MailboxBusy, "4.2.2 Sorry. e-mail address box is full."), (refused.StatusCode, refused.Message));
        Assert.Contains("small@example.jp: 1 messages, ", await users.Farm.RunAsync("account", "mailbox", "small@example.jp"), StringComparison.Ordinal);

        await users.Farm.RunAsync("account", "set", "small@example.jp", "--max-bytes", "100000");
        await Until.TrueAsync(() => UserFarm.TakesAsync(users.Farm.Nodes[0], "small@example.jp"), WithinFive, "the new limit in force");
        await taro.SendAsync(UserFarm.Mail("taro@example.jp", "small@example.jp", "fits"));
        await users.ArrivedAsync("small@example.jp", "fits");
    }

    [Fact]
    public async Task PERS_2_DEST_7_UTIME_4_RELAY_40_an_accounts_own_tables_are_in_force_on_every_node_within_five_seconds()
    {
        await users.Farm.RunAsync("account", "add", "kenji@example.jp", "--no-password");
        foreach (var node in users.Farm.Nodes)
            await Until.TrueAsync(() => UserFarm.TakesAsync(node, "kenji@example.jp"), WithinFive, $"kenji known to {node.Name}");
        Assert.Contains("saved for kenji@example.jp", await ImportAsync("relay", "' friends only\n*@partner.example default\n* false\n"), StringComparison.Ordinal);
        foreach (var node in users.Farm.Nodes)
            await Until.TrueAsync(async () => !await UserFarm.TakesAsync(node, "kenji@example.jp"), WithinFive, $"the relay list in force on {node.Name}");
        var relay = await ExplainAsync("--from", "x@example.net", "--to", "kenji@example.jp");
        Assert.Equal(["550 5.1.7 Please, mail from a valid IP or Domain address."], relay.Recipients);
        Assert.Contains("RELAY-40 line 3", relay.Text, StringComparison.Ordinal);
        Assert.Contains("relay list of kenji@example.jp", relay.Text, StringComparison.Ordinal);

        Assert.Contains("DEST-5", await ImportAsync("destination", "*@b.example,-1\n"), StringComparison.Ordinal);
        await ImportAsync("hours", "mon 1 09:00 18:00\n");
        string[] asKenji = ["--auth", "kenji@example.jp", "--from", "kenji@example.jp", "--to", "x@b.example"];
        await Until.TrueAsync(async () => (await ExplainAsync([.. asKenji, "--at", "2026-11-21T12:00+09:00"])).Mail.StartsWith("550 5.7.1 <kenji@example.jp>", StringComparison.Ordinal), WithinFive, "hours in force");
        var monday = await ExplainAsync([.. asKenji, "--at", "2026-11-23T12:00+09:00"]);
        Assert.Equal(["550 5.1.1 Please mail to a valid e-mail address."], monday.Recipients);
        Assert.Contains("DEST-5 account kenji@example.jp line 1", monday.Text, StringComparison.Ordinal);

        await users.Farm.RunAsync("account", "relay", "remove", "kenji@example.jp");
        foreach (var node in users.Farm.Nodes)
            await Until.TrueAsync(() => UserFarm.TakesAsync(node, "kenji@example.jp"), WithinFive, $"the relay list gone on {node.Name}");
    }

    private async Task<string> ImportAsync(string table, string text)
    {
        var file = Path.Combine(users.Farm.Data, $"{table}.dat");
        await File.WriteAllTextAsync(file, text);
        return await users.Farm.RunAsync("account", table, "import", "kenji@example.jp", file);
    }

    private async Task<(string Mail, string[] Recipients, string Text)> ExplainAsync(params IReadOnlyList<string> words)
    {
        var answer = await users.Farm.JsonAsync(["explain", "--ip", "203.0.113.9", .. words]);
        return (answer.GetProperty("mailReply").GetString()!, [.. answer.GetProperty("recipients").EnumerateArray().Select(one => one.GetProperty("reply").GetString()!)], answer.GetRawText());
    }

    private async Task LoggedAsync(string log, string number, params IReadOnlyList<string> parts)
    {
        string[] lines = [];
        await Until.TrueAsync(async () =>
        {
            lines = [.. (await users.Farm.RunAsync("log", log)).Split('\n').Where(line => line.Contains(number, StringComparison.Ordinal))];
            return parts.All(part => lines.Any(line => line.Contains(part, StringComparison.Ordinal)));
        }, Soon, $"{number} in {log} with {string.Join(" and ", parts)}");
    }
}

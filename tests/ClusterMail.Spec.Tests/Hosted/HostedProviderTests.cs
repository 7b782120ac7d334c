using System.Net;
using ClusterMail.Testing.Processes;
using MailKit.Net.Smtp;
using MailKit.Security;
using static ClusterMail.Spec.Tests.Hosted.HostedFarm;

namespace ClusterMail.Spec.Tests.Hosted;

/// <summary>EX-APPR-15 and the tests of APPROVE-428 against a real provider: Postfix with SASL, which writes down who logged in.</summary>
public sealed class HostedProviderTests(HostedFarm hosted) : IClassFixture<HostedFarm>
{
    private static (string Login, string From) Of(Arrived mail) => (mail.Login, mail.Envelope.ReversePath);

    [Fact]
    public async Task EX_APPR_15_APPROVE_425_APPROVE_428_each_of_the_five_kinds_of_mail_leaves_with_the_login_of_whose_it_is()
    {
        await hosted.SendAsync(User2, ["okyaku@client.example", "second@other.example"], "quotation-15");

        Assert.Equal((LoginOf(Bucho), Bucho), Of(await hosted.ArrivedAsync(User2, "保留通知")));
        var request = await hosted.ArrivedAsync(Bucho, "quotation-15");
        Assert.Equal((LoginOf(User2), User2), Of(request));

        // The approver decides by mail, at the other node.
        await hosted.SendAsync(Bucho, [User2], DecisionOf(request, "approval"), node: 1);
        var released = await hosted.ArrivedAsync("okyaku@client.example", "quotation-15");
        Assert.Equal((LoginOf(User2), User2), Of(released));
        // APPROVE-406: one transaction for both domains.
        Assert.Equal(["okyaku@client.example", "second@other.example"], released.Envelope.ForwardPaths.Order());
        Assert.Equal((LoginOf(Bucho), Bucho), Of(await hosted.ArrivedAsync(User2, "承認通知")));

        await hosted.SendAsync(Bucho, [Bucho], "waitlist_");
        Assert.Equal((LoginOf(Bucho), Bucho), Of(await hosted.ArrivedAsync(Bucho, "承認待ち")));
    }

    [Fact]
    public async Task EX_APPR_15_APPROVE_426_APPROVE_428_a_password_changed_while_a_mail_is_held_defers_it_and_nobody_loses_it()
    {
        await hosted.SendAsync(User3, ["okyaku@client.example"], "held-meanwhile");
        var request = await hosted.ArrivedAsync(Kacho, "held-meanwhile");
        await hosted.Provider.ChangePasswordAsync(LoginOf(User3), "changed-at-the-provider");
        // The session that stands is not asked again; the next one is.
        await Task.Delay(TimeSpan.FromSeconds(5));
        await hosted.SendAsync(Kacho, [User3], DecisionOf(request, "approval"));

        await UntilAsync("SELECT count(*) FROM recipient WHERE forward_path = 'okyaku@client.example' AND state = 'waiting' AND last_reply LIKE '535 %'", 1);
        Assert.Equal(1, await hosted.AskAsync<long>("SELECT count(*) FROM hold h JOIN hold_decision d ON d.hold_id = h.id JOIN mail m ON m.id = d.result_id WHERE h.state = 'approved'"));
        Assert.Contains("upstream-login-refused", await hosted.Farm.RunAsync("cluster", "events"), StringComparison.Ordinal);
        // Both are told, the user although his own login is no good; through the provider, so with the postmaster's login.
        foreach (var reader in (string[])[User3, Kanri])
            Assert.Equal((LoginOf(Kanri), ""), Of(await hosted.ArrivedAsync(reader, $"Login refused: {User3}")));
        Assert.Contains("535", await hosted.Farm.RunAsync("account", "upstream", "show", User3), StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Combine(hosted.Farm.Data, "logins.csv"), $"{User3},{LoginOf(User3)},changed-at-the-provider\n");
        await hosted.Farm.RunAsync("account", "upstream", "import", Path.Combine(hosted.Farm.Data, "logins.csv"));
        Assert.Equal((LoginOf(User3), User3), Of(await hosted.ArrivedAsync("okyaku@client.example", "held-meanwhile")));
    }

    [Fact]
    public async Task APPROVE_422_APPROVE_428_an_approver_on_a_journey_sends_on_587_with_a_login_and_is_refused_without()
    {
        await hosted.SendAsync(Bucho, ["partner@client.example"], "from-a-journey");
        Assert.Equal((LoginOf(Bucho), Bucho), Of(await hosted.ArrivedAsync("partner@client.example", "from-a-journey")));
        using var client = new SmtpClient { ServerCertificateValidationCallback = (_, _, _, _) => true, CheckCertificateRevocation = false };
        await client.ConnectAsync("127.0.0.1", IPEndPoint.Parse(hosted.Farm.Nodes[0].Submission).Port, SecureSocketOptions.StartTls);
        using var mail = new MimeKit.MimeMessage { Subject = "without a login", Body = new MimeKit.TextPart("plain") { Text = "x" } };
        mail.From.Add(new MimeKit.MailboxAddress("", Bucho));
        mail.To.Add(new MimeKit.MailboxAddress("", "partner@client.example"));
        await Assert.ThrowsAnyAsync<Exception>(() => client.SendAsync(mail));
    }

    [Fact]
    public async Task APPROVE_428_1_APPROVE_407_the_guided_check_goes_through_its_steps_with_the_login_of_each_user()
    {
        var check = await Tool.RunAsync(TimeSpan.FromSeconds(180), ClusterMail.Testing.Processes.Farm.Program("clustermail"),
            ["approval", "preset", "check", "hosted", "--account", Kacho, "--account", Bucho, "--account", Kanri, "--recipient", "check@client.example", "--data", hosted.Farm.Data]);
        Assert.True(check.ExitCode == 0, check.Output + check.Errors + hosted.Provider.Log());
        Assert.Contains($"logged in as {LoginOf(Kacho)}", string.Join(' ', check.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal((LoginOf(Kacho), Kacho), Of(await hosted.ArrivedAsync("check@client.example", "forwarding alone")));
        Assert.Equal((LoginOf(Kacho), Kacho), Of(await hosted.ArrivedAsync("check@client.example", "approval and forwarding")));
    }

    private Task UntilAsync(string sql, long count) => Until.TrueAsync(async () => await hosted.AskAsync<long>(sql) == count, Soon, sql);
}

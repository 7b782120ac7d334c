using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Smtp.Tests.Server;

/// <summary>What a session tells its logs (LOG-1, LOG-3, LOG-18, LOG-21, LOG-27).</summary>
public sealed class SessionLogTests
{
    private static readonly Reply NoRelay = new(550, new EnhancedStatus(5, 1, 1), "Please mail to a valid e-mail address.");

    private static IEnumerable<string> Texts(TransactionReport report) => report.Dialogue.Select(line => line.Text);

    [Fact]
    public async Task EX_LOG_1_a_mail_that_passes_is_a_connect_and_a_number_and_nothing_else()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using (var client = await receiver.ConnectAsync())
        {
            await client.BeginDataAsync();
            Assert.Equal("250 2.0.0 Message received ok.", await client.AskAsync("Subject: x\r\n\r\nx\r\n."));
            Assert.StartsWith("221 ", await client.AskAsync("QUIT"));
            Assert.Null(await client.ReplyAsync());
        }
        Assert.Empty(receiver.Journal.Reports);
        Assert.Equal("127.0.0.1", Assert.Single(receiver.Journal.Connects).Remote.Address.ToString());
        Assert.Equal("B0000000098", Assert.Single(receiver.Journal.Accepts).ToString());
    }

    [Fact]
    public async Task EX_LOG_2_refused_at_RCPT_is_an_abort_with_the_550_in_the_dialogue_and_uses_up_no_number()
    {
        await using var receiver = await TestReceiver.StartAsync();
        receiver.OnRecipient = _ => Verdict.Refuse(NoRelay, "RELAY-60");
        using (var client = await receiver.ConnectAsync())
        {
            Assert.StartsWith("220 ", await client.ReplyAsync());
            Assert.StartsWith("250-", await client.AskAsync("EHLO out.example.net"));
            Assert.StartsWith("250 ", await client.AskAsync("MAIL FROM:<taro@example.jp>"));
            Assert.StartsWith("550 5.1.1 ", await client.AskAsync("RCPT TO:<y@example.org>"));
            Assert.StartsWith("221 ", await client.AskAsync("QUIT"));
        }
        var report = await receiver.Journal.ReportAsync();
        Assert.Equal((TransactionEnd.Aborted, (MessageId?)null, "taro@example.jp", "RELAY-60"), (report.End, report.Id, report.Sender!.Value.Stored, report.Rule));
        Assert.Equal(["y@example.org"], report.Recipients);
        Assert.Equal("out.example.net", report.Client.Helo);
        Assert.Contains("RECV <- RCPT TO:<y@example.org>", Texts(report));
        Assert.Contains("CHECK RCPT=RELAY-60 refused", Texts(report));
        Assert.Contains("SEND -> 550 5.1.1 Please mail to a valid e-mail address.", Texts(report));
        Assert.Empty(receiver.Journal.Accepts);
        Assert.Single(receiver.Journal.Connects);
    }

    [Fact]
    public async Task EX_LOG_5_a_client_on_a_block_list_leaves_no_dialogue()
    {
        await using var receiver = await TestReceiver.StartAsync();
        receiver.OnConnect = _ => Verdict.Refuse(new Reply(554, new EnhancedStatus(5, 7, 1), "Refused."), "DNSBL-3");
        using (var client = await receiver.ConnectAsync())
            Assert.StartsWith("554 ", await client.ReplyAsync());
        var report = await receiver.Journal.ReportAsync();
        Assert.Equal(TransactionEnd.Listed, report.End);
        Assert.Empty(report.Dialogue);
    }

    [Theory]
    [InlineData("RSET")]
    [InlineData("EHLO again.example.net")]
    [InlineData("QUIT")]
    [InlineData(null)]
    public async Task LOG_21_a_mail_broken_off_after_MAIL_is_an_abort(string? by)
    {
        await using var receiver = await TestReceiver.StartAsync();
        using (var client = await receiver.ConnectAsync())
        {
            await client.BeginMailAsync();
            if (by is not null)
                await client.AskAsync(by);
        }
        var report = await receiver.Journal.ReportAsync();
        Assert.Equal((TransactionEnd.Aborted, "a@example.net"), (report.End, report.Sender!.Value.Stored));
        Assert.Equal(["b@example.jp"], report.Recipients);
        if (by is null)
            Assert.Contains(Texts(report), text => text.StartsWith("SOCKET_ERROR OTHER CODE=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LOG_20_a_client_that_leaves_before_the_dialogue_is_only_a_connect()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using (var client = await receiver.ConnectAsync())
        {
            Assert.StartsWith("220 ", await client.ReplyAsync());
            Assert.StartsWith("221 ", await client.AskAsync("QUIT"));
            Assert.Null(await client.ReplyAsync());
        }
        Assert.Single(receiver.Journal.Connects);
        Assert.Empty(receiver.Journal.Reports);
    }

    [Fact]
    public async Task LOG_3_everything_is_kept_when_it_is_wanted_and_of_a_mail_that_passes_the_content_is_not()
    {
        await using var receiver = await TestReceiver.StartAsync();
        receiver.Journal.Wanted |= ReceiveLogging.Everything;
        using (var client = await receiver.ConnectAsync())
        {
            await client.BeginDataAsync();
            await client.AskAsync("Subject: hidden-subject\r\n\r\nhidden-body\r\n.");
            await client.AskAsync("QUIT");
        }
        var report = await receiver.Journal.ReportAsync();
        Assert.Equal((TransactionEnd.Accepted, "B0000000098"), (report.End, report.Id.ToString()));
        Assert.Equal("SEND -> 220 mx.example.jp ESMTP ClusterMail", Texts(report).First());
        Assert.Equal("SEND -> 250 2.0.0 Message received ok.", Texts(report).Last());
        Assert.DoesNotContain(Texts(report), text => text.Contains("hidden", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LOG_18_nothing_is_kept_when_nothing_is_wanted()
    {
        await using var receiver = await TestReceiver.StartAsync();
        receiver.Journal.Wanted = ReceiveLogging.None;
        receiver.OnMail = (_, _, _) => Verdict.Refuse(NoRelay, "RELAY-33");
        using (var client = await receiver.ConnectAsync())
        {
            await client.ReplyAsync();
            await client.AskAsync("EHLO out.example.net");
            await client.AskAsync("MAIL FROM:<a@example.net>");
            await client.AskAsync("QUIT");
            Assert.Null(await client.ReplyAsync());
        }
        Assert.Empty(receiver.Journal.Connects);
        Assert.Empty(receiver.Journal.Reports);
    }

    /// <summary>Whatever a client does, neither its password nor its mail gets into the dialogue, nor into the program's own log.</summary>
    [Theory]
    [InlineData("AUTH PLAIN {secret}", "AUTH PLAIN ***")]
    [InlineData("auth plain {secret}", "AUTH PLAIN ***")]
    [InlineData("AUTH {secret}", "AUTH ***")]
    [InlineData("AUTH PLAIN {secret} {secret}", "AUTH PLAIN ***")]
    [InlineData("AUTH LOGIN\r\n{secret}\r\n{secret}", "***")]
    [InlineData("DATA\r\nSubject: {secret}\r\n{secret} and more", "***")]
    public async Task LOG_27_LOG_18_no_secret_and_no_content_gets_into_a_log(string said, string shown)
    {
        const string secret = "AHRhcm8AcGFzc3dvcmQ=";
        await using var receiver = await TestReceiver.StartAsync();
        using (var client = await receiver.ConnectAsync())
        {
            Assert.StartsWith("220 ", await client.ReplyAsync());
            Assert.StartsWith("250-", await client.AskAsync("EHLO pc"));
            await client.SendAsync(said.Replace("{secret}", secret, StringComparison.Ordinal) + "\r\nQUIT\r\n");
            while (await client.ReplyAsync() is not null)
            {
            }
        }
        var report = await receiver.Journal.ReportAsync();
        Assert.Equal(TransactionEnd.Outside, report.End);
        Assert.Contains($"RECV <- {shown}", Texts(report));
        Assert.DoesNotContain(Texts(report), text => text.Contains(secret[..8], StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(receiver.Log.Lines, text => text.Contains(secret[..8], StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task LOG_27_what_a_client_sends_cannot_begin_a_line_of_its_own()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using (var client = await receiver.ConnectAsync())
        {
            await client.ReplyAsync();
            await client.SendAsync(Encoding.Latin1.GetBytes("EHLO a\u0001b\u000bc\u00ffd\r\nXFOO bar\r\nQUIT\r\n"));
            while (await client.ReplyAsync() is not null)
            {
            }
        }
        var report = await receiver.Journal.ReportAsync();
        Assert.Contains("RECV <- XFOO ***", Texts(report));
        Assert.DoesNotContain(Texts(report), text => text.Any(char.IsControl));
    }

    [Fact]
    public async Task P6_a_transaction_of_endless_lines_keeps_a_bounded_dialogue()
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxRecipients = 0 });
        var refused = 0;
        receiver.OnRecipient = _ => Interlocked.Increment(ref refused) == 1999 ? Verdict.Refuse(NoRelay, "RELAY-60") : Verdict.Accept("test");
        using (var client = await receiver.ConnectAsync())
        {
            await client.BeginMailAsync();
            var many = new StringBuilder();
            for (var i = 0; i < 2000; i++)
                many.Append("RCPT TO:<a-rather-long-local-part-").Append(i).Append("@example.jp>\r\n");
            await client.SendAsync(many + "QUIT\r\n");
            while (await client.ReplyAsync() is not null)
            {
            }
        }
        var report = await receiver.Journal.ReportAsync();
        Assert.True(report.Dialogue.Sum(line => line.Text.Length) < 200_000);
        Assert.Equal(TransactionReport.MaxRecipients, report.Recipients.Length);
        Assert.EndsWith("lines left out", Texts(report).Last(), StringComparison.Ordinal);
    }
}

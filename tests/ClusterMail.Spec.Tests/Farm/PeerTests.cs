using System.Net;
using System.Text;
using ClusterMail.Testing.Processes;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>Mail with programs other people wrote.</summary>
[Collection(nameof(FarmCollection))]
public class PeerTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("")]
    [InlineData("--tls")]
    [InlineData("--pipeline")]
    public async Task Peers_swaks_sends_a_mail(string option)
    {
        var (sink, domain) = farm.TakeSink();
        IReadOnlyList<string> extra = option.Length == 0 ? [] : [option];
        var result = await Tool.RunAsync(Soon, "swaks", ["--server", farm.Receiver.ToString(), "--from", "a@example.net", "--to", $"x@{domain}", "--body", "by swaks", .. extra]);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Contains("by swaks", (await sink.OneAsync(_ => true, Soon)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_MailKit_over_implicit_TLS_is_asked_to_authenticate_and_over_STARTTLS_delivers()
    {
        var (sink, domain) = farm.TakeSink();
        using (var client = Client())
        {
            await client.ConnectAsync("127.0.0.1", farm.Receiver.Port, SecureSocketOptions.StartTls);
            await client.SendAsync(Mail($"x@{domain}", "by MailKit"));
            await client.DisconnectAsync(true);
        }

        Assert.Contains("by MailKit", (await sink.OneAsync(_ => true, Soon)).Text, StringComparison.Ordinal);
        using var secure = Client();
        var smtps = IPEndPoint.Parse(farm.Farm.Nodes[0].Smtps);
        await secure.ConnectAsync("127.0.0.1", smtps.Port, SecureSocketOptions.SslOnConnect);
        // CONF-23: the submission listeners demand AUTH.
        await Assert.ThrowsAnyAsync<Exception>(() => secure.SendAsync(Mail($"x@{domain}", "without AUTH")));
    }

    [Fact]
    public async Task Peers_Postfix_in_front_passes_mail_on_to_the_farm()
    {
        var (sink, domain) = farm.TakeSink();
        await using var postfix = await Postfix.StartAsync(farm.Receiver);
        using var client = await SmtpConversation.OpenAsync(postfix.EndPoint);
        await client.SayAsync("EHLO client.test");
        Assert.StartsWith("250", await client.MailAsync("a@example.net", [$"x@{domain}", $"y@{domain}"], "Message-ID: <front@example.net>\r\nSubject: front\r\n\r\n.dot\r\n..dots"), StringComparison.Ordinal);
        try
        {
            var mail = await sink.OneAsync(arrived => arrived.MessageId == "front@example.net", Soon);
            Assert.Contains("by mx.example.jp", mail.Text, StringComparison.Ordinal);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException(postfix.Log(), e);
        }
    }

    [Fact]
    public async Task Peers_Postfix_behind_takes_mail_from_the_farm()
    {
        var (sink, _) = farm.TakeSink();
        await using var postfix = await Postfix.StartAsync(sink.EndPoint, farm.PostfixPort);
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        Assert.StartsWith("250", await client.MailAsync("a@example.net", ["x@postfix.test", "y@postfix.test"], "Message-ID: <behind@example.net>\r\nSubject: behind\r\n\r\n..dots"), StringComparison.Ordinal);
        try
        {
            var mail = await sink.OneAsync(arrived => arrived.MessageId == "behind@example.net", Soon);
            Assert.Contains("by postfix.test", mail.Text, StringComparison.Ordinal);
            Assert.EndsWith("\r\n\r\n.dots\r\n", mail.Text, StringComparison.Ordinal);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException(postfix.Log(), e);
        }
    }

    [Fact]
    public async Task Peers_8bit_content_arrives_octet_for_octet_where_8BITMIME_is_offered()
    {
        var (sink, domain) = farm.TakeSink();
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        var body = Encoding.UTF8.GetBytes("Message-ID: <8bit@example.net>\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n日本語の本文 äöü\r\n");
        await client.SayAsync("MAIL FROM:<a@example.net> BODY=8BITMIME");
        await client.SayAsync($"RCPT TO:<x@{domain}>");
        await client.SayAsync("DATA");
        await client.SendAsync(body);
        Assert.StartsWith("250", await client.SayAsync("."), StringComparison.Ordinal);
        var mail = await sink.OneAsync(_ => true, Soon);
        Assert.Contains("BODY=8BITMIME", mail.MailLine, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n日本語の本文 äöü\r\n", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RECV_26_8bit_content_is_converted_for_a_server_without_8BITMIME()
    {
        var (sink, domain) = farm.TakeSink();
        sink.Extensions = ["PIPELINING"];
        using var client = Client();
        await client.ConnectAsync("127.0.0.1", farm.Receiver.Port, SecureSocketOptions.None);
        var sent = Mail($"x@{domain}", "日本語の本文");
        ((TextPart)sent.Body!).ContentTransferEncoding = ContentEncoding.EightBit;
        await client.SendAsync(sent);
        var mail = await sink.OneAsync(_ => true, Soon);
        Assert.All(mail.Content, octet => Assert.InRange(octet, (byte)0, (byte)127));
        using var content = new MemoryStream(mail.Content);
        Assert.Equal("日本語の本文", (await MimeMessage.LoadAsync(content)).TextBody?.TrimEnd());
    }

    [Fact]
    public async Task RECV_26_an_address_in_UTF8_reaches_a_server_with_SMTPUTF8()
    {
        var (sink, domain) = farm.TakeSink();
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SendAsync(Encoding.UTF8.GetBytes("MAIL FROM:<太郎@example.net> SMTPUTF8 BODY=8BITMIME\r\n"));
        Assert.StartsWith("250", await client.ReadAsync(), StringComparison.Ordinal);
        await client.SendAsync(Encoding.UTF8.GetBytes($"RCPT TO:<花子@{domain}>\r\n"));
        Assert.StartsWith("250", await client.ReadAsync(), StringComparison.Ordinal);
        await client.SayAsync("DATA");
        await client.SendAsync("Subject: utf8\r\n\r\nbody\r\n");
        Assert.StartsWith("250", await client.SayAsync("."), StringComparison.Ordinal);
        var mail = await sink.OneAsync(_ => true, Soon);
        Assert.Equal("太郎@example.net", mail.ReversePath);
        Assert.Equal([$"花子@{domain}"], mail.ForwardPaths);
        Assert.Contains("SMTPUTF8", mail.MailLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RECV_26_an_address_in_UTF8_bounces_with_5_6_7_from_a_server_without_SMTPUTF8()
    {
        var (sink, domain) = farm.TakeSink();
        var (errors, home) = farm.TakeSink();
        sink.Extensions = ["PIPELINING", "8BITMIME"];
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync($"MAIL FROM:<author@{home}> SMTPUTF8");
        await client.SendAsync(Encoding.UTF8.GetBytes($"RCPT TO:<花子@{domain}>\r\n"));
        Assert.StartsWith("250", await client.ReadAsync(), StringComparison.Ordinal);
        await client.SayAsync("DATA");
        await client.SendAsync("Subject: utf8\r\n\r\nbody\r\n");
        Assert.StartsWith("250", await client.SayAsync("."), StringComparison.Ordinal);
        Assert.Contains("5.6.7", (await errors.OneAsync(_ => true, Soon)).Text, StringComparison.Ordinal);
        Assert.Equal(0, sink.Count);
    }

    [Fact]
    public async Task LIMIT_2_fifty_megabytes_pass_octet_for_octet()
    {
        var (sink, domain) = farm.TakeSink();
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync("MAIL FROM:<a@example.net>");
        await client.SayAsync($"RCPT TO:<x@{domain}>");
        await client.SayAsync("DATA");
        var line = new string('z', 998) + "\r\n";
        var block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(line, 1000)));
        await client.SendAsync("Message-ID: <large@example.net>\r\n\r\n");
        for (var sent = 0; sent < 50; sent++)
            await client.SendAsync(block);
        await client.SendAsync(".\r\n");
        Assert.StartsWith("250", await client.ReadAsync(TimeSpan.FromSeconds(60)), StringComparison.Ordinal);
        var mail = await sink.OneAsync(_ => true, TimeSpan.FromSeconds(90));
        var start = mail.Content.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        Assert.Equal(50_000_000, mail.Content.Length - start);
        Assert.False(mail.Content.AsSpan(start).ContainsAnyExcept((byte)'z', (byte)'\r', (byte)'\n'));
    }

    [Fact]
    public async Task LIMIT_3_CONTRA_34_with_a_limit_of_1000_the_mail_goes_to_999_recipients_once_each()
    {
        var (sink, domain) = farm.TakeSink();
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        var recipients = Enumerable.Range(0, 999).Select(number => $"r{number}@{domain}").ToList();
        Assert.StartsWith("250", await client.MailAsync("a@example.net", recipients, "Subject: many\r\n\r\nbody"), StringComparison.Ordinal);
        await Until.TrueAsync(() => sink.Mails.Sum(mail => mail.RecipientLines.Count) >= 999, TimeSpan.FromSeconds(60), "all recipients");
        Assert.Equal(recipients.Order(), sink.Mails.SelectMany(mail => mail.ForwardPaths).Order());
    }

    [Fact]
    public async Task RECV_26_DSN_parameters_are_passed_on_to_a_server_that_knows_them()
    {
        var (sink, domain) = farm.TakeSink();
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync("MAIL FROM:<a@example.net> RET=HDRS ENVID=QQ314159");
        await client.SayAsync($"RCPT TO:<x@{domain}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;original@example.net");
        await client.SayAsync("DATA");
        await client.SendAsync("Subject: dsn\r\n\r\nbody\r\n");
        Assert.StartsWith("250", await client.SayAsync("."), StringComparison.Ordinal);
        var mail = await sink.OneAsync(_ => true, Soon);
        Assert.Contains("RET=HDRS", mail.MailLine, StringComparison.Ordinal);
        Assert.Contains("ENVID=QQ314159", mail.MailLine, StringComparison.Ordinal);
        Assert.Contains("NOTIFY=SUCCESS,FAILURE", mail.RecipientLines[0], StringComparison.Ordinal);
        Assert.Contains("ORCPT=rfc822;original@example.net", mail.RecipientLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task RECV_26_a_success_notice_is_sent_when_the_next_server_does_not_know_DSN()
    {
        var (sink, domain) = farm.TakeSink();
        var (errors, home) = farm.TakeSink();
        sink.Extensions = ["PIPELINING", "8BITMIME"];
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync($"MAIL FROM:<author@{home}> ENVID=E1");
        await client.SayAsync($"RCPT TO:<x@{domain}> NOTIFY=SUCCESS");
        await client.SayAsync("DATA");
        await client.SendAsync("Subject: dsn\r\n\r\nbody\r\n");
        await client.SayAsync(".");
        var notice = await errors.OneAsync(_ => true, Soon);
        Assert.Contains("Action: relayed", notice.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("E1", notice.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RECV_26_NOTIFY_NEVER_makes_no_error_mail()
    {
        var (sink, domain) = farm.TakeSink();
        var (errors, home) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" ? "550 5.1.1 User unknown" : null;
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync($"MAIL FROM:<author@{home}>");
        await client.SayAsync($"RCPT TO:<x@{domain}> NOTIFY=NEVER");
        await client.SayAsync("DATA");
        await client.SendAsync("Subject: dsn\r\n\r\nbody\r\n");
        await client.SayAsync(".");
        await Until.TrueAsync(() => sink.Events.Any(heard => heard.Verb == "RCPT"), Soon, "the attempt");
        Assert.True(await Until.StaysAsync(() => errors.Count == 0, TimeSpan.FromSeconds(3)));
    }

    private static SmtpClient Client() => new(new NullProtocolLogger()) { ServerCertificateValidationCallback = (_, _, _, _) => true, CheckCertificateRevocation = false };

    private static MimeMessage Mail(string to, string text)
    {
        var mail = new MimeMessage { Subject = "test", Body = new TextPart("plain") { Text = text } };
        mail.From.Add(new MailboxAddress("A", "a@example.net"));
        mail.To.Add(new MailboxAddress("X", to));
        return mail;
    }
}

using System.Globalization;
using System.Text;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>A real Postfix in front of the farm and another behind it: client, Postfix, farm, Postfix, sink.</summary>
public sealed class PostfixChain(FarmFixture farm) : IAsyncLifetime
{
    private Postfix? _front;
    private Postfix? _behind;

    public RecordingSink Sink { get; private set; } = null!;

    public string Logs => $"in front:\n{_front?.Log()}\nbehind:\n{_behind?.Log()}";

    public async ValueTask InitializeAsync()
    {
        (Sink, _) = farm.TakeSink();
        _behind = await Postfix.StartAsync(Sink.EndPoint, farm.PostfixPort);
        _front = await Postfix.StartAsync(farm.Receiver);
    }

    /// <summary>A session with the Postfix in front.</summary>
    public async Task<SmtpConversation> OpenAsync()
    {
        var client = await SmtpConversation.OpenAsync(_front!.EndPoint);
        await client.SayAsync("EHLO client.test");
        return client;
    }

    public async Task<SinkMail> ArrivedAsync(string id, TimeSpan limit)
    {
        try
        {
            return await Sink.OneAsync(mail => mail.MessageId == id, limit);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException(Logs, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var postfix in new[] { _front, _behind })
            if (postfix is not null)
                await postfix.DisposeAsync();
    }
}

/// <summary>What the neighbours ask for and send goes through the farm unharmed, in both directions.</summary>
[Collection(nameof(FarmCollection))]
public class PostfixChainTests(PostfixChain chain) : IClassFixture<PostfixChain>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task RECV_26_wishes_for_reports_that_a_Postfix_brings_are_told_to_the_next_Postfix()
    {
        var mail = await PassAsync("RET=HDRS ENVID=QQ+2B314159", "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;first+2Bx@example.net", "<x@postfix.test>", "Subject: dsn\r\n\r\nbody\r\n"u8.ToArray());
        Assert.Contains("RET=HDRS", mail.MailLine, StringComparison.Ordinal);
        Assert.Contains("ENVID=QQ+2B314159", mail.MailLine, StringComparison.Ordinal);
        Assert.Contains("NOTIFY=SUCCESS,FAILURE,DELAY", mail.RecipientLines[0], StringComparison.Ordinal);
        Assert.Contains("ORCPT=rfc822;first+2Bx@example.net", mail.RecipientLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_8bit_content_passes_two_Postfixes_octet_for_octet()
    {
        const string Head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
        const string Body = "\r\n日本語の本文 äöü\r\n.\r\n..\r\n";
        var mail = await PassAsync("BODY=8BITMIME", "", "<x@postfix.test>", Encoding.UTF8.GetBytes(Head + Body.Replace("\r\n.", "\r\n..", StringComparison.Ordinal)));
        Assert.Contains("BODY=8BITMIME", mail.MailLine, StringComparison.Ordinal);
        Assert.Contains(Head, mail.Text, StringComparison.Ordinal);
        Assert.EndsWith("\r\n" + Body, mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RECV_26_addresses_in_UTF8_pass_two_Postfixes()
    {
        var mail = await PassAsync("SMTPUTF8 BODY=8BITMIME", "", "<花子@postfix.test>", Encoding.UTF8.GetBytes("Subject: 件名\r\n\r\n本文\r\n"), "太郎@example.net");
        Assert.Contains("SMTPUTF8", mail.MailLine, StringComparison.Ordinal);
        Assert.Equal("太郎@example.net", mail.ReversePath);
        Assert.Equal(["花子@postfix.test"], mail.ForwardPaths);
        Assert.Contains("Subject: 件名\r\n", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_fifty_megabytes_pass_two_Postfixes_octet_for_octet()
    {
        var id = NewId();
        using var client = await chain.OpenAsync();
        await BeginAsync(client, "<x@postfix.test>");
        await client.SendAsync($"Message-ID: <{id}>\r\n\r\n");
        var block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 10_000).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number:0000} {new string('z', 93)}\r\n"))));
        for (var sent = 0; sent < 50; sent++)
            await client.SendAsync(block);
        await client.SendAsync(".\r\n");
        Assert.StartsWith("250", await client.ReadAsync(TimeSpan.FromSeconds(120)), StringComparison.Ordinal);
        var mail = await chain.ArrivedAsync(id, TimeSpan.FromSeconds(180));
        var arrived = mail.Content.AsMemory(mail.Content.AsSpan().IndexOf("\r\n\r\n"u8) + 4);
        Assert.Equal(50L * block.Length, arrived.Length);
        for (var at = 0; at < arrived.Length; at += block.Length)
            Assert.True(arrived.Span.Slice(at, block.Length).SequenceEqual(block), $"other octets within the {block.Length} from {at} on");
    }

    [Fact]
    public async Task Peers_a_mail_to_a_thousand_recipients_passes_two_Postfixes_to_each_once()
    {
        var id = NewId();
        var recipients = Enumerable.Range(0, 1000).Select(number => $"r{number}@postfix.test").ToList();
        using var client = await chain.OpenAsync();
        Assert.StartsWith("250", await client.MailAsync("a@example.net", recipients, $"Message-ID: <{id}>\r\nSubject: many\r\n\r\nbody"), StringComparison.Ordinal);
        var arrived = () => chain.Sink.Mails.Where(mail => mail.MessageId == id).SelectMany(mail => mail.ForwardPaths).ToList();
        try
        {
            await Until.TrueAsync(() => arrived().Count >= recipients.Count, TimeSpan.FromSeconds(120), "all recipients");
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{arrived().Count} arrived\n{chain.Logs}", e);
        }

        Assert.Equal(recipients.Order(), arrived().Order());
    }

    /// <summary>Sends one mail to the Postfix in front; as it came out behind.</summary>
    private async Task<SinkMail> PassAsync(string mailParameters, string recipientParameters, string to, byte[] content, string from = "a@example.net")
    {
        var id = NewId();
        using var client = await chain.OpenAsync();
        await BeginAsync(client, to, mailParameters, recipientParameters, from);
        await client.SendAsync($"Message-ID: <{id}>\r\n");
        await client.SendAsync(content);
        Assert.StartsWith("250", await client.SayAsync("."), StringComparison.Ordinal);
        return await chain.ArrivedAsync(id, Soon);
    }

    private static async Task BeginAsync(SmtpConversation client, string to, string mailParameters = "", string recipientParameters = "", string from = "a@example.net")
    {
        await client.SendAsync(Encoding.UTF8.GetBytes($"MAIL FROM:<{from}> {mailParameters}".TrimEnd() + "\r\n"));
        Assert.StartsWith("250", await client.ReadAsync(), StringComparison.Ordinal);
        await client.SendAsync(Encoding.UTF8.GetBytes($"RCPT TO:{to} {recipientParameters}".TrimEnd() + "\r\n"));
        Assert.StartsWith("250", await client.ReadAsync(), StringComparison.Ordinal);
        Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
    }

    private static string NewId() => $"{Guid.NewGuid():N}@example.net";
}

using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ClusterMail.Smtp.Server;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MimeKit;

namespace ClusterMail.Smtp.Tests.Server;

public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clustermail-tls-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly string _certificate;
    private readonly string _key;

    public TlsTests() => (_certificate, _key) = (Path.Combine(_folder, "cert.pem"), Path.Combine(_folder, "key.pem"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private FileCertificateSource Source() => new(_certificate, _key, _time, NullLogger.Instance);

    private static async Task<(WireClient Client, SslStream Tls)> SecureAsync(WireClient client, SslProtocols protocols = SslProtocols.None)
    {
        var tls = new SslStream(client.Stream, false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "mx.example.jp", EnabledSslProtocols = protocols })
            .WaitAsync(TimeSpan.FromSeconds(10));
        return (client.Over(tls), tls);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "TLSv1.2")]
    [InlineData(SslProtocols.Tls13, "TLSv1.3")]
    public async Task RECV_6_STARTTLS_secures_the_session_and_forgets_what_was_said(SslProtocols protocol, string name)
    {
        TestCertificates.Write(_certificate, _key, "mx.example.jp");
        using var source = Source();
        await using var receiver = await TestReceiver.StartAsync(certificates: source);
        using var clear = await receiver.ConnectAsync();
        await clear.ReplyAsync();
        Assert.Contains("\n250-STARTTLS\n", await clear.AskAsync("EHLO out.example.net"), StringComparison.Ordinal);
        await clear.AskAsync("MAIL FROM:<a@example.net>");
        Assert.Equal("220 2.0.0 Ready to start TLS", await clear.AskAsync("STARTTLS"));
        var (client, tls) = await SecureAsync(clear, protocol);
        Assert.StartsWith("503 5.5.1", await client.AskAsync("RCPT TO:<b@example.jp>"));
        Assert.DoesNotContain("STARTTLS", await client.AskAsync("EHLO out.example.net"), StringComparison.Ordinal);
        Assert.StartsWith("503 5.5.1", await client.AskAsync("STARTTLS"));
        await client.AskAsync("MAIL FROM:<a@example.net>");
        await client.AskAsync("RCPT TO:<b@example.jp>");
        await client.AskAsync("DATA");
        Assert.StartsWith("250 ", await client.AskAsync("x\r\n."));
        Assert.True(receiver.Mails.TryDequeue(out var mail));
        Assert.Equal(name, mail.Mail.Client.TlsVersion);
        Assert.Contains(" with ESMTPS id ", Encoding.ASCII.GetString(mail.Content), StringComparison.Ordinal);
        Assert.StartsWith("221 ", await client.AskAsync("QUIT"));
        await tls.DisposeAsync();
    }

    [Fact]
    public async Task RECV_6_tickets_leave_with_the_first_reply_and_the_close_with_the_last()
    {
        TestCertificates.Write(_certificate, _key, "mx.example.jp");
        using var source = Source();
        await using var receiver = await TestReceiver.StartAsync(certificates: source);
        using var clear = await receiver.ConnectAsync();
        await clear.ReplyAsync();
        await clear.AskAsync("EHLO out.example.net");
        await clear.AskAsync("STARTTLS");
        await using var tls = new SslStream(clear.Stream, true, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "mx.example.jp", EnabledSslProtocols = SslProtocols.Tls13 }).WaitAsync(TimeSpan.FromSeconds(10));

        // OpenSSL gives two tickets to a client that has shown none.
        await tls.WriteAsync("EHLO out.example.net\r\n"u8.ToArray());
        Assert.Equal(3, await RecordsAsync(clear));
        await tls.WriteAsync("QUIT\r\n"u8.ToArray());
        Assert.Equal(2, await RecordsAsync(clear));
    }

    /// <summary>TLS records in what arrives next at once: each has five octets of head, the last two of them its length (RFC 8446 §5.1).</summary>
    private static async Task<int> RecordsAsync(WireClient client)
    {
        var octets = new byte[65_536];
        var read = await client.Stream.ReadAsync(octets).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        var count = 0;
        for (var at = 0; at < read; at += 5 + (octets[at + 3] << 8 | octets[at + 4]))
            count++;
        return count;
    }

    [Fact]
    public async Task RECV_26_commands_sent_in_clear_behind_STARTTLS_end_the_session()
    {
        TestCertificates.Write(_certificate, _key, "mx.example.jp");
        using var source = Source();
        await using var receiver = await TestReceiver.StartAsync(certificates: source);
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("EHLO a");
        await client.SendAsync("STARTTLS\r\nMAIL FROM:<evil@example.net>\r\n");
        Assert.Null(await client.ReplyAsync());
        Assert.Contains(receiver.Log.Lines, line => line.Contains("injection", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RECV_4_a_TLS_port_speaks_TLS_from_the_first_octet_and_a_changed_certificate_is_used_without_restart()
    {
        var first = TestCertificates.Write(_certificate, _key, "mx.example.jp");
        using var source = Source();
        await using var receiver = await TestReceiver.StartAsync(
            listener: new ListenerOptions { EndPoint = new(IPAddress.Loopback, 0), ImplicitTls = true }, certificates: source);
        Assert.Equal(first, await ThumbprintAsync(receiver));

        File.WriteAllText(_certificate, "no certificate");
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(first, await ThumbprintAsync(receiver));               // trouble keeps the old one

        var second = TestCertificates.Write(_certificate, _key, "mx.example.jp");
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(second, await ThumbprintAsync(receiver));
    }

    private static async Task<string> ThumbprintAsync(TestReceiver receiver)
    {
        using var raw = await receiver.ConnectAsync();
        var (client, tls) = await SecureAsync(raw);
        Assert.StartsWith("220 ", await client.ReplyAsync());
        Assert.DoesNotContain("STARTTLS", await client.AskAsync("EHLO a"), StringComparison.Ordinal);
        return ((X509Certificate2)tls.RemoteCertificate!).Thumbprint;
    }

    [Fact]
    public async Task RECV_5_without_a_certificate_TLS_ports_stay_closed_clear_ports_serve_and_they_open_when_it_comes()
    {
        using var source = Source();
        await using var receiver = await TestReceiver.StartAsync(certificates: source, time: _time);
        var endPoint = new IPEndPoint(IPAddress.Loopback, 0);
        await receiver.Listeners.ApplyAsync([new ListenerOptions { EndPoint = endPoint }, new ListenerOptions { EndPoint = endPoint, ImplicitTls = true }]);
        Assert.Single(receiver.Listeners.Bound);
        using var client = await receiver.ConnectAsync();
        Assert.StartsWith("220 ", await client.ReplyAsync());
        Assert.DoesNotContain("STARTTLS", await client.AskAsync("EHLO a"), StringComparison.Ordinal);

        TestCertificates.Write(_certificate, _key, "mx.example.jp");
        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(10);
        while (receiver.Listeners.Bound.Length < 2 && DateTime.UtcNow < deadline)
        {
            _time.Advance(TimeSpan.FromSeconds(4));
            await Task.Delay(10);
        }
        Assert.Equal(2, receiver.Listeners.Bound.Length);
    }

    [Fact]
    public async Task RECV_6_MailKit_sends_over_STARTTLS_with_every_extension()
    {
        TestCertificates.Write(_certificate, _key, "mx.example.jp");
        using var source = Source();
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxContentInMemory = 50_000 }, certificates: source);
        using var client = new SmtpClient { ServerCertificateValidationCallback = (_, _, _, _) => true };
        await client.ConnectAsync("127.0.0.1", receiver.EndPoint.Port, SecureSocketOptions.StartTls);
        var message = new MimeMessage();
        message.From.Add(new MailboxAddress("太郎", "taro@例え.jp"));
        message.To.Add(new MailboxAddress("", "hanako@example.jp"));
        message.Subject = "大きなメール";
        message.Body = new TextPart("plain") { Text = string.Concat(Enumerable.Repeat("本文です。\r\n", 20_000)) };
        var options = FormatOptions.Default.Clone();
        options.International = true;
        await client.SendAsync(options, message);
        await client.DisconnectAsync(true);
        Assert.True(receiver.Mails.TryDequeue(out var mail));
        Assert.True(mail.Mail.Facts is { HasUtf8Header: true, Has8Bit: true, HasDate: true, HasMessageId: true });
        Assert.True(mail.Mail.Envelope.SmtpUtf8);
        Assert.Contains(" with UTF8SMTPS id ", Encoding.UTF8.GetString(mail.Content), StringComparison.Ordinal);
        Assert.Equal("大きなメール", (await MimeMessage.LoadAsync(new MemoryStream(mail.Content))).Subject);
    }

    [Fact]
    public async Task RECV_9_a_TLS_session_ends_when_idle_and_in_a_drain()
    {
        TestCertificates.Write(_certificate, _key, "mx.example.jp");
        using var source = Source();
        await using var receiver = await TestReceiver.StartAsync(
            listener: new ListenerOptions { EndPoint = new(IPAddress.Loopback, 0), ImplicitTls = true }, certificates: source);
        using var raw = await receiver.ConnectAsync();
        var (client, _) = await SecureAsync(raw);
        await client.ReplyAsync();
        await client.AskAsync("NOOP");
        var drain = receiver.Listeners.DrainAsync(TimeSpan.FromSeconds(60));
        Assert.StartsWith("421 4.3.2", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());
        await drain.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task RECV_6_rubbish_instead_of_a_handshake_is_logged_and_closed()
    {
        TestCertificates.Write(_certificate, _key, "mx.example.jp");
        using var source = Source();
        await using var receiver = await TestReceiver.StartAsync(certificates: source);
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("STARTTLS");
        await client.SendAsync("EHLO not tls at all, and long enough to be looked at\r\n");
        var bytes = new byte[1000];
        while (await client.Stream.ReadAsync(bytes).AsTask().WaitAsync(TimeSpan.FromSeconds(10)) > 0)
        {
            // An alert may come first.
        }
        Assert.Contains(receiver.Log.Lines, line => line.Contains("TLS handshake failed", StringComparison.Ordinal));
    }
}

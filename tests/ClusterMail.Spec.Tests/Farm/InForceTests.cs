using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterMail.Testing.Processes;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>Changes that take hold while mail flows, and what stands in front of the farm.</summary>
[Collection(nameof(FarmCollection))]
public class InForceTests(FarmFixture farm)
{

    /// <summary>The promise, and what a machine busy with other tests may take on top of it.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task EX_CLU_7_ADMIN_20_RELAY_11_a_changed_relay_list_holds_on_every_node()
    {
        await farm.Farm.RunAsync("settings", "set", $"relay.rules=127.0.0.77 false\n{FarmFixture.RelayRules}");
        try
        {
            foreach (var node in farm.Farm.Nodes)
                await Until.TrueAsync(async () => (await MailFromAsync(node)).StartsWith("550 5.1.7", StringComparison.Ordinal), Soon, $"{node.Name} refusing");
        }
        finally
        {
            await farm.Farm.SetAsync("relay.rules", FarmFixture.RelayRules);
        }
    }

    [Fact]
    public async Task EX_ADMIN_1_ADMIN_21_a_transaction_keeps_its_limit_and_the_next_connection_shows_the_new_one_on_every_node()
    {
        var (_, domain) = farm.TakeSink();
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync("MAIL FROM:<a@example.net>");
        await farm.Farm.SetAsync("receive.max_bytes", "1000");
        try
        {
            foreach (var node in farm.Farm.Nodes)
                await Until.TrueAsync(async () => (await EhloAsync(node)).Contains("SIZE 1000", StringComparison.Ordinal), Soon, $"{node.Name} showing SIZE 1000");
            Assert.StartsWith("250", await client.SayAsync($"RCPT TO:<x@{domain}>"), StringComparison.Ordinal);
            await client.SayAsync("DATA");
            await client.SendAsync("Subject: long\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('y', 70) + "\r\n", 50)));
            Assert.Equal("250 2.0.0 Message received ok.", await client.SayAsync("."));
        }
        finally
        {
            await farm.Farm.SetAsync("receive.max_bytes", "78643200");
        }
    }

    [Fact]
    public async Task EX_ADMIN_5_ADMIN_22_a_new_port_answers_before_the_old_one_stops_and_cuts_no_session()
    {
        var node = farm.Farm.Nodes[^1];
        var (sink, domain) = farm.TakeSink();
        var ports = Ports.Block(2);
        var old = new IPEndPoint(IPAddress.Loopback, ports);
        var next = new IPEndPoint(IPAddress.Loopback, ports + 1);
        try
        {
            await farm.Farm.RunAsync("settings", "set", $"listen={old.Address} {old.Port}", "--node", node.Name);
            await Until.TrueAsync(() => AnswersAsync(old), Soon, "the first port");
            using var client = await SmtpConversation.OpenAsync(old);
            await client.SayAsync("EHLO client.test");
            await client.SayAsync("MAIL FROM:<a@example.net>");
            using var watching = new CancellationTokenSource();
            var gap = WatchAsync(old, next, watching.Token);
            await farm.Farm.RunAsync("settings", "set", $"listen={next.Address} {next.Port}", "--node", node.Name);
            await Until.TrueAsync(async () => await AnswersAsync(next) && !await AnswersAsync(old), Soon, "the new port alone");
            await watching.CancelAsync();
            Assert.False(await gap, "for a moment neither port answered");
            Assert.StartsWith("250", await client.SayAsync($"RCPT TO:<x@{domain}>"), StringComparison.Ordinal);
            await client.SayAsync("DATA");
            await client.SendAsync("Subject: over\r\n\r\nbody\r\n");
            Assert.Equal("250 2.0.0 Message received ok.", await client.SayAsync("."));
            await sink.OneAsync(_ => true, Soon);
        }
        finally
        {
            await farm.Farm.RunAsync("settings", "set", "--unset", "listen", "--node", node.Name);
            await Until.TrueAsync(() => AnswersAsync(node.Receiver), Soon, "the node's own port");
        }
    }

    [Fact]
    public async Task EX_CLU_10_CLU_24_RECV_2_a_denied_local_address_gives_no_banner_and_the_others_do()
    {
        var node = farm.Farm.Nodes[^1];
        var port = Ports.Block(1);
        var hidden = new IPEndPoint(IPAddress.Parse("127.0.0.77"), port);
        try
        {
            await farm.Farm.RunAsync("settings", "set", $"listen=* {port.ToString(CultureInfo.InvariantCulture)}", $"listen.deny={hidden.Address}", "--node", node.Name);
            await Until.TrueAsync(() => AnswersAsync(new IPEndPoint(IPAddress.Loopback, port)), Soon, "the service address");
            await Until.TrueAsync(async () => !await AnswersAsync(hidden), Soon, "silence on the hidden address");
            Assert.True(await AnswersAsync(new IPEndPoint(IPAddress.Loopback, port)), "the service address after the hidden one fell silent");
            Assert.True(await ClusterMail.Testing.Processes.Farm.IsReadyAsync(node), "the health port is one of its own");
        }
        finally
        {
            await farm.Farm.RunAsync("settings", "set", "--unset", "listen", "--unset", "listen.deny", "--node", node.Name);
            await Until.TrueAsync(() => AnswersAsync(node.Receiver), Soon, "the node's own port");
        }
    }

    [Fact]
    public async Task RECV_7_a_listener_for_IPv6_only_takes_no_IPv4_client()
    {
        var node = farm.Farm.Nodes[^1];
        var port = Ports.Block(1);
        try
        {
            await farm.Farm.RunAsync("settings", "set", "net.ip_version=v6");
            await farm.Farm.RunAsync("settings", "set", $"listen=* {port.ToString(CultureInfo.InvariantCulture)}", "--node", node.Name);
            await Until.TrueAsync(() => AnswersAsync(new IPEndPoint(IPAddress.IPv6Loopback, port)), Soon, "the port for IPv6");
            Assert.False(await AnswersAsync(new IPEndPoint(IPAddress.Loopback, port)));
        }
        finally
        {
            await farm.Farm.RunAsync("settings", "set", "--unset", "listen", "--node", node.Name);
            await farm.Farm.RunAsync("settings", "set", "--unset", "net.ip_version");
            await Until.TrueAsync(() => AnswersAsync(node.Receiver), Soon, "the node's own port");
        }
    }

    [Fact]
    public async Task RECV_5_a_certificate_changed_on_disk_is_used_without_restart()
    {
        var configuration = await File.ReadAllLinesAsync(Path.Combine(farm.Farm.Data, farm.Farm.Nodes[0].Name, "node.conf"));
        string PathOf(string key) => configuration.Select(line => line.Trim()).First(line => line.StartsWith(key + " = ", StringComparison.Ordinal)).Split('"')[1];
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=changed.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        await File.WriteAllTextAsync(PathOf("key"), key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(PathOf("certificate"), certificate.ExportCertificatePem());
        foreach (var node in farm.Farm.Nodes)
            await Until.TrueAsync(async () => await SubjectAsync(IPEndPoint.Parse(node.Smtps)) == "CN=changed.test", Soon, $"{node.Name} showing the new certificate");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task CLU_23_behind_HAProxy_the_client_is_the_client_in_clear_and_under_TLS(int version)
    {
        var (sink, domain) = farm.TakeSink();
        await using var balancer = await HAProxy.StartAsync(farm.Farm.Nodes, version);
        using var stranger = await SmtpConversation.OpenAsync(balancer.EndPoint, FarmFixture.Stranger);
        Assert.Contains($"Hello [{FarmFixture.Stranger}]", await stranger.SayAsync("EHLO client.test"), StringComparison.Ordinal);
        Assert.StartsWith("550", await stranger.MailAsync("a@example.net", ["victim@outside.test"], "x"), StringComparison.Ordinal);
        using var client = new SmtpClient { ServerCertificateValidationCallback = (_, _, _, _) => true, CheckCertificateRevocation = false };
        await client.ConnectAsync("127.0.0.1", balancer.EndPoint.Port, SecureSocketOptions.StartTls);
        using var mail = new MimeMessage { Subject = "behind", Body = new TextPart("plain") { Text = "through the balancer" } };
        mail.From.Add(new MailboxAddress("A", "a@example.net"));
        mail.To.Add(new MailboxAddress("X", $"x@{domain}"));
        await client.SendAsync(mail);
        await client.DisconnectAsync(true);
        Assert.Contains("[127.0.0.1]", (await sink.OneAsync(_ => true, Soon)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLU_35_a_dead_destination_with_thousands_waiting_costs_the_others_nothing()
    {
        const int Dead = 3000;
        var (sink, domain) = farm.TakeSink();
        await Tool.MustAsync(TimeSpan.FromSeconds(120), "smtp-source", "-s", "10", "-m", Dead.ToString(CultureInfo.InvariantCulture), "-l", "512", "-f", "", "-t", "x@void.test", farm.Receiver.ToString());
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        for (var number = 1; number <= 20; number++)
        {
            Assert.StartsWith("250", await client.MailAsync("a@example.net", [$"x{number}@{domain}"], "Subject: quick\r\n\r\nbody"), StringComparison.Ordinal);
            await Until.TrueAsync(() => sink.Count == number, TimeSpan.FromSeconds(10), "a mail to a living destination");
        }
    }

    private static async Task<string> EhloAsync(FarmNode node)
    {
        using var client = await SmtpConversation.OpenAsync(node.Receiver);
        return await client.SayAsync("EHLO client.test");
    }

    private static async Task<string> MailFromAsync(FarmNode node)
    {
        using var client = await SmtpConversation.OpenAsync(node.Receiver, IPAddress.Parse("127.0.0.77"));
        await client.SayAsync("EHLO client.test");
        return await client.SayAsync("MAIL FROM:<a@example.net>");
    }

    private static async Task<bool> AnswersAsync(IPEndPoint endPoint)
    {
        try
        {
            using var client = await SmtpConversation.OpenAsync(endPoint);
            return client.Last.StartsWith("220", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    /// <returns>Whether there was a moment when neither answered: the old one is asked first, so a change in between is no gap.</returns>
    private static async Task<bool> WatchAsync(IPEndPoint old, IPEndPoint next, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
            if (!await AnswersAsync(old) && !await AnswersAsync(next))
                return true;
        return false;
    }

    private static async Task<string> SubjectAsync(IPEndPoint endPoint)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(endPoint);
        await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("mx.example.jp");
        return tls.RemoteCertificate?.Subject ?? "";
    }
}

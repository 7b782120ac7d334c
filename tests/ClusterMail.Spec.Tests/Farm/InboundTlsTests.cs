using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>TLS towards clients: behind a balancer, and while the certificate changes.</summary>
[Collection(nameof(FarmCollection))]
public class InboundTlsTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task CLU_23_and_RECV_4_TLS_from_the_first_octet_works_behind_the_header_of_a_real_HAProxy(int version)
    {
        var node = farm.Farm.Nodes[^1];
        var listener = new IPEndPoint(IPAddress.Loopback, Ports.Block(1));
        try
        {
            await farm.Farm.RunAsync("settings", "set", string.Create(CultureInfo.InvariantCulture, $"listen={listener.Address} {listener.Port}* relay proxy"), "--node", node.Name);
            await Until.TrueAsync(() => ListensAsync(listener), Soon, "the balanced TLS port");
            await using var balancer = await HAProxy.StartAsync([listener.ToString()], version, tls: true);
            using (var stranger = await SmtpConversation.OpenTlsAsync(balancer.EndPoint, FarmFixture.Stranger))
            {
                Assert.StartsWith("220", stranger.Last, StringComparison.Ordinal);
                Assert.Contains($"Hello [{FarmFixture.Stranger}]", await stranger.SayAsync("EHLO client.test"), StringComparison.Ordinal);
                Assert.StartsWith("550", await stranger.MailAsync("a@example.net", ["victim@outside.test"], "x"), StringComparison.Ordinal);
            }

            var mail = await DeliverAsync(() => SmtpConversation.OpenTlsAsync(balancer.EndPoint, FarmFixture.Stranger));
            Assert.Contains($"[{FarmFixture.Stranger}]", mail, StringComparison.Ordinal);
            Assert.Contains(" with ESMTPS ", mail, StringComparison.Ordinal);
        }
        finally
        {
            await farm.Farm.RunAsync("settings", "set", "--unset", "listen", "--node", node.Name);
            await Until.TrueAsync(() => ListensAsync(node.Receiver), Soon, "the node's own port");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task CLU_23_and_RECV_26_STARTTLS_works_behind_the_header_of_a_real_HAProxy_and_the_client_stays_the_client(int version)
    {
        await using var balancer = await HAProxy.StartAsync(farm.Farm.Nodes, version);
        var mail = await DeliverAsync(async () =>
        {
            var client = await SmtpConversation.OpenAsync(balancer.EndPoint, FarmFixture.Stranger);
            await client.SayAsync("EHLO client.test");
            await client.StartTlsAsync();
            return client;
        });
        Assert.Contains($"[{FarmFixture.Stranger}]", mail, StringComparison.Ordinal);
        Assert.Contains(" with ESMTPS ", mail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RECV_5_a_certificate_named_by_the_settings_is_shown_without_restart_cuts_nobody_and_a_faulty_pair_changes_nothing()
    {
        var node = farm.Farm.Nodes[1];
        var smtps = IPEndPoint.Parse(node.Smtps);
        var first = farm.Authority.Issue("first.test");
        var second = farm.Authority.Issue("second.test");
        try
        {
            await NameAsync(node, first.Certificate, first.Key);
            await Until.TrueAsync(() => ShowsAsync(smtps, first.Subject), Soon, "the first certificate");
            using var running = await SmtpConversation.OpenTlsAsync(smtps);
            using var upgraded = await SmtpConversation.OpenAsync(node.Receiver);
            await upgraded.SayAsync("EHLO client.test");
            await upgraded.StartTlsAsync();
            await NameAsync(node, second.Certificate, second.Key);
            await Until.TrueAsync(() => ShowsAsync(smtps, second.Subject), Soon, "the second certificate");
            Assert.StartsWith("250", await running.SayAsync("NOOP"), StringComparison.Ordinal);
            Assert.StartsWith("250", await upgraded.SayAsync("NOOP"), StringComparison.Ordinal);
            Assert.Equal((first.Subject, first.Subject), (running.Subject, upgraded.Subject));

            // A key that belongs to another certificate, then a file that is not there: each is told once, and the second certificate stays.
            await NameAsync(node, first.Certificate, second.Key);
            await TellsAsync(node, first.Certificate, 1);
            Assert.True(await ShowsAsync(smtps, second.Subject), "the certificate before the faulty pair");
            await NameAsync(node, "/nowhere/certificate.pem", second.Key);
            await TellsAsync(node, "/nowhere/certificate.pem", 1);
            Assert.True(await ShowsAsync(smtps, second.Subject), "the certificate before the missing file");
            Assert.StartsWith("250", await running.SayAsync("NOOP"), StringComparison.Ordinal);
        }
        finally
        {
            await farm.Farm.RunAsync("settings", "set", "--unset", "tls.certificate", "--unset", "tls.key", "--node", node.Name);
        }

        await Until.TrueAsync(async () => !await ShowsAsync(smtps, second.Subject), Soon, "the node's own certificate again");
    }

    private Task<string> NameAsync(FarmNode node, string certificate, string key) =>
        farm.Farm.RunAsync("settings", "set", $"tls.certificate={certificate}", $"tls.key={key}", "--node", node.Name);

    private async Task TellsAsync(FarmNode node, string path, int times)
    {
        var told = 0;
        await Until.TrueAsync(async () => (told = await CountAsync()) >= times, Soon, $"an event about {path}");
        Assert.Equal(times, told);

        async Task<int> CountAsync() => (await farm.Farm.JsonAsync("cluster", "events", "--kind", "certificate", "--node", node.Name)).GetProperty("events").EnumerateArray()
            .Count(row => row.GetProperty("text").GetString()!.Contains(path, StringComparison.Ordinal));
    }

    private static async Task<bool> ShowsAsync(IPEndPoint endPoint, string subject)
    {
        using var client = await SmtpConversation.OpenTlsAsync(endPoint);
        return client.Subject == subject;
    }

    /// <summary>A mail to the operated domain, which strangers may bring.</summary>
    /// <returns>As it arrived.</returns>
    private async Task<string> DeliverAsync(Func<Task<SmtpConversation>> open)
    {
        var id = $"{Guid.NewGuid():N}@example.net";
        using var client = await open();
        await client.SayAsync("EHLO client.test");
        Assert.StartsWith("250", await client.MailAsync("a@example.net", [$"taro@{FarmFixture.Domain}"], $"Message-ID: <{id}>\r\n\r\nbody"), StringComparison.Ordinal);
        return (await farm.Operated.OneAsync(mail => mail.MessageId == id, Soon)).Text;
    }

    private static async Task<bool> ListensAsync(IPEndPoint endPoint)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

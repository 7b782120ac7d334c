using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>SPF of strangers through the whole of a node: settings, name server, session, delivery (CONF-19). Clients come by the PROXY protocol.</summary>
[Collection(nameof(FarmCollection))]
public class SenderAuthenticationTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task CONF_19_a_node_tags_refuses_and_explains_what_SPF_says_of_a_stranger()
    {
        var explained = await farm.Farm.JsonAsync("explain", "spf", "203.0.113.77", "mail.spf.test", "a@spf.test");
        Assert.Equal("fail", explained.GetProperty("identities")[0].GetProperty("result").GetString());
        Assert.Equal("log", explained.GetProperty("mode").GetString());
        Assert.StartsWith("550 5.7.23 ", explained.GetProperty("enforced").GetString(), StringComparison.Ordinal);
        try
        {
            await farm.Farm.SetAsync("receive.spf", "tag");
            Assert.StartsWith("250", await SendAsync("203.0.113.77", "tagged"), StringComparison.Ordinal);
            var mail = await farm.Operated.OneAsync(one => one.ForwardPaths.Contains($"tagged@{FarmFixture.Domain}"), Soon);
            Assert.StartsWith($"Authentication-Results: {FarmFixture.HostName};\r\n\tspf=fail smtp.mailfrom=spf.test;\r\n\tspf=none smtp.helo=mail.spf.test\r\nReceived: ", mail.Text, StringComparison.Ordinal);
            await farm.Farm.SetAsync("receive.spf", "enforce");
            Assert.StartsWith("550 5.7.23 ", await SendAsync("203.0.113.77", "refused"), StringComparison.Ordinal);
            Assert.StartsWith("250", await SendAsync("192.0.2.7", "passed"), StringComparison.Ordinal);
        }
        finally
        {
            await farm.Farm.SetAsync("receive.spf", "log");
        }
    }

    private async Task<string> SendAsync(string from, string to)
    {
        using var client = await SmtpConversation.OpenAsync(IPEndPoint.Parse(farm.Farm.Nodes[0].ProxySmtp), greet: false);
        await client.SendAsync($"PROXY TCP4 {from} 127.0.0.1 40000 25\r\n");
        await client.ReadAsync();
        await client.SayAsync("EHLO mail.spf.test");
        return await client.MailAsync("a@spf.test", [$"{to}@{FarmFixture.Domain}"], "From: <a@spf.test>\r\nSubject: x\r\n\r\nbody\r\n");
    }
}

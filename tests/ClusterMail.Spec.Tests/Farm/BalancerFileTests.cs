using System.Net;
using System.Net.Sockets;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>deploy/haproxy.cfg in front of a farm, with nothing changed but addresses and ports.</summary>
[Collection(nameof(FarmCollection))]
public sealed class BalancerFileTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly IPAddress Client = IPAddress.Parse("127.0.0.77");

    [Fact]
    public async Task CLU_23_and_CLU_32_while_a_node_drains_behind_the_balancer_nobody_hears_5xx_and_then_nobody_is_sent_there()
    {
        await using var balancer = await HAProxy.StartDeployedAsync(farm.Farm.Nodes);
        var drained = farm.Farm.Nodes[1];
        var marked = $"drain-{Guid.NewGuid():N}";
        var replies = new List<string>();
        var promised = new List<string>();
        try
        {
            // What the balancer sent before the drain is taken.
            await Until.TrueAsync(async () => await SendAsync(balancer, $"{marked}-before", replies, promised), Soon, "a mail through the balancer");
            await farm.Farm.RunAsync("cluster", "drain", drained.Name);
            await Until.TrueAsync(async () =>
            {
                await SendAsync(balancer, $"{marked}-while{promised.Count}", replies, promised);
                return !await Testing.Processes.Farm.IsReadyAsync(drained);
            }, Soon, $"{drained.Name} not ready");
            // HAProxy asks every second and believes the second answer: from then on every connection is taken at once.
            var inRow = 0;
            await Until.TrueAsync(async () => (inRow = await SendAsync(balancer, $"{marked}-while{promised.Count}", replies, promised) ? inRow + 1 : 0) >= 12, Soon, "twelve mails in a row taken at once");
        }
        finally
        {
            await farm.Farm.RunAsync("cluster", "undrain", drained.Name);
            await farm.Farm.AllReadyAsync(Soon);
        }

        Assert.DoesNotContain(replies, reply => reply.StartsWith('5'));
        await Until.TrueAsync(() => promised.All(to => farm.Operated.Mails.Any(mail => mail.ForwardPaths.Contains(to))), Soon, "every promised mail at the sink");
        var trace = await farm.Farm.RunAsync("trace", promised[0]);
        Assert.Contains(Client.ToString(), trace, StringComparison.Ordinal);
    }

    /// <returns>True: taken. False: to come again, as every client does after 4xx or a broken connection.</returns>
    private static async Task<bool> SendAsync(HAProxy balancer, string name, List<string> replies, List<string> promised)
    {
        try
        {
            using var client = await SmtpConversation.OpenAsync(balancer.EndPoint, Client);
            replies.Add(client.Last);
            if (!client.Last.StartsWith("220", StringComparison.Ordinal))
                return false;
            replies.Add(await client.SayAsync("EHLO client.test"));
            var to = $"{name}@{FarmFixture.Domain}";
            var reply = await client.MailAsync("author@client.test", [to], "Subject: balanced\r\n\r\nbody");
            replies.Add(reply);
            if (!reply.StartsWith("250", StringComparison.Ordinal))
                return false;
            promised.Add(to);
            return true;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}

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

    [Fact]
    public async Task CLU_32_a_mail_under_way_at_a_node_that_drains_is_finished_through_the_balancer()
    {
        await using var balancer = await HAProxy.StartDeployedAsync(farm.Farm.Nodes);
        var drained = farm.Farm.Nodes[1];
        var open = await OpenOneForEachNodeAsync(balancer);
        try
        {
            foreach (var session in open)
                await BeginDataAsync(session);
            await farm.Farm.RunAsync("cluster", "drain", drained.Name);
            await Until.TrueAsync(async () => !await Testing.Processes.Farm.IsReadyAsync(drained), Soon, $"{drained.Name} not ready");
            await balancer.SaysAsync($"/{ServerOf(drained)} is stopping", Soon);
            foreach (var session in open)
            {
                await session.SendAsync("Subject: under way\r\n\r\nbody\r\n.\r\n");
                Assert.StartsWith("250", await session.ReadAsync(), StringComparison.Ordinal);
            }
        }
        finally
        {
            open.ForEach(session => session.Dispose());
            await farm.Farm.RunAsync("cluster", "undrain", drained.Name);
            await farm.Farm.AllReadyAsync(Soon);
        }
    }

    [Fact]
    public async Task CLU_23_who_hangs_on_a_node_that_stands_still_is_cut_off_by_the_balancer_and_the_others_are_not()
    {
        await using var balancer = await HAProxy.StartDeployedAsync(farm.Farm.Nodes);
        var hung = farm.Farm.Nodes[1];
        var open = await OpenOneForEachNodeAsync(balancer);
        farm.Farm.Pause(hung);
        try
        {
            var replies = open.Select(session => session.ReadAsync()).ToList();
            var cut = await Task.WhenAny(replies).WaitAsync(Soon);
            Assert.Equal("", await cut);
            foreach (var session in open.Where((_, index) => replies[index] != cut))
                await session.SendAsync("NOOP\r\n");
            foreach (var reply in replies.Where(reply => reply != cut))
                Assert.StartsWith("250", await reply.WaitAsync(Soon), StringComparison.Ordinal);
        }
        finally
        {
            farm.Farm.Resume(hung);
            open.ForEach(session => session.Dispose());
            await farm.Farm.AllReadyAsync(Soon);
        }
    }

    private static string ServerOf(FarmNode node) => $"mx{node.Name[1..]}";

    /// <summary>HAProxy sends each new client to the node with the fewest.</summary>
    private static async Task<List<SmtpConversation>> OpenOneForEachNodeAsync(HAProxy balancer)
    {
        var open = new List<SmtpConversation>();
        for (var number = 0; number < 3; number++)
        {
            open.Add(await SmtpConversation.OpenAsync(balancer.EndPoint, Client));
            Assert.StartsWith("250", await open[number].SayAsync("EHLO client.test"), StringComparison.Ordinal);
        }
        return open;
    }

    private static async Task BeginDataAsync(SmtpConversation session)
    {
        await session.SayAsync("MAIL FROM:<author@client.test>");
        await session.SayAsync($"RCPT TO:<under-way@{FarmFixture.Domain}>");
        Assert.StartsWith("354", await session.SayAsync("DATA"), StringComparison.Ordinal);
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

using System.Globalization;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>Real load generator, real balancer, real sink: what goes in comes out, once.</summary>
public class BalancerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CLU_20_mail_of_smtp_source_through_any_node_arrives_once_at_smtp_sink(bool balanced)
    {
        const int Count = 5000;
        await using var counting = await CountingSink.StartAsync();
        await using var farm = await ClusterFarm.StartAsync(3, ("route.table", string.Create(CultureInfo.InvariantCulture, $"*,127.0.0.1,{counting.EndPoint.Port}")));
        await using var balancer = balanced ? await HAProxy.StartAsync(farm.Farm.Nodes) : null;
        var targets = balancer is null ? [.. farm.Farm.Nodes.Select(node => node.Receiver)] : Enumerable.Repeat(balancer.EndPoint, 3).ToList();
        var sent = await Task.WhenAll(targets.Select((target, number) => Tool.RunAsync(
            TimeSpan.FromSeconds(120), "smtp-source", "-d", "-s", "16", "-m", (Count / targets.Count + (number < Count % targets.Count ? 1 : 0)).ToString(CultureInfo.InvariantCulture), "-l", "1024", "-N",
            "-f", "source@load.test", "-t", $"t{number}@sink.test", target.ToString())));
        Assert.All(sent, result => Assert.True(result.ExitCode == 0, result.Errors));
        await Until.TrueAsync(() => counting.Headers("X-Rcpt-Args").Count >= Count, TimeSpan.FromSeconds(90), "all mail at smtp-sink");
        var recipients = counting.Headers("X-Rcpt-Args");
        Assert.Equal(Count, recipients.Count);
        Assert.Equal(Count, recipients.Distinct().Count());
    }

    [Fact]
    public async Task CLU_23_behind_a_balancer_the_client_and_not_the_balancer_is_judged()
    {
        // Only 127.0.0.7 may relay: the balancer itself comes from 127.0.0.1.
        await using var farm = await ClusterFarm.StartAsync(3, ("relay.rules", "#<> default\n#blank false\n127.0.0.7 true"));
        foreach (var version in new[] { 1, 2 })
        {
            await using var balancer = await HAProxy.StartAsync(farm.Farm.Nodes, version);
            using var friend = await SmtpConversation.OpenAsync(balancer.EndPoint, System.Net.IPAddress.Parse("127.0.0.7"));
            Assert.Contains("[127.0.0.7]", await friend.SayAsync("EHLO client.test"), StringComparison.Ordinal);
            Assert.StartsWith("250", await friend.MailAsync("a@example.net", ["x@sink.test"], "Subject: balanced\r\n\r\nbody"), StringComparison.Ordinal);
            using var stranger = await SmtpConversation.OpenAsync(balancer.EndPoint, System.Net.IPAddress.Parse("127.0.0.8"));
            await stranger.SayAsync("EHLO client.test");
            Assert.StartsWith("550", await stranger.MailAsync("a@example.net", ["x@sink.test"], "Subject: no\r\n\r\nbody"), StringComparison.Ordinal);
        }
    }
}

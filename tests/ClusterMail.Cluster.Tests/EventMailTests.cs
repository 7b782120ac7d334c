using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>Events told by mail while the farm loses a node.</summary>
[Collection(ClusterFarm.Patient)]
public class EventMailTests
{
    [Fact]
    public async Task CLU_33_a_killed_node_is_one_mail_to_the_administrator_whoever_leads()
    {
        await using var farm = await ClusterFarm.StartAsync(3, ("admin.address", $"admin@{ClusterFarm.Domain}"), ("admin.event_mail", "node-fenced,leader"));
        farm.Sink.KeepContent = true;
        // The oldest node carries the singletons, so the one that writes the mails has to move too.
        var victim = farm.Farm.Nodes[0];
        farm.Farm.Kill(victim);
        var fenced = new Regex($"{victim.Name}  node-fenced: ", RegexOptions.None, TimeSpan.FromSeconds(1));
        await Until.TrueAsync(() => Told() > 0, TimeSpan.FromSeconds(90), () => $"a mail about the node\n{farm.Farm.Logs()}");
        // Told and marked in one transaction: what is marked is not told again, whoever looks next.
        Assert.Equal(1, Told());
        Assert.Equal(0, await Sql.AskAsync<long>(farm.Farm.Cluster.Database, "SELECT count(*) FROM event WHERE kind = 'node-fenced' AND mailed_at IS NULL"));
        var mail = farm.Sink.Mails.First(arrived => fenced.IsMatch(arrived.Text));
        Assert.Equal("", mail.ReversePath);
        Assert.Equal([$"admin@{ClusterFarm.Domain}"], mail.ForwardPaths);
        Assert.Contains("Auto-Submitted: auto-generated", mail.Text, StringComparison.Ordinal);
        // Every event once, and none of a kind nobody asked for.
        var lines = farm.Sink.Mails.SelectMany(arrived => arrived.Text.Split("\r\n")).Where(line => Regex.IsMatch(line, "^[0-9-]{10} [0-9:]{8} [+-]", RegexOptions.None, TimeSpan.FromSeconds(1))).ToList();
        Assert.Equal(lines.Distinct().Count(), lines.Count);
        Assert.All(lines, line => Assert.Matches("  (node-fenced|leader): ", line));

        int Told() => farm.Sink.Mails.Count(arrived => fenced.IsMatch(arrived.Text));
    }
}

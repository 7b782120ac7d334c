using System.Text.Json;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>A drill as an operator rehearses it, on a farm that has work of its own meanwhile.</summary>
[Collection(ClusterFarm.PatientToo)]
public class DrillTests
{
    private static readonly TimeSpan DrillLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task CLU_22_a_drill_kills_a_node_under_traffic_reports_and_leaves_the_farm_as_it_was()
    {
        await using var farm = await ClusterFarm.StartAsync();
        var before = await RoutesAsync(farm);
        var load = farm.Load();
        var page = Path.Combine(farm.Farm.Data, "drill.html");
        await load.SendAsync(sessions: 2, count: 20);
        var told = await Tool.MustAsync(
            DrillLimit, Farm.Program("clustermail"), "drill", "kill", "--node", "n2", "--yes", "--json", "--report", page, "--rate", "30", "--margin", "3", "--for", "10", "--data", farm.Farm.Data);
        var report = JsonDocument.Parse(told).RootElement;
        var check = report.GetProperty("check");
        Assert.True(check.GetProperty("passed").GetBoolean(), told);
        Assert.Equal(0, check.GetProperty("lost").GetArrayLength());
        Assert.InRange(check.GetProperty("accepted").GetInt32(), 100, int.MaxValue);
        Assert.True(check.GetProperty("delivered").GetInt32() >= check.GetProperty("accepted").GetInt32(), told);
        Assert.Equal(["before", "harm", "undo", "after", "settle"], report.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("name").GetString()));
        Assert.Contains("<svg", await File.ReadAllTextAsync(page), StringComparison.Ordinal);
        // n2 is another process than before, ready again, and nothing of the drill is left.
        await farm.Farm.AllReadyAsync(Settle);
        Assert.Equal(before, await RoutesAsync(farm));
        Assert.DoesNotContain("drill", await farm.Farm.RunAsync("domain", "list"), StringComparison.Ordinal);
        await load.SendAsync(sessions: 2, count: 20);
        await farm.NothingLostAsync(load, Settle);
    }

    private static async Task<string?> RoutesAsync(ClusterFarm farm) => (await farm.Farm.JsonAsync("settings", "get", "route.table")).GetProperty("value").GetString();
}

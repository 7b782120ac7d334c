using System.Diagnostics;
using System.Text.Json;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Testing.Nemesis;

/// <summary>Harm to one node of a farm in network namespaces.</summary>
internal sealed class NodeHarm(NetworkFarm farm)
{
    private const string OldestSql = "SELECT name FROM node WHERE member AND fenced_at IS NULL AND left_at IS NULL ORDER BY epoch LIMIT 1";

    /// <summary>Does it, waits, and puts it right. Which node it was.</summary>
    public async Task<string> DoAsync(PlannedHarm harm)
    {
        var node = harm.Kind switch
        {
            HarmKind.KillOldest => await OldestAsync(),
            HarmKind.KillLeader => await LeaderAsync(),
            _ => null,
        } ?? farm.Nodes[harm.Victim];
        switch (harm.Kind)
        {
            case HarmKind.Kill or HarmKind.KillOldest or HarmKind.KillLeader:
                await farm.KillAsync(node);
                await Task.Delay(harm.For);
                await farm.RestartAsync(node);
                break;
            case HarmKind.Pause:
                await DuringAsync(harm, () => Signal(node, Unix.Stop), () => Signal(node, Unix.Continue));
                break;
            case HarmKind.CutOff:
                await DuringAsync(harm, node.CutAsync, node.HealAsync);
                break;
            case HarmKind.Deafen:
                await DuringAsync(harm, node.DeafenAsync, node.HealRulesAsync);
                break;
            case HarmKind.Mute:
                await DuringAsync(harm, node.MuteAsync, node.HealRulesAsync);
                break;
            case HarmKind.CutFromPeers:
                await DuringAsync(harm, () => farm.CutFromPeersAsync(node), node.HealRulesAsync);
                break;
            case HarmKind.CutFromDatabase:
                await DuringAsync(harm, node.CutFromDatabaseAsync, node.HealRulesAsync);
                break;
            case HarmKind.Flap:
                await FlapAsync(node, harm.For);
                break;
            case HarmKind.Lose:
                await DuringAsync(harm, () => node.LoseAsync(25), node.HealRulesAsync);
                break;
            case HarmKind.Narrow:
                await DuringAsync(harm, () => node.NarrowAsync(2000), node.WidenAsync);
                break;
            case HarmKind.Clock:
                await DuringAsync(harm, () => Clock(node, harm.Sign * TimeSpan.FromMinutes(1)), () => Clock(node, TimeSpan.Zero));
                break;
            default:
                throw new UnreachableException(harm.Kind.ToString());
        }

        return node.Name;
    }

    private static async Task DuringAsync(PlannedHarm harm, Func<Task> begin, Func<Task> end)
    {
        await begin();
        await Task.Delay(harm.For);
        await end();
    }

    private static async Task FlapAsync(NetworkNode node, TimeSpan span)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < span;)
        {
            await node.CutAsync();
            await Task.Delay(TimeSpan.FromSeconds(1));
            await node.HealAsync();
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    private static Task Signal(NetworkNode node, int signal)
    {
        node.Signal(signal);
        return Task.CompletedTask;
    }

    private static Task Clock(NetworkNode node, TimeSpan off)
    {
        node.SetClock(off);
        return Task.CompletedTask;
    }

    private async Task<NetworkNode?> OldestAsync()
    {
        await using var source = Store.Database.Open(farm.Database, "nemesis", maxPoolSize: 1);
        await using var command = source.CreateCommand(OldestSql);
        return await command.ExecuteScalarAsync() is string name ? Named(name) : null;
    }

    private async Task<NetworkNode?> LeaderAsync()
    {
        var asked = await farm.TryAsync(farm.Nodes[0], "cluster", "leader", "--json");
        return asked.ExitCode == 0 && JsonDocument.Parse(asked.Output).RootElement.TryGetProperty("leader", out var leader) && leader.GetString() is { } name ? Named(name) : null;
    }

    private NetworkNode? Named(string name) => farm.Nodes.FirstOrDefault(node => node.Name == name);
}

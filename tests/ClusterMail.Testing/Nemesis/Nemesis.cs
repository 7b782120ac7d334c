using System.Diagnostics;
using System.Globalization;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Testing.Nemesis;

/// <summary>Carries out a plan of harm against a farm that works meanwhile.</summary>
public sealed class Nemesis(NetworkFarm farm, Action<string> say)
{
    private readonly List<HarmDone> _done = [];
    private readonly NodeHarm _nodes = new(farm);
    private readonly DatabaseHarm _database = new(farm);

    /// <summary>In the order they began.</summary>
    public IReadOnlyList<HarmDone> Done => [.. _done.OrderBy(done => done.From)];

    public async Task RunAsync(IReadOnlyList<PlannedHarm> plan)
    {
        var clock = Stopwatch.StartNew();
        var running = new List<Task>();
        foreach (var harm in plan)
        {
            if (!harm.Joins)
            {
                await Task.WhenAll(running);
                running.Clear();
                await Task.Delay(harm.After);
            }
            running.Add(DoAsync(harm, clock));
        }

        await Task.WhenAll(running);
    }

    private async Task DoAsync(PlannedHarm harm, Stopwatch clock)
    {
        var (from, began) = (DateTimeOffset.UtcNow, clock.Elapsed);
        var victim = "database";
        if (harm.IsOfDatabase)
            await _database.DoAsync(harm);
        else
            victim = await _nodes.DoAsync(harm);
        lock (_done)
            _done.Add(new HarmDone(harm, victim, from, DateTimeOffset.UtcNow));
        say(string.Create(CultureInfo.InvariantCulture, $"{began.TotalSeconds,7:0.0} s  {harm.Number,4} {harm.Kind} of {victim} for {harm.For.TotalSeconds:0.0} s, done after {(clock.Elapsed - began).TotalSeconds:0.0} s{(harm.Joins ? ", beside the one before" : "")}"));
    }
}

/// <param name="Victim">Name of a node, or <c>database</c>.</param>
public sealed record HarmDone(PlannedHarm Plan, string Victim, DateTimeOffset From, DateTimeOffset Until);

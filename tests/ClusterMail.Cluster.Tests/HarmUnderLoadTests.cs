using System.Globalization;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>Harm done to a farm under load: 0 acknowledged mails lost, every duplicate explained (P1 to P4).</summary>
public class HarmUnderLoadTests
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(60);
    private const int Sessions = 12;

    [Fact]
    public async Task EX_CLU_6_thirty_seconds_without_PostgreSQL_cost_451_and_421_only()
    {
        await using var farm = await ClusterFarm.StartAsync();
        var postgres = farm.Farm.Postgres;
        var load = farm.Load();
        await UnderLoadAsync(load, async () =>
        {
            await SentAsync(load, 200);
            await postgres.StopAsync();
            await Task.Delay(TimeSpan.FromSeconds(30));
            await postgres.StartAsync();
            await farm.Farm.AllReadyAsync(TimeSpan.FromSeconds(30));
            await SentAsync(load, 200);
        });
        Assert.Empty(load.Permanent);
        Assert.All(load.Refusals.Keys, code => Assert.Contains(code, new[] { "451", "421", "lost", "closed" }));
        await farm.ExplainedAsync(await farm.NothingLostAsync(load, Settle));
    }

    [Fact]
    public async Task CLU_31_a_crashed_PostgreSQL_loses_nothing_that_was_answered_250()
    {
        await using var farm = await ClusterFarm.StartAsync();
        var postgres = farm.Farm.Postgres;
        var load = farm.Load();
        await UnderLoadAsync(load, async () =>
        {
            for (var crash = 0; crash < 3; crash++)
            {
                await SentAsync(load, 200);
                await postgres.CrashAsync();
                await postgres.StartAsync();
                await farm.Farm.AllReadyAsync(TimeSpan.FromSeconds(40));
            }

            await SentAsync(load, 200);
        });
        Assert.Empty(load.Permanent);
        await farm.ExplainedAsync(await farm.NothingLostAsync(load, Settle));
    }

    [Fact]
    public async Task CLU_21_a_node_paused_past_its_lease_delivers_nothing_twice_when_it_goes_on()
    {
        await using var farm = await ClusterFarm.StartAsync();
        var victim = farm.Farm.Nodes[2];
        var load = farm.Load();
        await UnderLoadAsync(load, async () =>
        {
            await SentAsync(load, 200);
            farm.Farm.Pause(victim);
            // The lease is six seconds; others have its mail by then.
            await Task.Delay(TimeSpan.FromSeconds(15));
            farm.Farm.Resume(victim);
            await SentAsync(load, 200);
            await farm.Farm.AllReadyAsync(TimeSpan.FromSeconds(60));
            await SentAsync(load, 200);
        });
        var history = await farm.NothingLostAsync(load, Settle);
        // A mail may be out twice only if its 250 was on the wire when the node froze; one per connection that was open at most.
        Assert.InRange(history.Duplicates.Count, 0, 40);
        await farm.ExplainedAsync(history);
    }

    [Fact]
    public async Task CLU_22_twenty_killed_nodes_are_taken_over_within_fifteen_seconds_each_and_nothing_is_lost()
    {
        await using var farm = await ClusterFarm.StartAsync();
        var load = farm.Load();
        var times = new List<double>();
        var stop = new TaskCompletionSource();
        var sending = load.SendUntilAsync(4, stop.Task);
        try
        {
            for (var kill = 0; kill < 20; kill++)
                times.Add((await KillAndMeasureAsync(farm, load, farm.Farm.Nodes[kill % 3])).TotalSeconds);
        }
        finally
        {
            stop.SetResult();
            await sending;
        }

        var history = await farm.NothingLostAsync(load, Settle);
        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"takeover over {times.Count} kills: p50 {times[times.Count / 2]:0.0} s, p99 {times[^1]:0.0} s; {history}"));
        Assert.True(times[^1] <= 15, $"the slowest takeover took {times[^1]:0.0} s; all: {string.Join(' ', times.Select(time => time.ToString("0.0", CultureInfo.InvariantCulture)))}");
        await farm.ExplainedAsync(history);
    }

    [Fact]
    public async Task EX_DELIV_9_a_node_that_dies_before_the_final_dot_costs_nothing_and_after_it_at_most_one_copy()
    {
        await using var farm = await ClusterFarm.StartAsync();
        var victim = farm.Farm.Nodes[0];
        var killed = new TaskCompletionSource();
        // The 250 leaves only after its reader is dead: the window of EX-DELIV-9, made on purpose.
        farm.Sink.Script = heard => heard.Verb == "." && !killed.Task.IsCompleted
            ? new SinkAnswer("250 2.0.0 Ok") { Before = KillOnceAsync(farm, victim, killed) }
            : null;
        var load = new LoadGenerator([victim.Receiver], ClusterFarm.Domain);
        await load.SendAsync(sessions: 1, count: 1);
        var history = await farm.NothingLostAsync(load, Settle);
        await Until.StaysAsync(() => true, TimeSpan.FromSeconds(12));
        Assert.InRange(farm.Sink.Count, 1, 2);
        Assert.Equal(1, history.Acknowledged);
    }

    private static async Task KillOnceAsync(ClusterFarm farm, FarmNode victim, TaskCompletionSource killed)
    {
        farm.Farm.Kill(victim);
        await Until.TrueAsync(() => !Unix.IsAlive(victim.Pid!.Value), TimeSpan.FromSeconds(5), "the node dead");
        killed.TrySetResult();
    }

    /// <summary>From the kill to the delivery of the last mail the dead node had promised before it.</summary>
    private static async Task<TimeSpan> KillAndMeasureAsync(ClusterFarm farm, LoadGenerator load, FarmNode victim)
    {
        // Twenty mails stick at the victim: the sink does not answer their recipients until it is dead.
        var dead = new TaskCompletionSource();
        farm.Sink.Script = heard => heard.Verb == "RCPT" && heard.Line.Contains("@stuck.test", StringComparison.Ordinal) && !dead.Task.IsCompleted
            ? new SinkAnswer("250 2.1.5 Ok") { Before = dead.Task }
            : null;
        var stuck = new LoadGenerator([victim.Receiver], "stuck.test");
        await stuck.SendAsync(sessions: 2, count: 20);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        farm.Farm.Kill(victim);
        await Until.TrueAsync(() => !Unix.IsAlive(victim.Pid!.Value), TimeSpan.FromSeconds(5), "the node dead");
        dead.SetResult();
        await Until.TrueAsync(() => MailHistory.Compare(stuck, farm.Sink).Lost.Count == 0, Settle, $"the mail of {victim.Name} delivered elsewhere\n{farm.Farm.Logs()}");
        var taken = clock.Elapsed;
        await farm.Farm.RestartAsync();
        Assert.Empty(load.Permanent);
        return taken;
    }

    private static async Task UnderLoadAsync(LoadGenerator load, Func<Task> harm)
    {
        var stop = new TaskCompletionSource();
        var sending = load.SendUntilAsync(Sessions, stop.Task);
        try
        {
            await harm();
        }
        finally
        {
            stop.SetResult();
            await sending;
        }
    }

    /// <summary>Waits until so many more mails were acknowledged: the load runs at its own pace.</summary>
    private static Task SentAsync(LoadGenerator load, int more)
    {
        var goal = load.Accepted.Count + more;
        return Until.TrueAsync(() => load.Accepted.Count >= goal, TimeSpan.FromSeconds(60), $"{more} more mails acknowledged");
    }
}

using System.Diagnostics;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Approval;

/// <summary>Many decide, nodes die, and everything is counted.</summary>
internal static class Race
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Longer than a node's lease of six seconds.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(9);

    public static async Task<bool> RunAsync(Options options)
    {
        await using var farm = await ApprovalFarm.StartAsync();
        var load = new HeldLoad(farm);
        var clock = Stopwatch.StartNew();
        await load.SendAsync(sessions: 12, options.Mails);
        var mails = await load.HeldAsync();
        Console.WriteLine($"race: {mails.Count} held mails taken by three nodes, {mails.Count / clock.Elapsed.TotalSeconds:0} a second");

        var race = new DecisionRace(farm, seed: Environment.TickCount);
        clock.Restart();
        var deciding = race.RunAsync(mails, options.Deciders);
        for (var harm = 0; harm < options.Harms && !deciding.IsCompleted; harm++)
        {
            // Spread over the run: the first after a share of the mails, the last with as many to go.
            var from = (long)mails.Count * (harm + 1) / (options.Harms + 1);
            await Until.TrueAsync(() => race.Answers.Count >= from || deciding.IsCompleted, Patience, "the next harm");
            await HarmAsync(farm, harm);
        }

        await deciding;
        var took = clock.Elapsed;
        var answers = race.Answers.Values.SelectMany(one => one).ToList();
        Console.WriteLine($"race: {answers.Count} attempts on {race.Answers.Count} mails in {took.TotalSeconds:0} s, {answers.Count(answer => answer.ByMail())} by mail; {answers.Count(answer => answer.Tries > 1)} had to go to another node");
        var times = answers.Where(answer => answer.Tries == 1).Select(answer => answer.Took.TotalSeconds).ToList();
        Console.WriteLine($"race: an answer took p50 {Figures.At(times, 50):0.00} s, p99 {Figures.At(times, 99):0.00} s");
        await farm.Farm.RestartAsync();
        var verdict = await RaceVerdict.SettledAsync(farm, mails, race, Patience);
        Console.WriteLine($"race: {verdict}");
        await using var command = farm.Database.CreateCommand("""
            SELECT percentile_cont(ARRAY[0.5, 0.9, 0.99, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM h.released_at - d.decided_at))
            FROM hold h JOIN hold_decision d ON d.hold_id = h.id WHERE h.released_at IS NOT NULL
            """);
        var delays = (double[])(await command.ExecuteScalarAsync())!;
        Console.WriteLine($"race: from decision to queue p50 {delays[0]:0.00} s, p90 {delays[1]:0.00} s, p99 {delays[2]:0.00} s, max {delays[3]:0.0} s");
        return verdict.Faults.Count == 0;
    }

    private static bool ByMail(this Decider.Answer answer) => answer.Act.ByMail;

    /// <summary>By turns a node is killed and started again, and another is stopped for longer than its lease and goes on with what it had in its hands.</summary>
    private static async Task HarmAsync(ApprovalFarm farm, int harm)
    {
        var victim = farm.Farm.Nodes[harm % farm.Farm.Nodes.Count];
        Console.WriteLine($"race: {(harm % 2 == 0 ? "killing" : "pausing")} {victim.Name}");
        if (harm % 2 == 0)
        {
            farm.Farm.Kill(victim);
            await Task.Delay(Pause);
            await farm.Farm.RestartAsync();
            return;
        }

        farm.Farm.Pause(victim);
        await Task.Delay(Pause);
        farm.Farm.Resume(victim);
    }
}

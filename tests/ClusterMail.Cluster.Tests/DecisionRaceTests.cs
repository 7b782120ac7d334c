using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>One outcome for each held mail, whoever decides where and whatever dies meanwhile (chapter 20 section 10). <c>bench/approval/run</c> does it with ten thousand.</summary>
public class DecisionRaceTests
{
    private const int Mails = 240;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task APPROVE_76_and_APPROVE_78_each_held_mail_has_one_outcome_with_a_node_killed_and_one_paused_meanwhile()
    {
        await using var farm = await ApprovalFarm.StartAsync();
        var load = new HeldLoad(farm);
        await load.SendAsync(sessions: 6, Mails);
        var mails = await load.HeldAsync();
        Assert.Equal(Mails, mails.Count);

        var race = new DecisionRace(farm, seed: 20261124);
        var deciding = race.RunAsync(mails, atOnce: 8);
        await Until.TrueAsync(() => race.Answers.Count >= Mails / 10 || deciding.IsCompleted, Settle, "some mails decided");
        farm.Farm.Kill(farm.Farm.Nodes[2]);
        farm.Farm.Pause(farm.Farm.Nodes[1]);
        // Past its lease, with decisions and releases in its hands.
        await Task.Delay(TimeSpan.FromSeconds(8));
        farm.Farm.Resume(farm.Farm.Nodes[1]);
        await deciding;

        var verdict = await RaceVerdict.SettledAsync(farm, mails, race, Settle);
        TestContext.Current.TestOutputHelper?.WriteLine(verdict.ToString());
        Assert.True(verdict.Faults.Count == 0, $"{verdict}\n{(verdict.Faults.Count == 0 ? "" : farm.Farm.Logs())}");
        Assert.Equal(Mails / 20, verdict.Open);
        Assert.InRange(verdict.Released, 1, Mails);
        Assert.InRange(verdict.Refused, 1, Mails);
    }
}

using System.Diagnostics;

namespace ClusterMail.Queue.Tests.Model;

/// <summary>The rules of lease, claim, fence and outcome in all interleavings (P1 to P4). What the database does is <see cref="Judge"/>, held against the real one by <see cref="ConformanceTests"/>.</summary>
public sealed class FailoverModelTests(ITestOutputHelper output)
{
    [Fact]
    public void P4_three_nodes_and_two_mails_keep_every_promise_in_every_state() => Holds(new Bounds(3, 2, Faults: 1));

    [Fact]
    public void P4_three_nodes_and_one_mail_keep_every_promise_through_two_faults() => Holds(new Bounds(3, 1, Faults: 2));

    [Fact]
    public void CLU_30_nodes_that_are_late_with_their_renewals_keep_every_promise() => Holds(new Bounds(2, 1, Faults: 2, TellsRenewals: true));

    [Fact]
    public void P4_without_a_fault_nothing_arrives_twice()
    {
        var all = Explored(new Bounds(3, 2, Faults: 0));
        Assert.True(all.Broken is null, all.Broken);
        Assert.Equal(1, all.MostCopies);
    }

    private void Holds(Bounds bounds)
    {
        var all = Explored(bounds);
        Assert.True(all.Broken is null, all.Broken);
        // The one window of P4 is within the bounds: what is proved of duplicates is proved of some that happen.
        Assert.True(all.MostCopies > 1);
    }

    private Exploration Explored(Bounds bounds)
    {
        var time = Stopwatch.StartNew();
        var all = Exploration.Of(bounds);
        output.WriteLine($"{bounds}: {all.States} states in {time.Elapsed.TotalSeconds:F1} s");
        return all;
    }
}

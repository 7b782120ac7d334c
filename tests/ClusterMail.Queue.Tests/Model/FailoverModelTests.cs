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
    public void CLU_30_nodes_that_are_late_with_their_renewals_keep_every_promise() => Holds(new Bounds(2, 1, Faults: 1, TellsRenewals: true));

    [Fact]
    public void P4_without_a_fault_nothing_arrives_twice()
    {
        var all = Explored(new Bounds(3, 2, Faults: 0));
        Assert.True(all.Broken is null, all.Broken);
        Assert.Equal(1, all.MostCopies);
    }

    /// <summary>A model that cannot find what it is there for proves nothing.</summary>
    [Theory]
    [InlineData(nameof(Flaw.AcceptWithoutEpoch), "an owner out of force")]
    [InlineData(nameof(Flaw.ClaimWithoutEpoch), "an owner out of force")]
    [InlineData(nameof(Flaw.OutcomeByKeyAlone), "P4: two nodes")]
    [InlineData(nameof(Flaw.OutcomeOfAnyTurn), "P4: two nodes")]
    [InlineData(nameof(Flaw.FenceTooEarly), "P4: two nodes")]
    [InlineData(nameof(Flaw.FenceWithoutFreeing), "an owner out of force")]
    [InlineData(nameof(Flaw.FenceUnrecorded), "P4: a duplicate that is not on record")]
    [InlineData(nameof(Flaw.NoCut), "P4: two nodes")]
    [InlineData(nameof(Flaw.PromiseBeforeCommit), "P1: a mail with a 250 is gone")]
    [InlineData(nameof(Flaw.DoubtUnrecorded), "P4: a duplicate that is not on record")]
    [InlineData(nameof(Flaw.EndBeforeOutcome), "P2: a mail left the queue")]
    [InlineData(nameof(Flaw.NoReconciling), "progress:")]
    [InlineData(nameof(Flaw.NoGuard), "P4: two nodes")]
    public void P4_a_rule_left_out_breaks_a_promise(string flaw, string promise) => Breaks(new Bounds(3, 1, Faults: 2, Flaw: Enum.Parse<Flaw>(flaw)), promise);

    [Theory]
    [InlineData(nameof(Flaw.RenewalFromItsEnd))]
    [InlineData(nameof(Flaw.NoGuard))]
    public void CLU_30_a_lease_counted_too_long_breaks_a_promise(string flaw) =>
        Breaks(new Bounds(2, 1, Faults: 0, TellsRenewals: true, Flaw: Enum.Parse<Flaw>(flaw)), "P4: two nodes");

    private void Breaks(Bounds bounds, string promise)
    {
        var all = Explored(bounds);
        Assert.True(all.Broken?.StartsWith(promise, StringComparison.Ordinal), all.Broken ?? "nothing was found");
        output.WriteLine(all.Broken!);
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

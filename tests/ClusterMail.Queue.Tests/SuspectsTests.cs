using ClusterMail.Queue.Schedule;
using ClusterMail.Store;

namespace ClusterMail.Queue.Tests;

/// <summary>Rows that are owned by this node and known to nobody on it (P3).</summary>
public class SuspectsTests
{
    private static readonly OwnedRecipient A = new(new(1, 0), 1);
    private static readonly OwnedRecipient B = new(new(2, 0), 1);
    private static readonly OwnedRecipient C = new(new(2, 1), 0);

    private static HashSet<RecipientKey> Known(params OwnedRecipient[] rows) => [.. rows.Select(row => row.Key)];

    [Fact]
    public void P3_a_row_is_lost_only_when_two_looks_in_a_row_find_nobody_who_knows_it()
    {
        var (first, lost) = Suspects.None.Look([A, B, C], Known(A));
        Assert.Empty(lost);
        var (second, again) = first.Look([A, B, C], Known(A, C));
        Assert.Equal([B], again);
        // C was known in between: it starts anew.
        Assert.Equal([B], second.Look([A, B, C], Known(A)).Lost);
    }

    [Fact]
    public void P3_a_row_that_is_gone_meanwhile_is_not_lost()
    {
        var (first, _) = Suspects.None.Look([A], Known());
        Assert.Empty(first.Look([], Known()).Lost);
    }

    [Fact]
    public void P4_a_row_that_was_claimed_again_between_two_looks_is_another_row()
    {
        var (first, _) = Suspects.None.Look([A], Known());
        Assert.Empty(first.Look([A with { Turn = 2 }], Known()).Lost);
    }

    [Fact]
    public void P3_a_look_that_could_not_tell_starts_anew()
    {
        Suspects.None.Look([A], Known());
        Assert.Empty(Suspects.None.Look([A], Known()).Lost);
    }
}

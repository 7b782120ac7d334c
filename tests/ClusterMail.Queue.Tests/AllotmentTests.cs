using System.Diagnostics;
using ClusterMail.Queue.Schedule;

namespace ClusterMail.Queue.Tests;

/// <summary>The node's side of the cluster-wide limit, as a value.</summary>
public class AllotmentTests
{
    private static readonly long Start = 1_000 * Stopwatch.Frequency;

    private static long After(double seconds) => Start + (long)(seconds * Stopwatch.Frequency);

    private static Allotment Granted(int connections) => default(Allotment).Ask(connections, Start).Answer(connections, TimeSpan.FromSeconds(10), Start);

    [Fact]
    public void DELIV_2_nothing_may_be_held_before_the_first_answer() => Assert.Equal(0, default(Allotment).Ask(5, Start).At(Start));

    [Fact]
    public void DELIV_2_an_allotment_ends_with_its_time()
    {
        var allotment = Granted(4);
        Assert.Equal((4, 4, 0), (allotment.At(Start), allotment.At(After(9.9)), allotment.At(After(10))));
    }

    [Fact]
    public void DELIV_2_it_is_asked_for_more_at_once_and_for_the_same_after_a_second_and_never_for_nothing()
    {
        var allotment = Granted(4);
        Assert.True(allotment.MustAsk(5, After(0.1)));
        Assert.False(allotment.MustAsk(4, After(0.9)));
        Assert.True(allotment.MustAsk(4, After(1)));
        Assert.True(allotment.AskAnew().MustAsk(1, After(0.1)));
        Assert.False(allotment.MustAsk(0, After(60)));
    }

    [Fact]
    public void CLU_22_a_question_nobody_answers_is_repeated_every_half_second()
    {
        var asked = Granted(4).Ask(4, After(3));
        Assert.False(asked.MustAsk(4, After(3.4)));
        Assert.True(asked.MustAsk(4, After(3.5)));
        Assert.False(asked.Answer(4, TimeSpan.FromSeconds(10), After(3.2)).MustAsk(4, After(3.5)));
    }

    [Fact]
    public void CLU_22_who_got_less_than_he_wanted_asks_again_after_half_a_second()
    {
        var shortened = default(Allotment).Ask(4, Start).Answer(3, TimeSpan.FromSeconds(10), Start);
        Assert.False(shortened.MustAsk(4, After(0.4)));
        Assert.True(shortened.MustAsk(4, After(0.5)));
    }

    [Fact]
    public void CLU_22_who_was_told_to_wait_by_an_actor_that_died_since_helps_himself()
    {
        var refused = default(Allotment).Ask(4, Start).Answer(0, TimeSpan.FromSeconds(10), Start).Ask(4, After(1));
        Assert.False(refused.IsForsaken(After(2.9)));
        Assert.True(refused.IsForsaken(After(3)));
    }

    [Fact]
    public void CLU_35_without_an_answer_for_two_seconds_one_connection_is_taken_for_three()
    {
        var asked = default(Allotment).Ask(4, Start).Ask(4, After(0.5)).Ask(4, After(1));
        Assert.False(asked.IsForsaken(After(1.9)));
        Assert.True(asked.IsForsaken(After(2)));
        var helped = asked.HelpItself(After(2));
        Assert.Equal((1, 0), (helped.At(After(4.9)), helped.At(After(5))));
        // Still nobody: again.
        Assert.False(helped.IsForsaken(After(4.9)));
        Assert.True(helped.IsForsaken(After(5)));
    }

    [Fact]
    public void CLU_35_who_has_been_answered_does_not_help_himself()
    {
        Assert.False(Granted(4).IsForsaken(After(20)));
        // What is held from the last answer is used up before.
        Assert.False(Granted(4).Ask(5, After(1)).IsForsaken(After(9.9)));
        Assert.True(Granted(4).Ask(5, After(1)).IsForsaken(After(10)));
    }

    [Fact]
    public void DELIV_2_what_was_given_back_or_lost_may_not_be_held()
    {
        Assert.Equal(0, Granted(4).Lose().At(Start));
        Assert.Equal((0, 0), (Granted(4).Return().At(Start), Granted(4).Return().Asked));
    }
}

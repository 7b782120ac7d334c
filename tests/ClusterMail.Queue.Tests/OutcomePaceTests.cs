using ClusterMail.Queue.Outcome;

namespace ClusterMail.Queue.Tests;

public sealed class OutcomePaceTests
{
    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    [Fact]
    public void P4_a_mail_now_and_then_is_recorded_at_once()
    {
        var pace = new OutcomePace();
        Assert.DoesNotContain(true, Enumerable.Range(0, 100).Select(_ => pace.IsFast(Ms(3), lastMails: 1)));
        // Three in a row happen by chance.
        Assert.Equal([false, false, false, false, false, false, false], new[] { 1.0, 1, 1, 5, 1, 1, 1 }.Select(gap => pace.IsFast(Ms(gap), lastMails: 1)));
    }

    [Fact]
    public void P4_outcomes_of_one_client_that_sends_as_fast_as_it_is_answered_are_gathered()
    {
        var pace = new OutcomePace();
        Assert.Equal([false, false, false, true, true, true], Enumerable.Range(0, 6).Select(_ => pace.IsFast(Ms(1.9), lastMails: 1)));
        Assert.False(pace.IsFast(Ms(2), lastMails: 3));
        Assert.False(pace.IsFast(Ms(1), lastMails: 3));
    }

    [Fact]
    public void P4_outcomes_of_many_clients_are_gathered()
    {
        var pace = new OutcomePace();
        Assert.True(pace.IsFast(Ms(19), lastMails: 4));
        Assert.False(pace.IsFast(Ms(20), lastMails: 4));
        Assert.False(pace.IsFast(Ms(19), lastMails: 3));
    }
}

using ClusterMail.Queue.Schedule;
using ClusterMail.Store;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Queue.Tests;

/// <summary>When a claim looks at everything that is due, and when at what became due lately.</summary>
public sealed class ReachTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Reach _reach;

    public ReachTests()
    {
        _time.Advance(TimeSpan.FromHours(1));
        _reach = new Reach(_time);
    }

    [Fact]
    public void CLU_35_the_first_look_is_at_everything_and_the_next_ones_at_the_last_minute()
    {
        Assert.Null(Look());
        Assert.Equal(TimeSpan.FromMinutes(1), Look());
        Assert.Equal(TimeSpan.FromMinutes(1), Look());
    }

    [Fact]
    public void CLU_35_every_ten_seconds_everything_is_looked_at()
    {
        Look();
        _time.Advance(TimeSpan.FromMilliseconds(9999));
        Assert.NotNull(Look());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(Look());
        Assert.NotNull(Look());
    }

    [Theory]
    [InlineData(59, false)]
    [InlineData(60, true)]
    public void CLU_35_as_long_as_something_older_than_a_minute_is_found_everything_is_looked_at(int seconds, bool whole)
    {
        Look();
        Look(TimeSpan.FromSeconds(seconds));
        Assert.Equal(whole, Look() is null);
        Assert.NotNull(Look());
    }

    [Fact]
    public void CLU_35_after_a_plentiful_answer_everything_is_looked_at()
    {
        Look();
        _reach.Next(0);
        _reach.Ended([], plenty: true);
        Assert.Null(Look());
        Assert.NotNull(Look());
    }

    [Fact]
    public void CLU_35_after_a_claim_that_failed_everything_is_looked_at()
    {
        Look();
        Assert.NotNull(_reach.Next(0));
        Assert.Null(Look());
    }

    [Fact]
    public void CLU_35_when_something_is_known_to_have_waited_everything_is_looked_at()
    {
        Look();
        _reach.Widen();
        Assert.Null(Look());
        Assert.NotNull(Look());
    }

    [Fact]
    public void CLU_35_when_a_destination_is_no_longer_down_or_full_everything_is_looked_at()
    {
        var blocked = new BlockedDestinations();
        Look();
        blocked.ReplaceDown(["a", "b"]);
        blocked.ReplaceFull(["c"]);
        Assert.NotNull(Look(unblocked: blocked.Unblocked));

        blocked.ReplaceDown(["b", "d"]);
        Assert.Null(Look(unblocked: blocked.Unblocked));
        Assert.NotNull(Look(unblocked: blocked.Unblocked));

        blocked.ReplaceFull([]);
        Assert.Null(Look(unblocked: blocked.Unblocked));
        Assert.NotNull(Look(unblocked: blocked.Unblocked));
    }

    private TimeSpan? Look(TimeSpan? overdue = null, int unblocked = 0)
    {
        var within = _reach.Next(unblocked);
        _reach.Ended(overdue is { } time ? [Found(time)] : [], plenty: false);
        return within;
    }

    private static ClaimedRecipient Found(TimeSpan overdue) => new()
    {
        Key = new RecipientKey(1, 0),
        ForwardPath = "a@example.net",
        Destination = "example.net",
        Overdue = overdue,
        Mail = new QueuedMail { Id = new Protocol.MessageId(1), ReversePath = "" },
    };
}

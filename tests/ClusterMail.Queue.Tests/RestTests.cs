using ClusterMail.Queue.Schedule;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Queue.Tests;

public sealed class RestTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(10, 200)]
    [InlineData(100, 2000)]
    [InlineData(150, 3000)]
    [InlineData(4000, 3000)]
    public void CLU_35_a_question_that_brought_nothing_rests_twenty_times_as_long_as_it_took_and_three_seconds_at_most(int took, int rests)
    {
        var rest = Asked(took);

        _time.Advance(TimeSpan.FromMilliseconds(rests - 1));
        Assert.False(rest.IsOver);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(rest.IsOver);
    }

    [Fact]
    public void CLU_35_a_question_asked_because_something_is_known_to_be_there_ends_the_rest()
    {
        var rest = Asked(1000);
        Assert.False(rest.IsOver);

        rest.Ask();
        Assert.True(rest.IsOver);
    }

    [Fact]
    public void CLU_35_what_comes_rarely_is_asked_for_after_its_least_rest()
    {
        var rest = Asked(1, TimeSpan.FromSeconds(5));

        _time.Advance(TimeSpan.FromMilliseconds(4999));
        Assert.False(rest.IsOver);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(rest.IsOver);
    }

    private Rest Asked(int took, TimeSpan least = default)
    {
        var rest = new Rest(_time, least);
        Assert.True(rest.IsOver);
        rest.Ask();
        _time.Advance(TimeSpan.FromMilliseconds(took));
        rest.Begin();
        return rest;
    }
}

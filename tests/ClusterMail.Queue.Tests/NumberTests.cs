using ClusterMail.Protocol;

namespace ClusterMail.Queue.Tests;

/// <summary>The one counter of the cluster (MSGID-1 to MSGID-4).</summary>
public sealed class NumberTests
{
    [Fact]
    public async Task MSGID_3_a_raised_counter_is_honoured_by_a_node_that_has_a_block_of_older_numbers()
    {
        await using var scene = await QueueScene.StartAsync();
        var before = scene.Number();
        Assert.Equal(1, before.Number);
        Assert.InRange(await scene.Queue.RaiseNumberAsync(318_868, "tester", default), before.Number, 318_867);
        await scene.Numbers.FollowAsync(await scene.Database.ScalarAsync<long>("SELECT counter FROM wake_up"));
        // Whatever it had, and whatever it was just fetching.
        for (var i = 0; i < 2500; i++)
        {
            MessageId id;
            while (!scene.Numbers.TryTake(out id))
                await Task.Yield();
            Assert.True(id.Number > 318_868, id.ToString());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task MSGID_3_the_counter_is_never_lowered(long wanted)
    {
        await using var scene = await QueueScene.StartAsync();
        var last = await scene.Queue.LastNumberAsync(default);
        Assert.True(last >= 1000);
        Assert.Equal(last, await scene.Queue.RaiseNumberAsync(wanted, "tester", default));
        Assert.Equal((last, 0L), (await scene.Queue.LastNumberAsync(default), await scene.Queue.NumberFloorAsync(default)));
    }

    [Fact]
    public async Task MSGID_4_past_ten_digits_the_number_grows_instead_of_beginning_anew()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.Queue.RaiseNumberAsync(9_999_999_998, "tester", default);
        Assert.Equal(9_999_999_999, await scene.Queue.AllotNumbersAsync(2, default));
        Assert.Equal("B9999999999", new MessageId(9_999_999_999).ToString());
        Assert.Equal("B10000000000", new MessageId(10_000_000_000).ToString());
        Assert.True(MessageId.TryParse("<B10000000000-R0001-E001@mx.example.jp>", out var id));
        Assert.Equal((10_000_000_000, "-R0001-E001"), (id.Number, id.Suffix));
    }
}

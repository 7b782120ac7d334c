namespace ClusterMail.Store.Tests;

/// <summary>Leases of service addresses: PostgreSQL is the judge (CLU-23a).</summary>
public sealed class AddressStoreTests
{
    private const string Address = "192.0.2.10";

    private static async Task<(Scene Scene, AddressStore Store)> StartAsync(params string[] order)
    {
        var scene = await Scene.StartAsync();
        var store = new AddressStore(scene.Database.Source);
        await store.FollowAsync([Address], default);
        foreach (var node in order)
            await SayAsync(store, node);
        await store.WishAsync(Address, order, unpin: false, default);
        return (scene, store);
    }

    private static Task<AddressBeat> SayAsync(AddressStore store, string node, string reason = "", string[]? unable = null, params (string, long)[] held) =>
        store.BeatAsync(new AddressReport(node, 1, "192.0.2.1:25", reason, unable ?? [], []), held, default);

    private static async Task<string?> HolderAsync(AddressStore store) => (await store.ListAsync(default)).Addresses.Single().Holder;

    /// <summary>Moves the end of the lease, as time would.</summary>
    private static Task EndAsync(Scene scene, double secondsAgo) =>
        scene.Database.ExecuteAsync("UPDATE service_address SET until = clock_timestamp() - make_interval(secs => $1)", secondsAgo);

    [Fact]
    public async Task CLU_23a_only_the_first_ready_node_of_the_order_may_take_an_address()
    {
        var (scene, store) = await StartAsync("a", "b");
        await using var _ = scene;
        Assert.Null(await store.TakeAsync(Address, "b", 1, default));
        Assert.Null(await store.TakeAsync(Address, "stranger", 1, default));
        Assert.NotNull(await store.TakeAsync(Address, "a", 1, default));
        Assert.Equal("a", await HolderAsync(store));
    }

    [Theory]
    [InlineData("draining", false)]
    [InlineData("", true)]
    public async Task CLU_23a_when_the_first_is_not_ready_or_not_able_the_next_may_take_it_without_the_coordinator(string reason, bool isUnable)
    {
        var (scene, store) = await StartAsync("a", "b");
        await using var _ = scene;
        await SayAsync(store, "a", reason, isUnable ? [Address] : []);
        Assert.Null(await store.TakeAsync(Address, "a", 1, default));
        Assert.NotNull(await store.TakeAsync(Address, "b", 1, default));
    }

    [Fact]
    public async Task CLU_23a_a_node_that_has_said_nothing_for_3_s_is_passed_over()
    {
        var (scene, store) = await StartAsync("a", "b");
        await using var _ = scene;
        await scene.Database.ExecuteAsync("UPDATE service_address_node SET seen_at = seen_at - interval '3.1 seconds' WHERE node = 'a'");
        Assert.False((await store.ListAsync(default)).Nodes.Single(node => node.Name == "a").Ready);
        Assert.NotNull(await store.TakeAsync(Address, "b", 1, default));
    }

    [Theory]
    [InlineData(-3, false)]
    [InlineData(0.1, false)]
    [InlineData(1.0, false)]
    [InlineData(1.6, true)]
    public async Task CLU_23a_nobody_takes_an_address_before_its_lease_and_the_guard_are_over(double ended, bool isTaken)
    {
        var (scene, store) = await StartAsync("a", "b");
        await using var _ = scene;
        await store.TakeAsync(Address, "a", 1, default);
        await SayAsync(store, "a", "draining");
        await EndAsync(scene, ended);
        var taken = await store.TakeAsync(Address, "b", 1, default);
        Assert.Equal(isTaken, taken is not null);
        Assert.Equal(isTaken ? "the lease of a ended" : null, taken?.Reason);
    }

    [Fact]
    public async Task CLU_23a_what_was_given_back_is_taken_at_once_and_the_reason_is_told()
    {
        var (scene, store) = await StartAsync("a", "b");
        await using var _ = scene;
        var turn = (await store.TakeAsync(Address, "a", 1, default))!.Value.Turn;
        await SayAsync(store, "a", "draining");
        await store.GiveAsync(Address, "a", turn, "a gave it up: draining", default);
        Assert.Equal((turn + 1, "a gave it up: draining"), await store.TakeAsync(Address, "b", 1, default));
    }

    [Fact]
    public async Task CLU_23a_a_renewal_lasts_5_s_and_only_the_turn_in_force_is_renewed_or_given_back()
    {
        var (scene, store) = await StartAsync("a", "b");
        await using var _ = scene;
        var turn = (await store.TakeAsync(Address, "a", 1, default))!.Value.Turn;
        Assert.Equal([Address], (await SayAsync(store, "a", "", null, (Address, turn))).Renewed);
        Assert.InRange((await store.ListAsync(default)).Addresses.Single().LeaseLeft!.Value.TotalSeconds, 3, 5);
        await SayAsync(store, "a", "draining");
        await EndAsync(scene, 2);
        await store.TakeAsync(Address, "b", 1, default);
        // The first holder wakes up.
        Assert.Empty((await SayAsync(store, "a", "", null, (Address, turn))).Renewed);
        await store.GiveAsync(Address, "a", turn, "late", default);
        await store.GiveAsync(Address, "b", turn, "of an earlier turn", default);
        Assert.Equal("b", await HolderAsync(store));
    }

    [Fact]
    public async Task CLU_23a_of_many_that_take_at_once_one_gets_it()
    {
        var (scene, store) = await StartAsync("a", "b");
        await using var _ = scene;
        for (var round = 0; round < 30; round++)
        {
            // Each of them believes for a moment that it is the first.
            var orders = Enumerable.Range(0, 8).Select(n => n % 2 == 0 ? new[] { "a", "b" } : ["b", "a"]);
            var takes = orders.Select(async order =>
            {
                await store.WishAsync(Address, order, unpin: false, default);
                return await store.TakeAsync(Address, order[0], 1, default) is { } taken ? (order[0], taken.Turn) : default;
            });
            var taken = (await Task.WhenAll(takes)).Where(one => one != default).ToArray();
            Assert.Single(taken.Select(one => one.Item1).Distinct());
            var (holder, turn) = taken.MaxBy(one => one.Turn);
            await store.GiveAsync(Address, holder, turn, "again", default);
            Assert.Null(await HolderAsync(store));
        }
    }

    [Fact]
    public async Task CLU_23a_health_counts_from_the_last_time_a_node_became_ready_and_who_was_well_before_counts_from_its_start()
    {
        var scene = await Scene.StartAsync();
        await using var _ = scene;
        var store = new AddressStore(scene.Database.Source);
        await scene.Database.ExecuteAsync("UPDATE node SET started_at = now() - interval '10 minutes'");
        var report = new AddressReport("node1", scene.Epoch, "", "", [], []);
        Assert.InRange(await HealthAsync(report), 590, 620);
        Assert.InRange(await HealthAsync(report), 590, 620);
        Assert.Equal(0, await HealthAsync(report with { Reason = "draining" }));
        Assert.InRange(await HealthAsync(report), 0, 10);
        // Silence is no health.
        await scene.Database.ExecuteAsync("UPDATE service_address_node SET seen_at = seen_at - interval '4 seconds', ready_since = ready_since - interval '5 minutes'");
        Assert.InRange(await HealthAsync(report), 0, 10);

        async Task<double> HealthAsync(AddressReport said) => (await store.BeatAsync(said, [], default)).Nodes.Single().ReadyFor.TotalSeconds;
    }

    [Fact]
    public async Task CLU_23a_a_row_goes_with_its_setting_but_not_while_somebody_holds_the_address()
    {
        var (scene, store) = await StartAsync("a");
        await using var _ = scene;
        var turn = (await store.TakeAsync(Address, "a", 1, default))!.Value.Turn;
        await store.FollowAsync(["2001:db8::10"], default);
        Assert.Equal([Address, "2001:db8::10"], (await store.ListAsync(default)).Addresses.Select(row => row.Address));
        await store.GiveAsync(Address, "a", turn, "", default);
        await store.FollowAsync(["2001:db8::10"], default);
        Assert.Equal(["2001:db8::10"], (await store.ListAsync(default)).Addresses.Select(row => row.Address));
    }

    [Fact]
    public async Task CLU_23a_a_move_is_kept_until_it_is_lifted()
    {
        var (scene, store) = await StartAsync("a", "b");
        await using var _ = scene;
        Assert.True(await store.PinAsync(Address, "b", default));
        Assert.False(await store.PinAsync("192.0.2.99", "b", default));
        await store.WishAsync(Address, ["b", "a"], unpin: false, default);
        Assert.Equal("b", (await store.ListAsync(default)).Addresses.Single().Pinned);
        await store.WishAsync(Address, ["a", "b"], unpin: true, default);
        Assert.Null((await store.ListAsync(default)).Addresses.Single().Pinned);
    }
}

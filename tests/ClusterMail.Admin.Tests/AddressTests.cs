using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

/// <summary><c>address</c>: service addresses (CLU-23).</summary>
public sealed class AddressTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    private static async Task<AddressStore> SetAsync(AdminHost host)
    {
        await host.SaveSettingsAsync(("cluster.service_addresses", "192.0.2.10/24 eth0 n2 n1\n2001:db8::10/64 eth0\n"));
        return host.Service<AddressStore>();
    }

    private static Task SayAsync(AddressStore store, string node, string reason = "", params string[] unable) =>
        store.BeatAsync(new AddressReport(node, 1, "", reason, unable, []), [], default);

    private static Task<AddressMoved> MoveAsync(AdminHost host, string address, string node) =>
        host.SendAsync(HttpMethod.Post, Routes.AddressMove, new AddressMove(address, node), Json.AddressMove, Json.AddressMoved);

    private static Task<Problem> RefusedAsync(AdminHost host, string address, string node) =>
        host.RefusedAsync(HttpMethod.Post, Routes.AddressMove, new AddressMove(address, node), Json.AddressMove);

    [Fact]
    public async Task CLU_23_the_status_shows_holder_wish_preference_lease_and_reason_and_a_new_address_without_a_row()
    {
        await using var host = await AdminHost.StartAsync();
        var store = await SetAsync(host);
        await store.FollowAsync(["192.0.2.10"], default);
        await SayAsync(store, "n1");
        await SayAsync(store, "n2", "draining", "192.0.2.10");
        await store.WishAsync("192.0.2.10", ["n2", "n1"], unpin: false, default);
        Assert.NotNull(await store.TakeAsync("192.0.2.10", "n1", 1, default));
        var list = await host.GetAsync(Routes.Addresses, Json.AddressList);
        var (held, fresh) = (list.Addresses[0], list.Addresses[1]);
        Assert.Equal(("192.0.2.10", 24, "eth0", "n1", "n2", "n2 n1", "new"), (held.Address, held.PrefixLength, held.Interface, held.Holder, held.Wished, string.Join(' ', held.Preferred), held.Reason));
        Assert.InRange(held.LeaseSeconds!.Value, 0, 5);
        Assert.Equal(("2001:db8::10", null, null, null), (fresh.Address, fresh.Holder, fresh.Wished, fresh.LeaseSeconds));
        Assert.Equal([("n1", true, null, ""), ("n2", false, "draining", "192.0.2.10")], list.Nodes.Select(node => (node.Node, node.Ready, node.Reason, string.Join(' ', node.Unable))));
    }

    [Fact]
    public async Task CLU_23_a_move_is_checked_written_down_and_lifted_by_auto()
    {
        await using var host = await AdminHost.StartAsync();
        var store = await SetAsync(host);
        await SayAsync(store, "n1");
        await SayAsync(store, "n2", "draining");
        await SayAsync(store, "n3", "", "192.0.2.10");
        Assert.Equal((409, "192.0.2.10 is a service address since a moment ago and has no holder yet."), await AnswerAsync("192.0.2.10", "n1"));
        await store.FollowAsync(["192.0.2.10", "2001:db8::10"], default);
        Assert.Equal((404, "There is no service address '192.0.2.11'."), await AnswerAsync("192.0.2.11", "n1"));
        Assert.Equal((404, "There is no node 'n9'."), await AnswerAsync("192.0.2.10", "n9"));
        Assert.Equal((409, "n2 cannot hold 192.0.2.10 now: draining."), await AnswerAsync("192.0.2.10", "n2"));
        Assert.Equal((409, "n3 cannot hold 192.0.2.10 now: its program log says why."), await AnswerAsync("192.0.2.10", "n3"));
        // However it is written.
        Assert.Equal("2001:db8::10", (await MoveAsync(host, "2001:DB8:0::10", "n3")).Address);
        Assert.Equal("192.0.2.10 goes to n1, which keeps it while it is ready.", (await MoveAsync(host, "192.0.2.10", "n1")).Message);
        Assert.Equal("n1", (await host.GetAsync(Routes.Addresses, Json.AddressList)).Addresses[0].MovedTo);
        await MoveAsync(host, "192.0.2.10", AddressMove.Auto);
        Assert.Null((await host.GetAsync(Routes.Addresses, Json.AddressList)).Addresses[0].MovedTo);
        Assert.Equal(3, (await host.GetAsync(Routes.Events + "?kind=address-moved", Json.EventPage)).Events.Count);

        async Task<(int?, string)> AnswerAsync(string address, string node) => await RefusedAsync(host, address, node) is var refusal ? (refusal.Status, refusal.Title) : default;
    }

    [Theory]
    [InlineData("There is no service address '192.0.2.11'.")]
    [InlineData("n2 cannot hold 192.0.2.10 now: draining.")]
    [InlineData("192.0.2.10 goes to n1, which keeps it while it is ready.")]
    [InlineData("192.0.2.10 is placed by the coordinator again.")]
    [InlineData("192.0.2.10 is a service address since a moment ago and has no holder yet.")]
    [InlineData("192.0.2.0 is the first or last address of its network /24, which no host may have")]
    [InlineData("'33' is no prefix length from 1 to 32")]
    public void LANG_what_is_answered_about_service_addresses_is_there_in_Japanese(string english) =>
        Assert.Contains(JapaneseAnswers.Of(english), letter => letter is >= '\u3040' and <= '\u9fff');
}

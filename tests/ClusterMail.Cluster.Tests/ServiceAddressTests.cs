using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>Service addresses without a balancer (CLU-23(b), CLU-23a): three hosts, a client, and a watch over every interface that must never see one address twice.</summary>
[Collection(ClusterFarm.PatientToo)]
public class ServiceAddressTests
{
    /// <summary>EX-CLU-11: an address is back within so long.</summary>
    private static readonly TimeSpan Back = TimeSpan.FromSeconds(10);

    /// <summary>The database's guard after the end of a lease: what two nodes had for longer than the watch's longest pause, and that is less, was seen.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

    /// <summary>To the node that is preferred. Whoever reports after another has taken an address gets it after 60 s of health, and these nodes have just started.</summary>
    private static readonly TimeSpan Preferred = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task EX_CLU_11_addresses_outlive_killed_hanging_and_isolated_holders_never_stand_twice_and_return_after_60_s_of_health()
    {
        await using var scene = await Scene.StartAsync();
        var (a, b) = (scene.Farm.Vacant(200), scene.Farm.Vacant(201));
        // The first is p1's and waits for it on p2, which nothing happens to; what happens to the second happens on p3.
        await scene.SetAsync($"{a}/24 eth0 p1 p2\n{b}/24 eth0 p3\n");
        await using var watch = new HolderWatch(scene.Farm.Nodes, a, b);
        await scene.HeldAsync(watch, (a, "p1"), (b, "p3"));
        // Each answers, and the client's neighbours say which host it is.
        foreach (var (address, node) in new[] { (a, "p1"), (b, "p3") })
        {
            Assert.StartsWith("220", await scene.Client.GreetAsync(address), StringComparison.Ordinal);
            Assert.Equal(await scene.HardwareAsync(node), await scene.Client.NeighbourAsync(address));
        }

        // Killed: nobody takes the address off, and the client learns by the announcement alone, since it sends nothing meanwhile.
        var killed = Stopwatch.StartNew();
        await scene.Farm.KillAsync(scene.Node("p1"));
        var next = await scene.HardwareAsync("p2");
        await Until.TrueAsync(async () => await scene.Client.NeighbourAsync(a) == next, Back, () => $"{a} announced by p2\n{scene.Farm.Output()}");
        await scene.AnswersAsync(a, killed, "killed");
        await scene.SendAsync(a);
        await scene.Farm.RestartAsync(scene.Node("p1"));

        // Stopped: the process cannot take it off either; the kernel does.
        await scene.HeldAsync(watch, (b, "p3"));
        var hung = Stopwatch.StartNew();
        scene.Node("p3").Signal(Unix.Stop);
        await Until.TrueAsync(() => watch.HoldersOf(b) is [not "p3"], Back, () => $"{b} on another node than p3, which stands still\n{scene.Farm.Output()}");
        await scene.AnswersAsync(b, hung, "stopped");
        scene.Node("p3").Signal(Unix.Continue);
        await scene.Farm.AllReadyAsync(TimeSpan.FromSeconds(60));
        await scene.CommandAsync("address", "move", b.ToString(), "p3");

        // Cut off from database and peers: it lets go by itself before another takes it.
        var cut = Stopwatch.StartNew();
        await scene.Node("p3").CutAsync();
        await Until.TrueAsync(() => !watch.HoldersOf(b).Contains("p3"), Back, $"{b} given up by p3, which is alone");
        TestContext.Current.TestOutputHelper?.WriteLine($"cut off: given up after {cut.Elapsed.TotalSeconds:0.0} s");
        await scene.AnswersAsync(b, cut, "cut off");
        await scene.Node("p3").HealAsync();

        // Back to the preferred node, no sooner than after 60 s of health.
        await Until.TrueAsync(() => watch.HoldersOf(a) is ["p1"], Preferred, () => $"{a} back on p1\n{scene.Farm.Output()}");
        Assert.InRange(await scene.HealthWhenTakenAsync(a, "p1"), 60, 75);
        Assert.StartsWith("220", await scene.Client.GreetAsync(a), StringComparison.Ordinal);

        TestContext.Current.TestOutputHelper?.WriteLine($"longest pause of the watch {watch.LongestPause.TotalMilliseconds:0} ms, shortest gap {watch.ShortestGap(a).TotalSeconds:0.00} s and {watch.ShortestGap(b).TotalSeconds:0.00} s");
        Assert.True(watch.LongestPause < Guard, $"the watch stood still for {watch.LongestPause.TotalSeconds:0.0} s and proves nothing");
        Assert.Empty(watch.Doubles(a).Concat(watch.Doubles(b)));
    }

    [Fact]
    public async Task CLU_23a_a_draining_or_stopping_node_gives_its_addresses_up_at_once_and_a_move_is_done_and_kept_IPv6_too()
    {
        await using var scene = await Scene.StartAsync();
        var (a, b) = (scene.Farm.Vacant(200), scene.Farm.VacantV6(200));
        await scene.SetAsync($"{a}/32 eth0 p1\n{b}/64 eth0 p2\n");
        await using var watch = new HolderWatch(scene.Farm.Nodes, a, b);
        await scene.HeldAsync(watch, (a, "p1"), (b, "p2"));
        Assert.StartsWith("220", await scene.Client.GreetAsync(b), StringComparison.Ordinal);
        Assert.Equal(await scene.HardwareAsync("p2"), await scene.Client.NeighbourAsync(b));

        // A drain is learnt with the next renewal of the node's lease, 2 s at most.
        await scene.CommandAsync("cluster", "drain", "p2");
        var clock = Stopwatch.StartNew();
        await Until.TrueAsync(() => watch.HoldersOf(b) is [not "p2"], Back, () => $"{b} given up by p2, which drains\n{scene.Farm.Output()}");
        TestContext.Current.TestOutputHelper?.WriteLine($"drained: elsewhere after {clock.Elapsed.TotalSeconds:0.0} s");
        await scene.AnswersAsync(b, clock, "drained");
        await Until.TrueAsync(async () => watch.HoldersOf(b) is [var holder] && await scene.Client.NeighbourAsync(b) == await scene.HardwareAsync(holder), Settle, "the neighbour's cache follows");

        // A move is asked of the holder, done, and kept although p1 is preferred.
        var moved = await scene.CommandAsync("address", "move", a.ToString(), "p3");
        Assert.Contains($"{a} is held by p3", moved, StringComparison.Ordinal);
        await Until.TrueAsync(() => watch.HoldersOf(a) is ["p3"], Settle, $"{a} on p3 alone");
        Assert.Equal(1, (await scene.Farm.TryAsync(scene.Node("p3"), "address", "move", a.ToString(), "p2")).ExitCode);
        using var status = JsonDocument.Parse(await scene.CommandAsync("address", "status", "--json"));
        var entry = status.RootElement.GetProperty("addresses")[0];
        Assert.Equal(("p3", "p3", "eth0", 32), (entry.GetProperty("holder").GetString(), entry.GetProperty("movedTo").GetString(), entry.GetProperty("interface").GetString(), entry.GetProperty("prefixLength").GetInt32()));
        Assert.InRange(entry.GetProperty("leaseSeconds").GetDouble(), 0, 5);

        // A stop gives back in order: the next one need not wait for the end of a lease.
        clock.Restart();
        await scene.Farm.StopAsync(scene.Node("p3"));
        await Until.TrueAsync(() => watch.HoldersOf(a) is ["p1"], Back, () => $"{a} on p1\n{scene.Farm.Output()}");
        Assert.Empty(watch.Doubles(a).Concat(watch.Doubles(b)));
        Assert.Equal("0", await Sql.AskAsync<string>(scene.Farm.Database, "SELECT count(*)::text FROM event WHERE kind = 'address-taken' AND text LIKE '%the lease of%'"));
        Assert.True(await Sql.AskAsync<long>(scene.Farm.Database, "SELECT count(*) FROM event WHERE kind = 'address-given' AND (text LIKE '%draining' OR text LIKE '%stopping')") >= 2);

        // What leaves the settings leaves the interfaces.
        await scene.SetAsync($"{b}/64 eth0 p2\n");
        await Until.TrueAsync(() => watch.HoldersOf(a).Count == 0, Settle, $"{a} on no interface");
    }

    private sealed record Scene(PartitionTests.Parts Parts, NetworkClient Client) : IAsyncDisposable
    {
        public NetworkFarm Farm => Parts.Farm;

        public static async Task<Scene> StartAsync()
        {
            var parts = await PartitionTests.StartAsync();
            try
            {
                return new Scene(parts, await parts.Farm.AddClientAsync());
            }
            catch
            {
                await parts.DisposeAsync();
                throw;
            }
        }

        public ValueTask DisposeAsync() => Parts.DisposeAsync();

        public NetworkNode Node(string name) => Farm.Nodes.Single(node => node.Name == name);

        /// <summary>Only now, when the farm's ground node is gone: it lives among the machine's own interfaces.</summary>
        public Task SetAsync(string addresses) => CommandAsync(
            "settings", "set", $"cluster.service_addresses={addresses}", $"relay.rules=#<> default\n#blank false\n{Client.Address} true\n{Client.AddressV6} true\n127.0.0.1 true");

        public async Task<string> CommandAsync(params IReadOnlyList<string> arguments)
        {
            var result = await Farm.TryAsync(Farm.Nodes[0], arguments);
            Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)}: {result.Errors}\n{Farm.Output()}");
            return result.Output;
        }

        public async Task HeldAsync(HolderWatch watch, params IReadOnlyList<(IPAddress Address, string Node)> wanted)
        {
            foreach (var (address, node) in wanted)
                await Until.TrueAsync(() => watch.HoldersOf(address) is [var holder] && holder == node, Preferred, () => $"{address} on {node}\n{Farm.Output()}");
            foreach (var (address, _) in wanted)
                await Until.TrueAsync(async () => await Client.GreetAsync(address) is not null, Settle, $"a greeting at {address}");
        }

        /// <summary>From a clock that was started with the harm to the next greeting.</summary>
        public async Task AnswersAsync(IPAddress address, Stopwatch since, string harm)
        {
            string? greeting = null;
            await Until.TrueAsync(async () => (greeting = await Client.GreetAsync(address)) is not null, Settle, () => $"a greeting at {address}\n{Farm.Output()}");
            TestContext.Current.TestOutputHelper?.WriteLine($"{harm}: {address} answers after {since.Elapsed.TotalSeconds:0.0} s");
            Assert.True(since.Elapsed < Back, $"{harm}: {address} answered after {since.Elapsed.TotalSeconds:0.0} s only\n{Farm.Output()}");
            Assert.StartsWith("220", greeting, StringComparison.Ordinal);
        }

        /// <summary>The client's retry: one whole mail to the same address.</summary>
        public async Task SendAsync(IPAddress address)
        {
            using var client = await Client.OpenAsync(address);
            await client.SayAsync("EHLO client.test");
            Assert.StartsWith("250", await client.MailAsync("a@example.net", ["b@sink.test"], "Subject: again\r\n\r\nHello\r\n"), StringComparison.Ordinal);
        }

        public async Task<string?> HardwareAsync(string node)
        {
            using var links = JsonDocument.Parse(await Tool.MustAsync(Settle, "ip", "-n", Node(node).Space, "-j", "link", "show", "eth0"));
            return links.RootElement[0].GetProperty("address").GetString();
        }

        /// <summary>Seconds between a node's last becoming ready and its taking the address, both by the database's clock.</summary>
        public Task<double> HealthWhenTakenAsync(IPAddress address, string node) => Sql.AskAsync<double>(
            Farm.Database, string.Create(CultureInfo.InvariantCulture, $"SELECT extract(epoch FROM a.since - n.ready_since)::float8 FROM service_address a JOIN service_address_node n ON n.node = a.holder WHERE a.address = '{address}' AND a.holder = '{node}'"));
    }
}

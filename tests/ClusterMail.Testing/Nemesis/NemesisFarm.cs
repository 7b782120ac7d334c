using System.Globalization;
using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Testing.Nemesis;

/// <summary>Three nodes in network namespaces, a PostgreSQL with its synchronous standby, HAProxy before the nodes, a sink behind them, and clients that send all the time.</summary>
public sealed class NemesisFarm : IAsyncDisposable
{
    private const string Domain = "sink.test";
    private readonly HAProxy _balancer;
    private readonly RecordingSink _sink;

    private NemesisFarm(NetworkFarm network, HAProxy balancer, RecordingSink sink) => (Network, _balancer, _sink) = (network, balancer, sink);

    public NetworkFarm Network { get; }

    public static async Task<NemesisFarm> StartAsync()
    {
        var port = Ports.Block(1);
        var network = await NetworkFarm.StartAsync(3, bridge => new Dictionary<string, string>
        {
            ["net.host_name"] = "mx.example.jp",
            ["receive.balancers"] = bridge.ToString(),
            ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true",
            ["route.table"] = string.Create(CultureInfo.InvariantCulture, $"*,{bridge},{port}"),
            ["delivery.retry_seconds"] = "10",
        }, standby: true, clocks: true);
        RecordingSink? sink = null;
        try
        {
            sink = new RecordingSink(new IPEndPoint(network.Bridge, port)) { KeepContent = false };
            return new NemesisFarm(network, await HAProxy.StartAsync(network.Nodes.Select(node => node.ProxySmtp)), sink);
        }
        catch
        {
            if (sink is not null)
                await sink.DisposeAsync();
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Clients send through the balancer until the plan is done and every node is well again; then everything is counted.</summary>
    /// <param name="say">Told of each harm.</param>
    /// <param name="rest">Between two mails of a session.</param>
    public async Task<NemesisVerdict> RunAsync(IReadOnlyList<PlannedHarm> plan, int sessions, Action<string> say, TimeSpan rest = default)
    {
        var load = new LoadGenerator([_balancer.EndPoint], Domain) { Rest = rest };
        var nemesis = new Nemesis(Network, say);
        var stop = new TaskCompletionSource();
        var sending = load.SendUntilAsync(sessions, stop.Task);
        using var supervised = new CancellationTokenSource();
        var supervising = Network.SuperviseAsync(supervised.Token);
        try
        {
            await Until.TrueAsync(() => load.Accepted.Count > 100, TimeSpan.FromSeconds(60), () => $"load running\n{Network.Output()}");
            await nemesis.RunAsync(plan);
            await Network.AllReadyAsync(TimeSpan.FromSeconds(120));
        }
        finally
        {
            stop.SetResult();
            await supervised.CancelAsync();
            await supervising;
            await sending;
        }

        return await NemesisVerdict.SettledAsync(Network, load, _sink, nemesis.Done, TimeSpan.FromSeconds(120));
    }

    public async ValueTask DisposeAsync()
    {
        await _balancer.DisposeAsync();
        await Network.DisposeAsync();
        await _sink.DisposeAsync();
    }
}

using System.Diagnostics;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Drill.Harm;

/// <summary>
/// Name servers that fail: the farm asks a server of the drill (<c>dns.servers</c>), the drill's mail is routed to a name only that server knows, and during
/// the harm that server answers SERVFAIL or nothing.
/// </summary>
internal sealed class NamesHarm(LocalHands hands, AdminClient client, string domain) : ILocalHarm
{
    public const string Setting = "dns.servers";

    /// <summary>The nodes forget failed names as told within seconds; what they deferred is tried again until nothing is left.</summary>
    private static readonly TimeSpan RetryLimit = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan BetweenRetries = TimeSpan.FromSeconds(2);

    private DrillNameServer? _server;

    private string Name => $"sink.{domain}";

    public string? Preparation => Words.Say($"dns.servers names a server of the drill, which passes questions on; the drill's mail is routed to a name only it knows");
    public string Harm => Words.Say($"the name server answers every other question with SERVFAIL, and the rest not at all");
    public string Undo => Words.Say($"the name server answers again; what waits is tried again ('clustermail route cache drop', 'clustermail queue retry')");

    public string? NextHop(int port) => string.Create(CultureInfo.InvariantCulture, $"{Name},{port}");

    public Task<string?> MissingAsync(CancellationToken cancel) => Task.FromResult<string?>(null);

    public async Task PrepareAsync(CancellationToken cancel)
    {
        _server = new DrillNameServer(Name, DrillNameServer.UpstreamOf(hands.Mark?.NameServers ?? ""));
        await SetAsync(client, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_server.Port}"), "drill begins", cancel);
    }

    public async Task DoAsync(CancellationToken cancel)
    {
        _server!.Fail();
        await ForgetAsync(cancel);
    }

    public Task<string> ProveAsync(CancellationToken cancel) => _server!.Failed is var (refused, ignored) && refused + ignored > 0
        ? Task.FromResult(Words.Say($"{refused} questions answered with SERVFAIL, {ignored} not answered"))
        : throw new CommandFailure($"no node asked for a name while the name server failed: nothing was rehearsed. Give a longer --for");

    public async Task UndoAsync(CancellationToken cancel)
    {
        _server?.Answer();
        await ForgetAsync(cancel);
        var selection = DrillTraffic.InQueue(domain);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < RetryLimit;)
        {
            await Task.Delay(BetweenRetries, cancel);
            var retried = await client.SendAsync(HttpMethod.Post, Routes.QueueRetry, selection, AdminJson.Default.QueueSelection, AdminJson.Default.QueueActResult, cancel);
            if (retried.Value.Changed == 0)
                return;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
            await server.DisposeAsync();
        _server = null;
    }

    /// <returns>The cluster's own value; null: it has none.</returns>
    public static async Task<string?> ServersAsync(AdminClient client, CancellationToken cancel)
    {
        var entry = (await client.GetAsync(Routes.Fill(Routes.Setting, Setting), AdminJson.Default.SettingEntry, cancel)).Value;
        return entry.Source == SettingSource.Default ? null : entry.Value;
    }

    /// <param name="servers">Null: the default.</param>
    public static Task SetAsync(AdminClient client, string? servers, string comment, CancellationToken cancel) => client.SendAsync(
        HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new SettingChange(Setting, servers)], comment), AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved, cancel);

    private Task ForgetAsync(CancellationToken cancel) => client.SendAsync(
        HttpMethod.Post, Routes.RouteCacheDrop, new RouteCacheDropRequest(All: true), AdminJson.Default.RouteCacheDropRequest, AdminJson.Default.RouteCacheDropped, cancel);
}

using System.Globalization;
using System.Text.Json;
using ClusterMail.Testing.Processes;
using Xunit.Sdk;
using Xunit.v3;

// One farm that works at a time, and beside it two that wait.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
[assembly: Parallelization(Mode = ParallelMode.Collections, MaxThreads = 3)]

namespace ClusterMail.Cluster.Tests;

/// <summary>A farm with one recording sink behind it, as every test of this project wants it.</summary>
internal sealed class ClusterFarm : IAsyncDisposable
{
    public const string Domain = "sink.test";

    /// <summary>The collection of tests that mostly wait for the farm's own clocks: they run beside the others, one after the other, and judge nobody's speed.</summary>
    public const string Patient = "patient";

    /// <summary>Another such row of tests, so that both end at about the same time.</summary>
    public const string PatientToo = "patient, too";

    private ClusterFarm(Farm farm, RecordingSink sink)
    {
        Farm = farm;
        Sink = sink;
    }

    public Farm Farm { get; }
    public RecordingSink Sink { get; }

    public static Task<ClusterFarm> StartAsync(int nodes = 3, params (string Name, string Value)[] settings) =>
        StartAsync(all => Farm.StartAsync(nodes, all), settings);

    /// <summary>The same with a synchronous standby of the database.</summary>
    public static Task<ClusterFarm> StartWithStandbyAsync(int nodes = 3) => StartAsync(all => Farm.StartWithStandbyAsync(nodes, all), []);

    /// <summary>The same with a further database of the queue.</summary>
    public static Task<ClusterFarm> StartWithShardAsync(int nodes, string name, string database) => StartAsync(all => Farm.StartWithShardsAsync(nodes, all, (name, database)), []);

    private static async Task<ClusterFarm> StartAsync(Func<IReadOnlyDictionary<string, string>, Task<Farm>> start, (string Name, string Value)[] settings)
    {
        var sink = new RecordingSink { KeepContent = false };
        try
        {
            var all = new Dictionary<string, string>
            {
                ["net.host_name"] = "mx.example.jp",
                ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true",
                ["route.table"] = string.Create(CultureInfo.InvariantCulture, $"*,127.0.0.1,{sink.Port}"),
                ["delivery.retry_seconds"] = "10",
            };
            foreach (var (name, value) in settings)
                all[name] = value;
            return new ClusterFarm(await start(all), sink);
        }
        catch
        {
            await sink.DisposeAsync();
            throw;
        }
    }

    /// <summary>Some hundreds of mails a second: enough that every harm hits some on their way, and the farm beside this one has processors left. Full load is for <c>bench</c>.</summary>
    public LoadGenerator Load(int size = 1024) => new([.. Farm.Nodes.Select(node => node.Receiver)], Domain, size) { Rest = Rest };

    /// <summary>Of a session after each mail.</summary>
    public static TimeSpan Rest { get; } = TimeSpan.FromMilliseconds(20);

    /// <summary>What was promised and what arrived, with the logs in the message when something was lost.</summary>
    public async Task<MailHistory> NothingLostAsync(LoadGenerator load, TimeSpan limit)
    {
        var history = await MailHistory.SettledAsync(load, limit, Sink);
        TestContext.Current.TestOutputHelper?.WriteLine($"{history}; refusals: {string.Join(", ", load.Refusals.Select(pair => $"{pair.Key} {pair.Value}"))}");
        Assert.True(history.Lost.Count == 0, $"{history}\n{Farm.Logs()}");
        return history;
    }

    /// <summary>Every duplicate is one the farm itself wrote down, under the number of that mail (P4, EX-DELIV-9).</summary>
    public Task ExplainedAsync(MailHistory history, params LoadGenerator[] loads) => Explanations.CoverAsync(Farm.Cluster.Database, history, loads, Farm.Logs);

    /// <summary>A line of inlog or outlog of one node only.</summary>
    public async Task<string> LogAsync(string log, string? node = null) =>
        node is null ? await Farm.RunAsync("log", log) : await Farm.RunAsync("log", log, "--node", node);

    public Task<JsonElement> StatusAsync() => Farm.JsonAsync("cluster", "status");

    public async ValueTask DisposeAsync()
    {
        await Farm.DisposeAsync();
        await Sink.DisposeAsync();
    }
}

using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Takeover;

/// <summary>Three nodes behind HAProxy with deploy/haproxy.cfg, a sink behind them, and sessions that send through HAProxy until they are told to stop.</summary>
internal sealed class LoadedFarm : IAsyncDisposable
{
    private const string MembersSql = "SELECT count(*) FROM node WHERE member AND fenced_at IS NULL AND left_at IS NULL AND alive_until > now()";
    private readonly HAProxy _balancer;
    private readonly TaskCompletionSource _stop = new();
    private Task _sending = Task.CompletedTask;

    private LoadedFarm(Farm farm, RecordingSink sink, HAProxy balancer)
    {
        (Farm, Sink, _balancer) = (farm, sink, balancer);
        Load = new LoadGenerator([balancer.EndPoint], "sink.test");
        Loads = [Load];
    }

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(90);
    public Farm Farm { get; }
    public RecordingSink Sink { get; }

    /// <summary>What the sessions send.</summary>
    public LoadGenerator Load { get; }

    /// <summary>It and what was sent beside it: all is counted in the end.</summary>
    public List<LoadGenerator> Loads { get; }

    /// <param name="standby">The database has a synchronous standby.</param>
    /// <param name="more">Further settings.</param>
    public static async Task<LoadedFarm> StartAsync(bool standby, params IReadOnlyList<(string Name, string Value)> more)
    {
        var sink = new RecordingSink { KeepContent = false };
        var settings = new Dictionary<string, string>
        {
            ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true",
            ["route.table"] = $"*,127.0.0.1,{sink.Port}",
            ["delivery.retry_seconds"] = "10",
        };
        foreach (var (name, value) in more)
            settings[name] = value;
        var farm = standby ? await Farm.StartWithStandbyAsync(3, settings) : await Farm.StartAsync(3, settings);
        return new LoadedFarm(farm, sink, await HAProxy.StartDeployedAsync(farm.Nodes));
    }

    /// <summary>Runs under the load, then judges everything that was sent.</summary>
    /// <param name="sessions">That send all the time.</param>
    /// <returns>False: a mail was lost, came twice without a reason, or was refused for good.</returns>
    public async Task<bool> UnderLoadAsync(int sessions, Func<Task> work)
    {
        _sending = Load.SendUntilAsync(sessions, _stop.Task);
        try
        {
            await Until.TrueAsync(() => Load.Accepted.Count > 100, Patience, $"load running\n{Farm.Logs()}");
            await work();
        }
        finally
        {
            _stop.SetResult();
            await _sending;
        }

        var verdict = await LoadVerdict.SettledAsync(Farm.Cluster.Database, Sink, Loads, Patience);
        Console.WriteLine(verdict);
        return verdict.IsClean;
    }

    /// <summary>Every node is ready and a member of the cluster: the next harm meets a farm that is whole.</summary>
    public async Task WholeAsync()
    {
        await Farm.AllReadyAsync(Patience);
        await Until.TrueAsync(async () => await AskAsync<long>(MembersSql) == Farm.Nodes.Count, Patience, $"every node a member\n{Farm.Logs()}");
    }

    /// <summary>One value of the farm's database.</summary>
    public async Task<T> AskAsync<T>(string sql, params IReadOnlyList<object> values)
    {
        await using var source = Store.Database.Open(Farm.Cluster.Database, "bench", maxPoolSize: 1);
        await using var command = source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await _balancer.DisposeAsync();
        await Farm.DisposeAsync();
        await Sink.DisposeAsync();
    }
}

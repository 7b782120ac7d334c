using System.Diagnostics;
using System.Globalization;
using ClusterMail.Bench.Limits;
using ClusterMail.Testing.Processes;
using Npgsql;

// Clients, node, PostgreSQL and sink share this machine; only the node is measured.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var options = Arguments(args, new() { ["--idle"] = 10_000, ["--tls"] = 10_000, ["--uploads"] = 200, ["--megabytes"] = 25, ["--seconds"] = 120 });
await using var sink = await CountingSink.StartAsync(dump: false);
await using var farm = await Farm.StartAsync(1, new Dictionary<string, string>
{
    ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true",
    ["route.table"] = $"*,127.0.0.1,{sink.EndPoint.Port}",
    ["receive.max_sessions"] = "0",
    ["receive.max_sessions_per_address"] = "0",
});
await using var database = NpgsqlDataSource.Create(farm.Cluster.Database);
var node = farm.Nodes[0];
var figures = new NodeFigures(node.Pid ?? throw new InvalidOperationException("The node has no process."));
await Task.Delay(TimeSpan.FromSeconds(20));
Console.WriteLine($"{Environment.ProcessorCount} processors; receive.max_content_memory {await ValueAsync("receive.max_content_memory")}, delivery.window_bytes {await ValueAsync("delivery.window_bytes")} octets");
Console.WriteLine($"idle node: {figures.Resident} MB, {await figures.CpuOverAsync(TimeSpan.FromSeconds(30)):0.0} % of one processor");
if (options["--idle"] > 0)
    await IdleAsync("idle sessions", options["--idle"], tls: false);
if (options["--tls"] > 0)
    await IdleAsync("idle TLS sessions", options["--tls"], tls: true);
if (options["--uploads"] > 0)
    await UploadsAsync(options["--uploads"], options["--megabytes"] * 1_000_000L, TimeSpan.FromSeconds(options["--seconds"]));
return 0;

async Task IdleAsync(string what, int count, bool tls)
{
    var before = figures.Resident;
    var clients = new List<Client>();
    try
    {
        var clock = Stopwatch.StartNew();
        // A hundred at a time: the question is what they cost once they are there, not how many can shake hands at once.
        foreach (var some in Enumerable.Range(0, count).Chunk(100))
            clients.AddRange(await Task.WhenAll(some.Select(_ => Client.OpenAsync(node.Receiver, tls))));
        var opened = clock.Elapsed;
        var cpu = await figures.CpuOverAsync(TimeSpan.FromSeconds(30));
        var resident = figures.Resident;
        foreach (var some in clients.Chunk(100))
            await Task.WhenAll(some.Select(client => client.SayAsync("NOOP", "250")));
        Console.WriteLine($"{count} {what}: {resident} MB, {(resident - before) * 1024.0 / count:0.0} KB each, {cpu:0.0} % of one processor; opened in {opened.TotalSeconds:0} s, all answered NOOP after it");
    }
    finally
    {
        clients.ForEach(client => client.Dispose());
    }
}

async Task UploadsAsync(int count, long octets, TimeSpan time)
{
    var before = figures.Resident;
    var clock = Stopwatch.StartNew();
    var uploads = Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
    {
        using var client = await Client.OpenAsync(node.Receiver, tls: false);
        await client.UploadAsync(octets, time);
    }));
    var peak = await figures.PeakDuringAsync(uploads);
    var accepted = clock.Elapsed;
    var delivery = await figures.PeakDuringAsync(Until.TrueAsync(IsEmptyAsync, TimeSpan.FromMinutes(10), "every upload at the sink"));
    Console.WriteLine($"{count} uploads of {octets / 1_000_000} MB over {time.TotalSeconds:0} s: before {before} MB, highest {peak} MB until the last 250 ({accepted.TotalSeconds:0} s), {delivery} MB until the last delivery ({clock.Elapsed.TotalSeconds:0} s)");
}

async Task<bool> IsEmptyAsync()
{
    await using var command = database.CreateCommand("SELECT count(*) FROM recipient");
    return (long)(await command.ExecuteScalarAsync())! == 0;
}

async Task<string> ValueAsync(string setting) => (await farm.JsonAsync("settings", "get", setting)).GetProperty("value").GetString()!;

static Dictionary<string, int> Arguments(string[] given, Dictionary<string, int> options)
{
    for (var i = 0; i < given.Length; i += 2)
    {
        if (!options.ContainsKey(given[i]) || i + 1 == given.Length || !int.TryParse(given[i + 1], CultureInfo.InvariantCulture, out var value) || value < 0)
        {
            Console.Error.WriteLine($"usage: bench/limits/run {string.Join(' ', options.Select(option => $"[{option.Key} {option.Value}]"))}");
            Environment.Exit(2);
            throw new UnreachableException();
        }

        options[given[i]] = value;
    }

    return options;
}

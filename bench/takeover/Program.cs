using System.Diagnostics;
using System.Globalization;
using ClusterMail.Testing.Processes;

// Clients, nodes, PostgreSQL and sink share this machine.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var options = Arguments(args, new() { ["--kills"] = 20, ["--sessions"] = 4, ["--mails"] = 20 });
var bar = TimeSpan.FromSeconds(15);
var patience = TimeSpan.FromSeconds(90);
await using var sink = new RecordingSink { KeepContent = false };
await using var farm = await Farm.StartAsync(3, new Dictionary<string, string>
{
    ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true",
    ["route.table"] = $"*,127.0.0.1,{sink.Port}",
    ["delivery.retry_seconds"] = "10",
});
Console.WriteLine($"{Environment.ProcessorCount} processors; {options["--kills"]} kills of one of three nodes, {options["--mails"]} mails in its hands each time, {options["--sessions"]} sessions sending to all nodes throughout");
var load = new LoadGenerator([.. farm.Nodes.Select(node => node.Receiver)], "sink.test");
var takeovers = new List<(Takeover Takeover, bool Oldest)>();
var stop = new TaskCompletionSource();
var sending = load.SendUntilAsync(options["--sessions"], stop.Task);
try
{
    await KillAsync();
}
finally
{
    stop.SetResult();
    await sending;
}

return await JudgeAsync() ? 0 : 1;

async Task KillAsync()
{
    // A node that comes back is the youngest.
    var byAge = farm.Nodes.Select(node => node.Name).ToList();
    for (var kill = 0; kill < options["--kills"]; kill++)
    {
        var oldest = kill % 2 == 0;
        var name = byAge[oldest ? 0 : 1];
        byAge.Remove(name);
        byAge.Add(name);
        var takeover = await Takeover.MeasureAsync(farm, sink, farm.Nodes.Single(node => node.Name == name), patience, options["--mails"]);
        takeovers.Add((takeover, oldest));
        Console.WriteLine($"kill {kill + 1,2}: {name}{(oldest ? ", the oldest" : ""),-13} first {takeover.Times[0].TotalSeconds:0.0} s, last {takeover.Last.TotalSeconds:0.0} s");
    }
}

async Task<bool> JudgeAsync()
{
    Show("all kills, last mail", takeovers.Select(one => one.Takeover.Last));
    Show("of the oldest node", takeovers.Where(one => one.Oldest).Select(one => one.Takeover.Last));
    Show("of a younger node", takeovers.Where(one => !one.Oldest).Select(one => one.Takeover.Last));
    Show("every mail", takeovers.SelectMany(one => one.Takeover.Times));
    var history = await MailHistory.SettledAsync(load, patience, sink);
    LoadGenerator[] loads = [load, .. takeovers.Select(one => one.Takeover.Stuck)];
    var promised = loads.Sum(one => one.Accepted.Count);
    var lost = loads.Sum(one => MailHistory.Compare(one, sink).Lost.Count);
    var unexplained = await Duplicates.UnexplainedAsync(farm.Cluster.Database, history, loads, patience);
    Console.WriteLine($"promised {promised}, lost {lost}, twice {history.Duplicates.Count}, of these without an event that says why {unexplained.Count}; refused for good {load.Permanent.Count}");
    Console.WriteLine($"events: {await Duplicates.ReasonsAsync(farm.Cluster.Database)}");
    Console.WriteLine($"what clients saw besides 250: {string.Join(", ", load.Refusals.Select(pair => $"{pair.Key} {pair.Value}"))}");
    return lost == 0 && unexplained.Count == 0 && load.Permanent.Count == 0 && takeovers.All(one => one.Takeover.Last <= bar);
}

static void Show(string what, IEnumerable<TimeSpan> times)
{
    var sorted = times.Select(time => time.TotalSeconds).Order().ToList();
    if (sorted.Count > 0)
        Console.WriteLine($"{what,-22} n {sorted.Count,4}  p50 {Percentile(sorted, 50):0.0} s  p90 {Percentile(sorted, 90):0.0} s  p99 {Percentile(sorted, 99):0.0} s  max {sorted[^1]:0.0} s");
}

// Nearest rank: with twenty values the 99th is the highest.
static double Percentile(List<double> sorted, int percent) => sorted[(int)Math.Ceiling(sorted.Count * percent / 100.0) - 1];

static Dictionary<string, int> Arguments(string[] given, Dictionary<string, int> options)
{
    for (var i = 0; i < given.Length; i += 2)
    {
        if (!options.ContainsKey(given[i]) || i + 1 == given.Length || !int.TryParse(given[i + 1], CultureInfo.InvariantCulture, out var value) || value < 1)
        {
            Console.Error.WriteLine($"usage: bench/takeover/run {string.Join(' ', options.Select(option => $"[{option.Key} {option.Value}]"))}");
            Environment.Exit(2);
            throw new UnreachableException();
        }

        options[given[i]] = value;
    }

    return options;
}

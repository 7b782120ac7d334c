using System.Diagnostics;
using System.Globalization;
using ClusterMail.Bench.Steady;
using ClusterMail.Testing.Processes;

// Clients, nodes, PostgreSQL and sink share this machine.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var options = Arguments(args, new() { ["--minutes"] = 30, ["--sessions"] = 50 });
await using var sink = new RecordingSink { KeepContent = false };
await using var farm = await Farm.StartAsync(3, new Dictionary<string, string>
{
    ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true",
    ["route.table"] = $"*,127.0.0.1,{sink.Port}",
});
Console.WriteLine($"{Environment.ProcessorCount} processors; three nodes, {options["--sessions"]} sessions sending to all of them for {options["--minutes"]} minutes, nothing harmed");
var watch = await UnaskedWatch.BeginAsync(farm);
var rounds = new Rounds(sink, [.. farm.Nodes.Select(node => node.Receiver)]);
var clock = Stopwatch.StartNew();
while (clock.Elapsed < TimeSpan.FromMinutes(options["--minutes"]))
{
    await rounds.SendAsync(options["--sessions"], TimeSpan.FromMinutes(1));
    Console.WriteLine($"{clock.Elapsed.TotalMinutes,5:0.0} min, compared so far: {rounds.Total}; unasked for: {(await watch.SeenAsync()).Count}");
}

await rounds.SettleAsync(TimeSpan.FromMinutes(2));
Console.WriteLine($"{rounds.Total.Promised / clock.Elapsed.TotalSeconds:0} mails a second; {rounds.Total}");
Console.WriteLine($"what clients heard besides 250: {rounds.Refusals}");
var unasked = await watch.SeenAsync();
foreach (var one in unasked)
    Console.WriteLine($"unasked for: {one}");
Console.WriteLine($"unasked for: {unasked.Count}");
return unasked.Count == 0 && rounds.Total is { Lost: 0, Twice: 0, Permanent: 0 } ? 0 : 1;

static Dictionary<string, int> Arguments(string[] given, Dictionary<string, int> options)
{
    for (var i = 0; i < given.Length; i += 2)
    {
        if (!options.ContainsKey(given[i]) || i + 1 == given.Length || !int.TryParse(given[i + 1], CultureInfo.InvariantCulture, out var value) || value < 1)
        {
            Console.Error.WriteLine($"usage: bench/steady/run {string.Join(' ', options.Select(option => $"[{option.Key} {option.Value}]"))}");
            Environment.Exit(2);
            throw new UnreachableException();
        }

        options[given[i]] = value;
    }

    return options;
}

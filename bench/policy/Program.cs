using System.Globalization;
using ClusterMail.Bench.Policy;

// Both nodes, their PostgreSQL and the load share this machine, so only the ratio says something of the inventory.
const double Bar = 0.90;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var options = Arguments(args, new() { ["--runs"] = 5, ["--mails"] = 6000, ["--accounts"] = 100_000, ["--aliases"] = 10_000, ["--lines"] = 5000 });
var small = new Inventory("small", 10, 0, 0);
var large = new Inventory("large", options["--accounts"], options["--aliases"], options["--lines"]);
Console.WriteLine($"small: {small.Accounts} accounts; large: {large.Accounts} accounts, {large.Aliases} aliases, {large.Lines} relay lines; {Environment.ProcessorCount} processors");

var (smallPolicy, largePolicy) = (new PolicyCost(small), new PolicyCost(large));
smallPolicy.Run();
largePolicy.Run();
var policy = ByTurns(9, () => Task.FromResult(smallPolicy.Run()), () => Task.FromResult(largePolicy.Run()));
await Report("policy, microseconds of processor a transaction", policy);
Console.WriteLine($"  in memory: small {smallPolicy.Megabytes:0.0} MB, large {largePolicy.Megabytes:0.0} MB");
if (options["--runs"] == 0)
    return 0;

await using var smallFarm = await BenchFarm.StartAsync(small);
await using var largeFarm = await BenchFarm.StartAsync(large);
await smallFarm.AcceptAsync(options["--mails"]);
await largeFarm.AcceptAsync(options["--mails"]);
var ratio = await Report("mails accepted a second", ByTurns(options["--runs"], () => smallFarm.AcceptAsync(options["--mails"]), () => largeFarm.AcceptAsync(options["--mails"])));
Console.WriteLine($"node: small {smallFarm.Resident} MB, large {largeFarm.Resident} MB");
var changes = 0;
await Report("seconds until a new account is in force", ByTurns(3, () => smallFarm.NewAccountAsync($"new{++changes}"), () => largeFarm.NewAccountAsync($"new{++changes}")));
await Report("seconds until a new relay line is in force", ByTurns(3, () => smallFarm.NewLineAsync($"x@new{++changes}.example"), () => largeFarm.NewLineAsync($"x@new{++changes}.example")));
Console.WriteLine($"ratio of acceptance {ratio:0.00}, bar {Bar:0.00}: {(ratio >= Bar ? "kept" : "MISSED")}");
return ratio >= Bar ? 0 : 1;

static async Task<(double[] Small, double[] Large)> ByTurns(int runs, Func<Task<double>> small, Func<Task<double>> large)
{
    var (first, second) = (new double[runs], new double[runs]);
    for (var run = 0; run < runs; run++)
    {
        // Who begins changes, because the one that comes second finds a warmer or a hotter machine.
        if (run % 2 == 0)
            (first[run], second[run]) = (await small(), await large());
        else
            (second[run], first[run]) = (await large(), await small());
    }
    return (first, second);
}

static async Task<double> Report(string what, Task<(double[] Small, double[] Large)> measured)
{
    var (small, large) = await measured;
    var ratio = Median(large) / Median(small);
    Console.WriteLine($"{what}: small {Shown(small)}, large {Shown(large)}, ratio {ratio:0.00}");
    return ratio;
}

static string Shown(double[] values) => $"{Median(values):0.##} ({values.Min():0.##} to {values.Max():0.##})";

static double Median(double[] values)
{
    var sorted = values.Order().ToArray();
    return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}

static Dictionary<string, int> Arguments(string[] args, Dictionary<string, int> options)
{
    for (var i = 0; i < args.Length; i += 2)
        if (!options.ContainsKey(args[i]) || i + 1 == args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            Console.Error.WriteLine($"usage: bench/policy/run {string.Join(' ', options.Select(option => $"[{option.Key} {option.Value}]"))}");
            Environment.Exit(2);
        }
        else
        {
            options[args[i]] = value;
        }
    return options;
}

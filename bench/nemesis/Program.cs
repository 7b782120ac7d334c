using System.Diagnostics;
using System.Globalization;
using ClusterMail.Testing.Nemesis;
using ClusterMail.Testing.Processes;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var options = Arguments(args, new() { ["--seed"] = 1, ["--faults"] = 100, ["--longest"] = 30, ["--sessions"] = 8, ["--rate"] = int.MaxValue, ["--alone"] = 0 });
const int Nodes = 3;
// Long enough for a node that ended to be a member again, and for the cluster to have forgotten it was away.
var rest = TimeSpan.FromSeconds(15);
var longest = TimeSpan.FromSeconds(options["--longest"]);
var plan = options["--alone"] > 0 ? HarmPlan.Alone(options["--alone"], Nodes, longest, rest) : HarmPlan.Of(options["--seed"], options["--faults"], Nodes, longest);
await using var farm = await NemesisFarm.StartAsync();
Console.WriteLine($"{Environment.ProcessorCount} processors; {(options["--alone"] > 0 ? $"{plan.Count} faults, each alone and for {options["--longest"]} s" : $"seed {options["--seed"]}, {plan.Count} faults of at most {options["--longest"]} s")}, {options["--sessions"]} sessions through HAProxy, one connection each as long as it lasts{(options["--rate"] == int.MaxValue ? "" : $", at most {options["--rate"]} mails a second")}");
var clock = Stopwatch.StartNew();
var verdict = await farm.RunAsync(plan, options["--sessions"], Console.WriteLine, TimeSpan.FromSeconds((double)options["--sessions"] / options["--rate"]));
Console.WriteLine($"{"harm",-18}{"times",6}{"longest",10}{"longest time without a 250",30}{"250 to arrival",18}");
foreach (var cost in verdict.Costs)
    Console.WriteLine($"{cost.Kind,-18}{cost.Count,6}{cost.Longest,8:0.0} s{cost.Gap,28:0.0} s{cost.Way,16:0.0} s");
Console.WriteLine($"{plan.Count} faults in {clock.Elapsed.TotalMinutes:0} minutes: {verdict}");
Console.WriteLine($"twice: {1e4 * verdict.History.Duplicates.Count / Math.Max(1, verdict.History.Acknowledged):0.00} of 10,000; events: {await Duplicates.ReasonsAsync(farm.Network.Database)}");
return verdict.IsClean ? 0 : 1;

static Dictionary<string, int> Arguments(string[] given, Dictionary<string, int> options)
{
    for (var i = 0; i < given.Length; i += 2)
    {
        if (!options.ContainsKey(given[i]) || i + 1 == given.Length || !int.TryParse(given[i + 1], CultureInfo.InvariantCulture, out var value) || value < 1)
        {
            Console.Error.WriteLine($"usage: bench/nemesis/run {string.Join(' ', options.Select(option => $"[{option.Key} {option.Value}]"))}");
            Environment.Exit(2);
            throw new UnreachableException();
        }

        options[given[i]] = value;
    }

    return options;
}

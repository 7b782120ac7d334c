using System.Globalization;
using ClusterMail.Bench.Depth;

// Clients, node, PostgreSQL and sink share this machine: only what is compared by turns in one run says something.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var parts = new Dictionary<string, (Func<Options, Task<bool>> Run, Dictionary<string, string> Defaults)>
{
    ["depth"] = (Depth.RunAsync, new() { ["--waiting"] = "0,100000,1000000", ["--destinations"] = "1,10000", ["--mails"] = "20000", ["--runs"] = "3" }),
    ["snapshot"] = (Snapshot.RunAsync, new() { ["--minutes"] = "10", ["--around"] = "3" }),
    ["dead"] = (Dead.RunAsync, new() { ["--mails"] = "100000", ["--load"] = "20000", ["--runs"] = "3" }),
    ["idle"] = (Idle.RunAsync, new() { ["--starts"] = "3", ["--seconds"] = "60", ["--calls"] = "5" }),
};
if (args.Length == 0 || !parts.TryGetValue(args[0], out var part))
{
    Console.Error.WriteLine($"usage: bench-depth {string.Join('|', parts.Keys)} ...: see bench/*/run");
    return 2;
}

Options options;
try
{
    options = Options.Parse($"bench/{args[0]}/run", args[1..], part.Defaults);
}
catch (ArgumentException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}

Console.WriteLine($"{Environment.ProcessorCount} processors; {options}");
return await part.Run(options) ? 0 : 1;

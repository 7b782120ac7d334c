using System.Globalization;
using ClusterMail.Bench.Takeover;

// Clients, nodes, PostgreSQL and sink share this machine.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Options options;
try
{
    options = Options.Parse(args);
}
catch (ArgumentException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}

Console.WriteLine($"{Environment.ProcessorCount} processors");
var kept = true;
if (options.Kills > 0)
    kept &= await Kills.RunAsync(options);
if (options.Drains > 0)
    kept &= await Drains.RunAsync(options);
if (options.Switchovers > 0)
    kept &= await Switchovers.RunAsync(options);
return kept ? 0 : 1;

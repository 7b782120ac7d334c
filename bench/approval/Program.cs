using System.Globalization;
using ClusterMail.Bench.Approval;

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
if (options.Parts.Contains("race"))
    kept &= await Race.RunAsync(options);
if (options.Parts.Contains("cost"))
    kept &= await Cost.RunAsync(options);
if (options.Parts.Contains("waiting"))
    kept &= await Waiting.RunAsync(options);
return kept ? 0 : 1;

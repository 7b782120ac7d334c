using System.Runtime.InteropServices;
using System.Text.Json;
using ClusterMail.Bench.Relay.Parties;

namespace ClusterMail.Bench.Relay;

/// <summary>What is printed, and the same as JSON.</summary>
internal sealed class Report(Options options, IReadOnlyList<IParty> parties)
{
    private static readonly JsonSerializerOptions Written = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<object> _blocks = [];

    private static string Machine => $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, .NET {Environment.Version}";

    private string Conditions =>
        $"{options.Sessions} sessions, {(options.Reuse ? "connections reused" : "one connection a mail")}, {(options.Pipelining ? "pipelined" : "one command at a time")}, {(options.Resume ? "TLS sessions resumed, " : "")}"
        + $"{options.Recipients} recipient{(options.Recipients == 1 ? "" : "s")}, TLS {(options.TlsIn, options.TlsOut) switch { (true, true) => "in and out", (true, false) => "in", (false, true) => "out", _ => "nowhere" }}, "
        + $"{options.Runs} runs each, by turns";

    public void PrintHead()
    {
        Console.WriteLine($"{Machine}; source, sink, PostgreSQL and every party on the same processors, queues on the file system of {Path.GetTempPath()}");
        Console.WriteLine(Conditions);
        foreach (var party in parties)
            Console.WriteLine($"{party.Name}: {party.Version}; {party.Durability}\n    {string.Join("; ", party.Settings)}");
    }

    /// <param name="ceiling">What source and sink alone reach; null in paced runs.</param>
    public void Add(int size, int mails, (double Rate, double Cpu)? ceiling, IReadOnlyList<IReadOnlyList<Result>> results)
    {
        Console.WriteLine();
        Console.WriteLine($"{size} octets, {mails} mails a run{(ceiling is null ? ", paced" : "")}");
        Console.WriteLine($"{"",-12} {"mails/s",8} {"spread",13} {"p50 ms",7} {"p99 ms",7} {"us/mail",8} {"of db",6} {"bench",6} {"peak MB",8} {"commits",8} {"WAL B",8} {"above",8} {"late ms",8}");
        for (var index = 0; index < parties.Count; index++)
            Console.WriteLine(Line(parties[index].Name, results[index]));
        for (var index = 0; index < parties.Count; index++)
            PrintInside(parties[index].Name, results[index]);
        if (ceiling is { } limit)
            PrintCeiling(limit, results);
        for (var index = 1; index < parties.Count && options.Builds is null; index++)
            Console.WriteLine(Ratio(results[0], parties[index].Name, results[index]));
        _blocks.Add(new
        {
            size,
            mails,
            paced = ceiling is null,
            ceiling = ceiling is { } reached ? new { reached.Rate, reached.Cpu } : null,
            parties = parties.Select((party, index) => new { party.Name, MedianRate = results[index].Median(run => run.Rate), Runs = results[index] }),
        });
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task WriteAsync()
    {
        if (options.Json is null)
            return;
        await using var file = File.Create(options.Json);
        await JsonSerializer.SerializeAsync(file, new
        {
            Machine,
            options.Sessions,
            options.Recipients,
            options.TlsIn,
            options.TlsOut,
            options.Reuse,
            options.Pipelining,
            options.Resume,
            Parties = parties.Select(party => new { party.Name, party.Version, party.Durability, party.Settings }),
            Sizes = _blocks,
        }, Written);
    }

    private static string Line(string name, IReadOnlyList<Result> runs) =>
        $"{name,-12} {runs.Median(run => run.Rate),8:0} {$"{runs.Min(run => run.Rate):0}..{runs.Max(run => run.Rate):0}",13} {runs.Median(run => run.P50),7:0.0} {runs.Median(run => run.P99),7:0.0} "
        + $"{runs.Median(run => run.ServerCpu + (run.DatabaseCpu ?? 0)),8:0} {Optional(runs.Median(run => run.DatabaseCpu), "0"),6} {runs.Median(run => run.BenchCpu),6:0} {runs.Max(run => run.PeakMegabytes),8:0} "
        + $"{Optional(runs.Median(run => run.Commits), "0.00"),8} {Optional(runs.Median(run => run.Wal), "0"),8} {Optional(runs.Median(run => run.Overhead), "0"),8} {runs.Max(run => run.Late),8:0}";

    private static void PrintInside(string name, IReadOnlyList<Result> runs)
    {
        if (runs.Any(run => run.Inside is null))
            return;
        Console.WriteLine($"{name}, final dot to 250, means in ms: {Middle(of => of.Check):0.00} to judge it, {Middle(of => of.Wait):0.00} until its commit begins, {Middle(of => of.Commit):0.00} commit, "
            + $"{Middle(of => of.Way):0.00} from the client and back; {Middle(of => of.Allocated) / 1024:0} KB allocated a mail, {Middle(of => of.Paused):0.0 %} of the time stopped to collect garbage");

        double Middle(Func<Inside, double> value) => runs.Select(run => value(run.Inside!)).Median();
    }

    private static void PrintCeiling((double Rate, double Cpu) limit, IReadOnlyList<IReadOnlyList<Result>> results)
    {
        // Source and sink share the processors with the party, so that they slow it down long before they are the limit themselves.
        var near = results.Max(runs => runs.Median(run => run.Rate)) > limit.Rate / 2;
        Console.WriteLine($"source and sink alone: {limit.Rate:0} mails/s, {limit.Cpu:0} us a mail{(near ? ": MORE THAN HALF OF IT IS REACHED, so the source is part of what is measured" : "")}");
    }

    // Of each turn by itself as well: its two runs met the same minute of the machine.
    private static string Ratio(IReadOnlyList<Result> ours, string peer, IReadOnlyList<Result> theirs)
    {
        var turns = ours.Zip(theirs, (one, other) => one.Rate / other.Rate).ToList();
        return $"ClusterMail / {peer}: {ours.Median(run => run.Rate) / theirs.Median(run => run.Rate):0.00} (turns {turns.Min():0.00}..{turns.Max():0.00}); p99 to 250 {ours.Median(run => run.P99) / theirs.Median(run => run.P99):0.00}; "
            + $"CPU {ours.Median(run => run.ServerCpu + (run.DatabaseCpu ?? 0)) / theirs.Median(run => run.ServerCpu + (run.DatabaseCpu ?? 0)):0.00}";
    }

    private static string Optional(double? value, string format) => value?.ToString(format, System.Globalization.CultureInfo.InvariantCulture) ?? "-";
}

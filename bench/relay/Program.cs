using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ClusterMail.Bench.Relay;
using ClusterMail.Testing.Processes;

// Source, server, PostgreSQL and sink share this machine, as they do in every figure printed here: only the ratio of two servers in one run
// says something about them. Servers take turns, so that a slow minute of the machine meets both.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var options = Options.Parse(args);
await using var sink = await Sink.StartAsync();
await using var postfix = options.Servers.Contains("postfix") ? await PostfixServer.StartAsync(sink.EndPoint) : null;
await using var clusterMail = options.Servers.Contains("clustermail") ? await ClusterMailServer.StartAsync(sink.EndPoint, options.Sessions) : null;
IReadOnlyList<IServer> servers = [.. new IServer?[] { postfix, clusterMail }.OfType<IServer>()];

Console.WriteLine($"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, .NET {Environment.Version}; "
    + $"{options.Sessions} sessions, {(options.Reuse ? "connections reused" : "one connection a mail")}, {options.Runs} runs each, by turns; fsync on; source, sink and PostgreSQL on the same processors");
Console.WriteLine($"Postfix {(await Tool.MustAsync(TimeSpan.FromSeconds(10), "postconf", "-d", "-h", "mail_version")).Trim()}");
foreach (var (size, mails) in options.Sizes)
{
    Console.WriteLine();
    Console.WriteLine($"{size} octets, {mails} mails a run");
    foreach (var server in servers)
        await RelayAsync(server, size, Math.Max(200, mails / 10)); // Warm caches and compiled code; not counted.
    var results = servers.ToDictionary(server => server.Name, _ => new List<Result>());
    for (var run = 0; run < options.Runs; run++)
    {
        foreach (var server in run % 2 == 0 ? servers : servers.Reverse())
            results[server.Name].Add(await RunAsync(server, size, mails));
    }

    Console.WriteLine($"{"",-12} {"mails/s",9} {"spread",15} {"p50 ms",8} {"p99 ms",8} {"CPU us/mail",12} {"peak MB",8} {"commits/mail",13} {"WAL B/mail",11}");
    foreach (var (name, runs) in results)
        Console.WriteLine(Line(name, runs));
    if (servers.Count == 2)
        Console.WriteLine($"ratio ClusterMail / Postfix: {Median(results["ClusterMail"], run => run.Rate) / Median(results["Postfix"], run => run.Rate):0.0}");
}

return 0;

async Task<Result> RunAsync(IServer server, int size, int mails)
{
    var before = await server.DatabaseAsync();
    server.Meter.Start();
    using var done = new CancellationTokenSource();
    var sampling = SampleAsync(server.Meter, done.Token);
    var elapsed = await RelayAsync(server, size, mails);
    await done.CancelAsync();
    await sampling;
    server.Meter.Sample();
    var cpu = server.Meter.CpuSeconds;
    var after = await server.DatabaseAsync();
    var start = sink.Count;
    var sample = Math.Min(mails, 2000);
    var latency = await Latency.MeasureAsync(server.EndPoint, options.Sessions, sample, size);
    await ArrivedAsync(start + sample, server);
    return new Result(
        mails / elapsed.TotalSeconds, At(latency, 0.5), At(latency, 0.99), cpu * 1e6 / mails, server.Meter.PeakMegabytes,
        (after?.Commits - before?.Commits) / (double?)mails, (after?.Wal - before?.Wal) / (double?)mails);
}

// From the start of the source to the last arrival at the sink.
async Task<TimeSpan> RelayAsync(IServer server, int size, int mails)
{
    var start = sink.Count;
    var clock = Stopwatch.StartNew();
    var source = Tool.RunAsync(
        TimeSpan.FromMinutes(10), "smtp-source", [.. options.Reuse ? (string[])["-d"] : [], "-s", Text(options.Sessions), "-m", Text(mails), "-l", Text(size), "-f", "source@bench.test", "-t", "r@sink.test", server.EndPoint.ToString()]);
    var arrived = ArrivedAsync(start + mails, server);
    var result = await source;
    if (result.ExitCode != 0)
        throw new InvalidOperationException($"smtp-source towards {server.Name}: {result.Errors}");
    await arrived;
    return clock.Elapsed;
}

async Task ArrivedAsync(long count, IServer server)
{
    var clock = Stopwatch.StartNew();
    while (sink.Count < count)
    {
        if (clock.Elapsed > TimeSpan.FromMinutes(10))
            throw new TimeoutException($"{server.Name}: {count - sink.Count} mails did not arrive");
        await Task.Delay(10);
    }
}

static async Task SampleAsync(Meter meter, CancellationToken cancel)
{
    try
    {
        while (true)
        {
            await Task.Delay(500, cancel);
            meter.Sample();
        }
    }
    catch (OperationCanceledException)
    {
        // The run is over.
    }
}

static string Line(string name, IReadOnlyList<Result> runs) => string.Create(
    CultureInfo.InvariantCulture,
    $"{name,-12} {Median(runs, run => run.Rate),9:0} {$"{runs.Min(run => run.Rate):0}..{runs.Max(run => run.Rate):0}",15} {Median(runs, run => run.P50),8:0.0} {Median(runs, run => run.P99),8:0.0} {Median(runs, run => run.CpuMicroseconds),12:0} {runs.Max(run => run.PeakMegabytes),8:0} {Optional(runs, run => run.CommitsPerMail, "0.00"),13} {Optional(runs, run => run.WalPerMail, "0"),11}");

static double Median(IReadOnlyList<Result> runs, Func<Result, double> value)
{
    var sorted = runs.Select(value).Order().ToList();
    return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[sorted.Count / 2 - 1] + sorted[sorted.Count / 2]) / 2;
}

static string Optional(IReadOnlyList<Result> runs, Func<Result, double?> value, string format) =>
    runs.All(run => value(run) is not null) ? Median(runs, run => value(run)!.Value).ToString(format, CultureInfo.InvariantCulture) : "-";

static double At(IReadOnlyList<double> sorted, double share) => sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * share)];

static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

/// <summary>One run of one server.</summary>
/// <param name="Rate">Mails a second, end to end.</param>
/// <param name="P50">Milliseconds from the final dot to its 250.</param>
internal sealed record Result(double Rate, double P50, double P99, double CpuMicroseconds, double PeakMegabytes, double? CommitsPerMail, double? WalPerMail);

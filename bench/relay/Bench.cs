using System.Diagnostics;
using ClusterMail.Bench.Relay.Parties;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Relay;

/// <summary>
/// Runs of several parties by turns, so that a slow minute of the machine meets all of them: the same source, the same sink, the same processors, and an empty
/// queue at the start of each.
/// </summary>
internal sealed class Bench(Options options, IReadOnlyList<IParty> parties, Sink sink)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Longest wait for a party that does something without having mail: vacuum, closing of kept connections.</summary>
    private static readonly TimeSpan QuietLimit = TimeSpan.FromSeconds(10);

    /// <summary>Of one processor. What a party may use when it is called quiet.</summary>
    private const double QuietShare = 0.2;

    /// <summary>How often memory is looked at. The kernel walks all pages of a process for it, which is work on the processors that are measured.</summary>
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(3);

    /// <summary>Mails of the run that warms up, at least: the node's code is compiled once more for speed while it works, and the last of it after some thousands.</summary>
    private const int WarmUp = 10_000;

    /// <summary>One size: a run to warm up that is not counted (a server that has run for hours has all its code compiled and its caches full), then <see cref="Options.Runs"/> turns, in the other order each time.</summary>
    /// <param name="rate">Of the paced runs, for each party; null: as fast as it goes.</param>
    /// <returns>Of each party, in the order of the parties.</returns>
    public async Task<IReadOnlyList<IReadOnlyList<Result>>> TurnsAsync(int size, int mails, Func<int, double>? rate = null)
    {
        var results = parties.Select(_ => new List<Result>()).ToList();
        foreach (var party in parties)
            await RunAsync(party, Load(Math.Max(mails, WarmUp), size));
        for (var turn = 0; turn < options.Runs; turn++)
        {
            foreach (var index in turn % 2 == 0 ? Enumerable.Range(0, parties.Count) : Enumerable.Range(0, parties.Count).Reverse())
                results[index].Add(await RunAsync(parties[index], Load(mails, size, rate?.Invoke(index))));
        }

        return results;
    }

    /// <summary>What source and sink alone reach: a party near it is limited by them. With TLS as towards a party.</summary>
    /// <returns>Mails a second, and microseconds of processor time a mail.</returns>
    public async Task<(double Rate, double Cpu)> CeilingAsync(int size, int mails, Testing.CertificateAuthority.Pair? certificate)
    {
        using var end = new Sink(certificate);
        await Source.RunAsync(end.EndPoint, Load(Math.Max(options.Sessions, mails / 10), size));
        var before = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        await Source.RunAsync(end.EndPoint, Load(mails, size));
        return (mails / clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / mails);
    }

    private Load Load(int mails, int size, double? rate = null) => new(mails, size, options.Sessions, options.Recipients, options.TlsIn, options.Reuse, options.Pipelining, options.Resume, rate);

    private async Task<Result> RunAsync(IParty party, Load load)
    {
        await SettleAsync(party);
        var before = await party.CountersAsync();
        var figuresBefore = await party.FiguresAsync();
        var transactions = sink.Transactions;
        party.Server.Start();
        party.Database?.Start();
        var own = Environment.CpuUsage.TotalTime;
        using var done = new CancellationTokenSource();
        var watching = WatchAsync(party, done.Token);
        var started = Stopwatch.GetTimestamp();
        var (sent, arrived) = await RelayAsync(party, load);
        var benchCpu = (Environment.CpuUsage.TotalTime - own).TotalMicroseconds;
        await Until.TrueAsync(party.IsEmptyAsync, Patience, $"{party.Name}: the queue empty");
        var (server, database) = (party.Server.CpuSeconds, party.Database?.CpuSeconds);
        await done.CancelAsync();
        var peak = await watching;
        var after = await party.CountersAsync();
        var inside = Inside.Of(sent.Waits.Average(), figuresBefore, await party.FiguresAsync(), Stopwatch.GetElapsedTime(started, arrived));
        double mails = load.Mails;
        var wal = (after?.Wal - before?.Wal) / mails;
        return new Result(
            mails / Stopwatch.GetElapsedTime(started, arrived).TotalSeconds, Results.At(sent.Waits, 0.5), Results.At(sent.Waits, 0.99),
            server * 1e6 / mails, database * 1e6 / mails, benchCpu / mails, peak,
            (after?.Commits - before?.Commits) / mails, wal, wal - after?.Content, (sink.Transactions - transactions) / mails, inside, sent.Late);
    }

    private async Task<(Source.Sent Sent, long Arrived)> RelayAsync(IParty party, Load load)
    {
        var last = sink.ExpectAsync((long)load.Mails * load.Recipients);
        var sent = await Source.RunAsync(party.EndPoint, load);
        try
        {
            return (sent, await last.WaitAsync(Patience));
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"{party.Name}: not all of {load.Mails} mails arrived within {Patience.TotalMinutes:0} minutes after the last was taken");
        }
    }

    /// <summary>Empty, and done with what it does after the last mail.</summary>
    private static async Task SettleAsync(IParty party)
    {
        await Until.TrueAsync(party.IsEmptyAsync, Patience, $"{party.Name}: the queue empty");
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < QuietLimit;)
        {
            party.Server.Start();
            party.Database?.Start();
            var clock = Stopwatch.StartNew();
            await Task.Delay(TimeSpan.FromMilliseconds(500));
            if (party.Server.CpuSeconds + (party.Database?.CpuSeconds ?? 0) < clock.Elapsed.TotalSeconds * QuietShare)
                return;
        }
    }

    private static async Task<double> WatchAsync(IParty party, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await Task.Delay(SampleEvery, cancel);
                party.Server.Sample();
                party.Database?.Sample();
            }
        }
        catch (OperationCanceledException)
        {
            return party.Server.PeakMegabytes + (party.Database?.PeakMegabytes ?? 0);
        }
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using ClusterMail.Bench.Relay;
using ClusterMail.Bench.Relay.Parties;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;

// Source, server, PostgreSQL and sink share this machine, as they do in every figure printed here: only the ratio of two parties in one run
// says something about them. All parties run all the time; an idle one takes its share of the processors from the one that is measured.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Options? options;
try
{
    options = Options.Parse(args);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine($"bench/relay: {e.Message}");
    return 2;
}

if (options is null)
    return 0;

var parties = new List<IParty>();
// Servers outlive the program that started them.
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var ended = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
try
{
    using var authority = options.TlsIn || options.TlsOut ? new CertificateAuthority() : null;
    var certificate = authority?.Issue("mx.bench.test", "sink.test");
    using var sink = new Sink(options.TlsOut ? certificate : null);
    await StartAsync(new Surroundings(sink.EndPoint, certificate, options.TlsIn, options.TlsOut, options.Sessions));
    var slower = await MeasureAsync(sink, options.TlsIn ? certificate : null);
    return slower ? 1 : 0;
}
catch (Exception e)
{
    Console.Error.WriteLine($"bench/relay: {(e is InvalidOperationException or TimeoutException or IOException ? e.Message : e.ToString())}");
    return 1;
}
finally
{
    await StopAsync();
}

async Task StopAsync()
{
    foreach (var party in parties)
        await party.DisposeAsync();
    parties.Clear();
}

void Interrupt(PosixSignalContext signal)
{
    signal.Cancel = true;
    StopAsync().GetAwaiter().GetResult();
    Environment.Exit(130);
}

async Task StartAsync(Surroundings around)
{
    if (options.Builds is { } builds)
    {
        parties.Add(await ClusterMailParty.StartAsync("BASE", builds.Base, around));
        parties.Add(await ClusterMailParty.StartAsync("HEAD", builds.Head, around));
        return;
    }

    parties.Add(await ClusterMailParty.StartAsync("ClusterMail", Path.Combine(Tool.Root, "out"), around));
    foreach (var peer in options.Peers)
        parties.Add(await PeerAsync(peer, around));
}

static async Task<IParty> PeerAsync(string name, Surroundings around) => name switch
{
    "postfix" => await PostfixParty.StartAsync(around),
    "haraka" => await HarakaParty.StartAsync(around),
    _ => await EximParty.StartAsync(around),
};

async Task<bool> MeasureAsync(Sink sink, CertificateAuthority.Pair? shown)
{
    var bench = new Bench(options, parties, sink);
    var report = new Report(options, parties);
    var slower = false;
    report.PrintHead();
    foreach (var (size, mails) in options.Sizes)
    {
        var results = await bench.TurnsAsync(size, mails);
        // After them: source and sink are warm then.
        var ceiling = await bench.CeilingAsync(size, mails, shown);
        report.Add(size, mails, ceiling, results);
        if (options.Builds is not null)
            slower |= Comparison.IsSlower(results[0], results[1]);
        if (options.HalfRate)
            report.Add(size, mails, null, await bench.TurnsAsync(size, mails, party => results[party].Median(run => run.Rate) / 2));
        else if (options.Rate is { } rate)
            report.Add(size, mails, null, await bench.TurnsAsync(size, mails, _ => rate));
    }

    await report.WriteAsync();
    return slower;
}

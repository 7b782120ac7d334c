using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Local;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Drill.Harm;

/// <summary>
/// A node whose time of day is a minute wrong: it is started again with libfaketime, which reads by how much from a file. The clock of the machine, and the one by which a
/// node measures spans, go right: so do both on a machine whose administrator sets the clock.
/// </summary>
internal sealed class ClockHarm(LocalHands hands, DrillTarget target) : ILocalHarm
{
    private const int Wrong = 60;

    /// <summary>What an answer tells is a second wrong either way (<see cref="DateAge"/>), and the machine may be busy.</summary>
    private const int Near = 4;

    /// <summary>An HTTP date has whole seconds, and the server makes it once a second: it is up to two seconds old, one in the middle.</summary>
    private static readonly TimeSpan DateAge = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private LocalNode Victim => hands.Node(target.Node);
    private string File => FileOf(Victim);

    private static string Library =>
        $"/usr/lib/{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64")}-linux-gnu/faketime/libfaketimeMT.so.1";

    public string? Preparation => Words.Say($"{target.Node} is started again with a time of day that can be set (libfaketime); it is still right");
    public string Harm => Words.Say($"the time of day of {target.Node} is set {Wrong} s ahead");
    public string Undo => Words.Say($"the time of day of {target.Node} is right again");

    public Task<string?> MissingAsync(CancellationToken cancel) =>
        Task.FromResult(System.IO.File.Exists(Library) ? null : Words.Say($"the library {Library} (apt-get install {"faketime"})"));

    public Task PrepareAsync(CancellationToken cancel)
    {
        Set(0);
        return hands.DressAsync(target.Node, new NodeDress([], new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = Library,
            ["FAKETIME_TIMESTAMP_FILE"] = File,
            ["FAKETIME_CACHE_DURATION"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            // Meant for programs whose monotonic clock is false as well; here it would end waits at once.
            ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
        }), cancel);
    }

    public Task DoAsync(CancellationToken cancel) => SetAndSeeAsync(Wrong, cancel);

    public async Task<string> ProveAsync(CancellationToken cancel)
    {
        var off = await OffAsync(cancel);
        return off is { } seconds && Math.Abs(seconds - Wrong) <= Near
            ? Words.Say($"{target.Node} gave a time {seconds:0} s ahead of this machine's")
            : throw new CommandFailure($"the time {target.Node} gives is not wrong: nothing was rehearsed. See {Victim.LogFile}");
    }

    public Task UndoAsync(CancellationToken cancel) => SetAndSeeAsync(0, cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Removes the file by which a node's clock was set. The node must not read it any more.</summary>
    public static void Forget(LocalNode node) => System.IO.File.Delete(FileOf(node));

    private static string FileOf(LocalNode node) => Path.Combine(node.Folder, "false-clock");

    private void Set(int seconds) => PrivateFile.Replace(File, string.Create(CultureInfo.InvariantCulture, $"+{seconds}"));

    private async Task SetAndSeeAsync(int seconds, CancellationToken cancel)
    {
        Set(seconds);
        for (var watch = Stopwatch.StartNew(); await OffAsync(cancel) is not { } off || Math.Abs(off - seconds) > Near; await Task.Delay(Poll, cancel))
            if (watch.Elapsed > Limit)
                throw new CommandFailure($"the time of day of {target.Node} did not change within {Limit.TotalSeconds:0} s: see {Victim.LogFile}");
    }

    /// <returns>Seconds by which the node's clock is ahead, as its HTTP answers say; null: it does not answer.</returns>
    private async Task<double?> OffAsync(CancellationToken cancel)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(3) };
        try
        {
            var asked = DateTimeOffset.UtcNow;
            using var answer = await http.GetAsync(Victim.AdminUrl + Routes.Live, cancel);
            var middle = asked + (DateTimeOffset.UtcNow - asked) / 2;
            return (answer.Headers.Date + DateAge - middle)?.TotalSeconds;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }
}

using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Accept;

/// <summary>
/// Looks once a second whether a synchronous standby is connected, where the settings want one: without it a 250 is a promise on one disk (P1). What is not known
/// counts as not there.
/// </summary>
/// <param name="tell">Kind and text of an event. Must not block.</param>
public sealed partial class StandbyWatch(
    Func<CancellationToken, Task<StandbyState>> look, Func<StandbyDemand> demand, Action<string, string> tell, TimeProvider time, ILogger<StandbyWatch> log) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>A look that is older says nothing any more. Shorter than the node lease, which ends when the database is away altogether.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private sealed record Look(StandbyState State, long At);

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private volatile Look? _last;
    private bool _told;

    public StandbyDemand Demand => demand();

    /// <summary>What the last look saw; null: none is wanted, or nothing was seen lately.</summary>
    public StandbyState? State => Demand != StandbyDemand.Off && _last is { } last && time.GetElapsedTime(last.At) < Fresh ? last.State : null;

    /// <summary>One is wanted, and as far as is known there is none.</summary>
    public bool IsLacking => Demand != StandbyDemand.Off && State != StandbyState.Connected;

    /// <summary>So no mail is taken.</summary>
    public bool Refuses => Demand == StandbyDemand.Refuse && IsLacking;

    /// <summary>Why there is none, in a sentence without a full stop.</summary>
    public string Reason => Why(State);

    public static StandbyDemand Parse(string setting) => setting switch
    {
        "warn" => StandbyDemand.Warn,
        "refuse" => StandbyDemand.Refuse,
        _ => StandbyDemand.Off,
    };

    public static string Why(StandbyState? state) => state switch
    {
        StandbyState.NoneNamed => "no synchronous standby is configured: synchronous_standby_names is empty on the primary",
        StandbyState.NotWaitedFor => "commits do not wait for the synchronous standby: synchronous_commit is neither on nor remote_apply",
        StandbyState.Away => "no synchronous standby is connected",
        StandbyState.Hidden => "the database role may not see whether a synchronous standby is connected: GRANT pg_monitor to it",
        StandbyState.Connected => "a synchronous standby is connected",
        _ => "it is not known whether a synchronous standby is connected",
    };

    public void Start() => _running = Task.Run(WatchAsync);

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            await LookOnceAsync().ConfigureAwait(false);
        }
        while (await NextAsync(timer).ConfigureAwait(false));
    }

    private async Task<bool> NextAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task LookOnceAsync()
    {
        if (Demand == StandbyDemand.Off)
        {
            (_last, _told) = (null, false);
            return;
        }
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(Fresh);
            var started = time.GetTimestamp();
            _last = new Look(await look(limit.Token).ConfigureAwait(false), started);
            Compare(_last.State);
        }
        catch (Exception trouble) when (trouble is OperationCanceledException || Database.IsLost(trouble))
        {
            // The lease says that the database is away; the last look grows old.
        }
        catch (Exception bug)
        {
            Failed(log, bug);
        }
    }

    private void Compare(StandbyState state)
    {
        var lacks = state != StandbyState.Connected;
        if (lacks == _told)
            return;
        _told = lacks;
        var text = lacks ? $"{Why(state)}; {(Demand == StandbyDemand.Refuse ? "no mail is taken (451)" : "a 250 is a promise on one disk")}" : "a synchronous standby is connected again";
        Turned(log, text);
        tell(lacks ? "standby-missing" : "standby-back", text);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    [LoggerMessage(5121, LogLevel.Warning, "{Text}")]
    private static partial void Turned(ILogger log, string text);

    [LoggerMessage(5122, LogLevel.Error, "Looking for the synchronous standby failed")]
    private static partial void Failed(ILogger log, Exception bug);
}

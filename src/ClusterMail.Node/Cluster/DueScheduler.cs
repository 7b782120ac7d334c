using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using ClusterMail.Queue.Lease;

namespace ClusterMail.Node.Cluster;

/// <summary>
/// Akka's scheduler, woken when something is due instead of at every tick, so that an idle node sleeps. Both actor systems of a node name it in
/// <c>akka.scheduler.implementation</c>. A delay ends at the next multiple of <c>akka.scheduler.tick-duration</c>, and whatever repeats at the same interval falls on
/// the same moments, in all systems of the process: what is due together wakes it once. As with Akka's own, actions run one after the other and must not block.
/// </summary>
public sealed class DueScheduler : SchedulerBase, IDateTimeOffsetNowTimeProvider, IDisposable
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<Entry, (long Due, long Place)> _entries = new();
    private readonly Func<long> _clock;
    private readonly ITimer _timer;
    private readonly long _tick;
    private long _place;
    private long _wakesAt = long.MaxValue;
    private bool _isRunning;
    private bool _isClosed;

    /// <param name="Interval">Milliseconds; 0: once.</param>
    private sealed record Entry(Action Run, long Interval, ICancelable? Cancelable);

    /// <summary>As Akka makes it. By the clock that .NET's timers go by: one of finer steps would find that they come early.</summary>
    public DueScheduler(Config config, ILoggingAdapter log) : this(config, log, TimeProvider.System, () => Beat.Now)
    {
    }

    /// <param name="clock">Milliseconds since some moment.</param>
    internal DueScheduler(Config config, ILoggingAdapter log, TimeProvider time, Func<long> clock) : base(config, log)
    {
        _tick = Math.Max(1, (long)config.GetTimeSpan("akka.scheduler.tick-duration").TotalMilliseconds);
        _clock = clock;
        _timer = time.CreateTimer(_ => RunDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    protected override DateTimeOffset TimeNow => DateTimeOffset.Now;

    public override TimeSpan MonotonicClock => Stopwatch.GetElapsedTime(0);

    public override TimeSpan HighResMonotonicClock => Stopwatch.GetElapsedTime(0);

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(delay, TimeSpan.Zero, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) => Add(delay, TimeSpan.Zero, action, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) => Add(delay, TimeSpan.Zero, action.Run, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) => Add(initialDelay, interval, action, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Add(initialDelay, interval, action.Run, cancelable);

    private void Add(TimeSpan delay, TimeSpan interval, Action action, ICancelable? cancelable)
    {
        lock (_lock)
        {
            if (_isClosed)
                throw new SchedulerException("The scheduler has been closed");
            Enqueue(new Entry(action, Milliseconds(interval), cancelable), _clock() + Milliseconds(delay));
            if (!_isRunning)
                Arm();
        }
    }

    /// <summary>Not less than was asked for.</summary>
    private static long Milliseconds(TimeSpan time) => (long)Math.Ceiling(time.TotalMilliseconds);

    private void Enqueue(Entry entry, long due) => _entries.Enqueue(entry, ((due + _tick - 1) / _tick * _tick, _place++));

    private void Arm()
    {
        if (!_entries.TryPeek(out _, out var first) || first.Due >= _wakesAt)
            return;
        _wakesAt = first.Due;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(0, first.Due - _clock())), Timeout.InfiniteTimeSpan);
    }

    private void RunDue()
    {
        long now;
        lock (_lock)
        {
            if (_isRunning || _isClosed)
                return;
            (_isRunning, now) = (true, _clock());
        }
        while (Take(now) is { } entry)
            Run(entry);
        lock (_lock)
        {
            (_isRunning, _wakesAt) = (false, long.MaxValue);
            if (!_isClosed)
                Arm();
        }
    }

    private Entry? Take(long now)
    {
        lock (_lock)
        {
            while (!_isClosed && _entries.TryPeek(out var entry, out var first) && first.Due <= now)
            {
                _entries.Dequeue();
                if (entry.Cancelable is { IsCancellationRequested: true })
                    continue;
                if (entry.Interval > 0)
                    Enqueue(entry, (now / entry.Interval + 1) * entry.Interval);
                return entry;
            }

            return null;
        }
    }

    private void Run(Entry entry)
    {
        try
        {
            entry.Run();
        }
        catch (SchedulerException) when (_isClosed)
        {
            // It wanted to go on later.
        }
        catch (Exception bug)
        {
            Log.Error(bug, "What was scheduled failed");
        }
    }

    /// <summary>What waits is done now: somebody may wait for it.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            _isClosed = true;
        }
        _timer.Dispose();
        // Nobody adds or takes any more.
        while (_entries.TryDequeue(out var entry, out _))
            if (entry.Cancelable is not { IsCancellationRequested: true })
                Run(entry);
    }
}

using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using ClusterMail.Node.Cluster;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Node.Tests;

/// <summary>The scheduler of both actor systems, by a clock that the test turns.</summary>
public sealed class DueSchedulerTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly CountedTimers _timers;
    private readonly DueScheduler _scheduler;
    private readonly List<(long At, string What)> _done = [];

    public DueSchedulerTests()
    {
        _timers = new CountedTimers(_time);
        _scheduler = new DueScheduler(ConfigurationFactory.ParseString("akka.scheduler.tick-duration = 100ms"), NoLogger.Instance, _timers, Now);
        // Between two multiples of everything.
        _time.Advance(TimeSpan.FromMilliseconds(6010));
    }

    [Fact]
    public void CLU_30_a_delay_ends_at_the_next_tick_after_it_and_never_before()
    {
        Once(150, "a");
        Once(90, "b");
        Once(91, "c");
        Once(0, "d");

        Pass(1000);

        Assert.Equal([(6100, "b"), (6100, "d"), (6200, "a"), (6200, "c")], _done.Order());
    }

    [Fact]
    public void CLU_30_what_is_due_together_is_done_in_the_order_in_which_it_was_asked_for()
    {
        foreach (var what in new[] { "a", "b", "c", "d", "e" })
            Once(50, what);

        Pass(200);

        Assert.Equal(["a", "b", "c", "d", "e"], _done.Select(done => done.What));
    }

    [Fact]
    public void CLU_30_what_repeats_at_the_same_interval_falls_on_the_same_moments_and_wakes_once()
    {
        Repeatedly(10, 300, "a");
        Pass(150);
        Repeatedly(100, 300, "b");
        _done.Clear();
        Pass(90);
        var before = _timers.Set;

        Pass(1250);

        Assert.Equal([(6300, "a"), (6300, "b"), (6600, "a"), (6600, "b"), (6900, "a"), (6900, "b"), (7200, "a"), (7200, "b"), (7500, "a"), (7500, "b")], _done.Order());
        Assert.Equal(5, _timers.Set - before);
    }

    [Fact]
    public void CLU_30_with_nothing_to_do_nobody_is_woken()
    {
        Once(50, "a");
        Pass(100);
        var before = _timers.Set;
        Pass(600_000);
        Assert.Equal(before, _timers.Set);
    }

    [Fact]
    public void CLU_30_a_clock_that_stood_still_brings_what_repeats_once_and_not_for_each_time_that_was_missed()
    {
        Repeatedly(0, 300, "a");
        _time.Advance(TimeSpan.FromMilliseconds(10_000));
        var missed = _done.Count;

        Pass(600);

        Assert.InRange(missed, 1, 2);
        Assert.Equal(2, _done.Count - missed);
    }

    [Fact]
    public void CLU_30_what_was_called_off_is_not_done()
    {
        using var cancelable = new Cancelable((IScheduler)_scheduler);
        ((IScheduler)_scheduler).Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(50), () => Done("a"), cancelable);
        ((IScheduler)_scheduler).Advanced.ScheduleRepeatedly(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100), () => Done("b"), cancelable);
        Pass(250);
        cancelable.Cancel();
        Pass(1000);

        Assert.Equal([(6100, "a"), (6100, "b"), (6200, "b")], _done);
    }

    [Fact]
    public void CLU_30_what_fails_keeps_nothing_else_from_being_done()
    {
        ((IScheduler)_scheduler).Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(50), () => throw new InvalidOperationException("on purpose"));
        Once(50, "a");
        Once(250, "b");

        Pass(1000);

        Assert.Equal(["a", "b"], _done.Select(done => done.What));
    }

    [Fact]
    public void CLU_30_what_is_asked_for_while_something_is_done_is_done_when_it_is_due()
    {
        ((IScheduler)_scheduler).Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(50), () =>
        {
            Done("a");
            Once(0, "b");
            Once(120, "c");
        });

        Pass(1000);

        Assert.Equal([(6100, "a"), (6100, "b"), (6300, "c")], _done);
    }

    [Fact]
    public void CLU_32_what_waits_when_it_closes_is_done_at_once_and_nothing_is_taken_any_more()
    {
        Once(5000, "a");
        _scheduler.Dispose();

        Assert.Equal([(6010, "a")], _done);
        Assert.Throws<SchedulerException>(() => Once(0, "b"));
        Pass(10_000);
        Assert.Single(_done);
    }

    [Fact]
    public async Task CLU_30_an_actor_system_gets_its_timers_from_it()
    {
        using var system = ActorSystem.Create("due", ConfigurationFactory.ParseString("""
            akka { loglevel = OFF, stdout-loglevel = OFF, scheduler { implementation = "ClusterMail.Node.Cluster.DueScheduler, clustermaild", tick-duration = 20ms } }
            """));
        Assert.IsType<DueScheduler>(system.Scheduler);
        var told = new TaskCompletionSource<int>();
        var actor = system.ActorOf(Props.Create(() => new Counting(told)));

        Assert.Equal(3, await told.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        await Assert.ThrowsAsync<AskTimeoutException>(() => actor.Ask<string>("no answer", TimeSpan.FromMilliseconds(50)));
        await system.Terminate().WaitAsync(TimeSpan.FromSeconds(30));
    }

    public void Dispose() => _scheduler.Dispose();

    private long Now() => (long)(_time.GetUtcNow() - _time.Start).TotalMilliseconds;

    private void Done(string what) => _done.Add((Now(), what));

    private void Once(int delay, string what) => ((IScheduler)_scheduler).Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(delay), () => Done(what));

    private void Repeatedly(int delay, int interval, string what) =>
        ((IScheduler)_scheduler).Advanced.ScheduleRepeatedly(TimeSpan.FromMilliseconds(delay), TimeSpan.FromMilliseconds(interval), () => Done(what));

    private void Pass(int milliseconds)
    {
        for (var passed = 0; passed < milliseconds; passed += 10)
            _time.Advance(TimeSpan.FromMilliseconds(10));
    }

    private sealed class Counting : ReceiveActor, IWithTimers
    {
        private int _ticks;

        public Counting(TaskCompletionSource<int> told) => Receive<int>(_ =>
        {
            if (++_ticks == 3)
                told.TrySetResult(_ticks);
        });

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer("tick", 1, TimeSpan.FromMilliseconds(20));
    }

    /// <summary>Counts how often a timer is set.</summary>
    private sealed class CountedTimers(TimeProvider time) : TimeProvider
    {
        public int Set { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Counted(this, time.CreateTimer(callback, state, dueTime, period));

        private sealed class Counted(CountedTimers counter, ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                counter.Set++;
                return timer.Change(dueTime, period);
            }

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}

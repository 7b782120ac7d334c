using System.Diagnostics;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Schedule;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Queue.Tests;

public sealed class EpochLeaseTests
{
    private static EpochLease Lease(TimeSpan span, long started) => new(1, span, started, null!);

    private static long Ago(TimeSpan time) => Stopwatch.GetTimestamp() - (long)(time.TotalSeconds * Stopwatch.Frequency);

    [Fact]
    public void CLU_30_a_lease_counts_from_the_start_of_its_renewal()
    {
        Assert.False(Lease(TimeSpan.FromSeconds(5), Ago(TimeSpan.FromSeconds(6))).IsValid);
        Assert.True(Lease(TimeSpan.FromMinutes(5), Ago(TimeSpan.FromSeconds(6))).IsValid);
    }

    [Fact]
    public async Task CLU_30_running_attempts_are_cut_when_the_lease_lapses_and_a_late_renewal_gives_a_new_token()
    {
        using var lease = Lease(TimeSpan.FromMilliseconds(50), Stopwatch.GetTimestamp());
        var first = lease.Running;
        await Until.TrueAsync(() => first.IsCancellationRequested && !lease.IsValid, TimeSpan.FromSeconds(30), "the lease lapses");
        Assert.False(lease.HasEnded);
        lease.Extend(Stopwatch.GetTimestamp() + 3600L * Stopwatch.Frequency);
        Assert.True(lease.IsValid);
        Assert.True(first.IsCancellationRequested);
        Assert.False(lease.Running.IsCancellationRequested);
    }

    [Fact]
    public void P4_an_ended_lease_stays_ended_and_may_be_ended_and_asked_again()
    {
        var lease = Lease(TimeSpan.FromMinutes(5), Stopwatch.GetTimestamp());
        var running = lease.Running;
        lease.End();
        lease.Extend(Stopwatch.GetTimestamp());
        Assert.True(lease.HasEnded);
        Assert.False(lease.IsValid);
        Assert.True(running.IsCancellationRequested);
        lease.Dispose();
        lease.End();
        Assert.True(lease.Running.IsCancellationRequested);
    }

    [Fact]
    public void CLU_32_a_cut_lease_begins_nothing_but_is_not_fenced()
    {
        using var lease = Lease(TimeSpan.FromMinutes(5), Stopwatch.GetTimestamp());
        lease.Cut();
        lease.Extend(Stopwatch.GetTimestamp());
        Assert.False(lease.IsValid);
        Assert.False(lease.HasEnded);
        Assert.True(lease.Running.IsCancellationRequested);
    }

    [Fact]
    public void P6_the_window_never_holds_more_than_it_may_however_many_ask_at_once()
    {
        var window = new Window(() => 100, () => 1000);
        var reserved = 0;
        Parallel.For(0, 10_000, i =>
        {
            if (!window.TryReserve(1, 100))
                return;
            Assert.True(Interlocked.Increment(ref reserved) <= 10);
            Interlocked.Decrement(ref reserved);
            window.Return(1, 100);
        });
        Assert.Equal((0, 0L), (window.Recipients, window.Bytes));
        Assert.True(window.TryReserve(100, 0));
        Assert.False(window.TryReserve(1, 0));
        Assert.Equal((100, 0), (window.Recipients, window.Room));
        window.Take(5, 0);
        Assert.Equal(0, window.Room);
    }
}

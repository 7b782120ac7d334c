using System.Diagnostics;
using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Node.Addresses;

/// <summary>
/// One taking of one address, from the lease to its end. Counted on a monotonic clock from the start of the last good renewal, so that this node always lets go before the database lets another
/// one take. Interface and kernel are led one step after the other; a step that comes too late does nothing.
/// </summary>
public sealed class Hold
{
    /// <summary>This node takes the address off so long before its lease ends, 500 ms; the kernel does it with the lease.</summary>
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(500);

    /// <summary>The kernel is told anew after so long.</summary>
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;
    private long _leased;
    private long _told;
    private volatile bool _isOver;

    /// <param name="leased">Stopwatch time at which the taking was begun.</param>
    public Hold(ServiceAddress service, long turn, long leased) => (Service, Turn, _leased) = (service, turn, leased);

    public ServiceAddress Service { get; }
    public long Turn { get; }
    public bool IsOver => _isOver;

    /// <summary>It is on the interface, as far as this node knows.</summary>
    public bool IsUp { get; private set; }

    /// <summary>The lease is over by this node's clock, or as good as.</summary>
    public bool HasLapsed => Left <= Early;

    private TimeSpan Left => AddressStore.Lease - Stopwatch.GetElapsedTime(Volatile.Read(ref _leased));

    /// <summary>A renewal that began at <paramref name="started"/> was confirmed.</summary>
    public void Extend(long started) => Volatile.Write(ref _leased, started);

    /// <summary>Puts the address on its interface, or has the kernel keep it longer when that is due.</summary>
    /// <exception cref="IOException">It could not be done.</exception>
    public Task PutAsync() => NextAsync(async () =>
    {
        if (_isOver || (_told != 0 && Stopwatch.GetElapsedTime(_told) < RefreshEvery))
            return;
        // Whole seconds: less than what is left, never more, and the last ones are not worth a new life.
        var seconds = (int)Left.TotalSeconds;
        if (seconds < 1)
            return;
        var now = Stopwatch.GetTimestamp();
        await IpTool.PutAsync(Service, seconds).ConfigureAwait(false);
        _told = now;
        IsUp = true;
    });

    /// <summary>Takes it off. What was put before is waited for; what would be put after is not.</summary>
    /// <exception cref="IOException">It may still be there, until the kernel takes it off.</exception>
    public Task RemoveAsync()
    {
        _isOver = true;
        return NextAsync(() => IpTool.RemoveAsync(Service));
    }

    private Task NextAsync(Func<Task> step)
    {
        lock (_gate)
            return _last = AfterAsync(_last, step);
    }

    private static async Task AfterAsync(Task before, Func<Task> step)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        await step().ConfigureAwait(false);
    }
}

using System.Net;
using ClusterMail.Policy.Relay;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Lockout;

/// <summary>
/// Once a second: tells the database what this node counted, and follows the lists when they have changed. So an address locked out on one node is locked out
/// on all within two seconds. Without the database each node goes on with what it knows.
/// </summary>
/// <param name="seen">The version somebody else has just seen, so that it need not be asked for; null, or answering null: it is asked for.</param>
public sealed partial class LockoutExchange(
    LockoutStore store, LockoutGuard guard, DynamicDenies denies, Func<LockoutRules> rules, string node, ILogger<LockoutExchange> log, Func<long?>? seen = null) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private long _version = -1;
    private bool _complained;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>One round; public for whoever cannot wait for the next.</summary>
    public async Task RoundAsync(CancellationToken cancel)
    {
        var rule = rules();
        var unsent = guard.TakeUnsent();
        if (unsent.Count == 0 && seen?.Invoke() == _version)
            return;
        long version;
        try
        {
            version = unsent.Count == 0
                ? await store.VersionAsync(cancel).ConfigureAwait(false)
                : await store.ExchangeAsync(node, unsent, rule.Limits, rule.Windows, rule.Blocks, cancel).ConfigureAwait(false);
        }
        catch
        {
            guard.Return(unsent);
            throw;
        }
        if (version == _version)
            return;
        guard.Replace(await store.ListAsync(cancel).ConfigureAwait(false));
        denies.Replace((await store.DeniesAsync(cancel).ConfigureAwait(false)).Select(row =>
            IPAddress.TryParse(row.Address, out var address) ? new DynamicDeny(address, row.Filter, row.AddedAt, row.Until) : null).OfType<DynamicDeny>());
        _version = version;
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Every);
        do
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                limit.CancelAfter(Patience);
                await RoundAsync(limit.Token).ConfigureAwait(false);
                _complained = false;
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception trouble)
            {
                if (!_complained)
                    Failed(log, trouble.Message);
                _complained = true;
            }
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

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    [LoggerMessage(5801, LogLevel.Warning, "Lock-outs are counted on this node alone for now: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}

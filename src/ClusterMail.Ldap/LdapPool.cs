namespace ClusterMail.Ldap;

/// <summary>
/// Connections to the servers of one set of options: so many at once, kept a while, the first server that answers, and none asked again before its back-off has ended.
/// </summary>
internal sealed class LdapPool(LdapOptions options, TimeProvider time) : IDisposable
{
    /// <summary>Requests waiting for a connection; more are told to come back (P6).</summary>
    private const int MostWaiting = 256;

    /// <summary>Servers close what is idle, and balancers forget it silently.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    /// <summary>A server is left alone for 1 s after its first failure, then twice as long each time, up to this.</summary>
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _places = new(options.Connections);
    private readonly Stack<(LdapConnection Connection, long Since)> _idle = new();
    private readonly Dictionary<LdapServer, (int Failures, long Since, string Trouble)> _failing = [];
    private readonly Lock _lock = new();
    private int _waiting;
    private bool _disposed;

    public LdapOptions Options => options;

    /// <summary>Does something on a connection. A kept one that turns out to be dead is replaced once, unseen.</summary>
    /// <exception cref="DirectoryUnavailableException">No server gave an answer.</exception>
    public async Task<T> UseAsync<T>(Func<LdapConnection, Task<T>> use, CancellationToken cancel)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new DirectoryUnavailableException($"{MostWaiting} requests wait for a connection already");
        }
        try
        {
            await _places.WaitAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
        try
        {
            while (TakeIdle() is { } kept)
                try
                {
                    return await RunAsync(kept, use).ConfigureAwait(false);
                }
                catch (DirectoryUnavailableException)
                {
                    // It may only have grown old. A new one tells.
                }
            return await AnywhereAsync(use, cancel).ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<T> AnywhereAsync<T>(Func<LdapConnection, Task<T>> use, CancellationToken cancel)
    {
        var troubles = new List<string>();
        DirectoryUnavailableException? last = null;
        foreach (var server in options.Servers)
        {
            if (Resting(server) is { } why)
            {
                troubles.Add($"{why} (not asked again yet)");
                continue;
            }
            try
            {
                var connection = await OpenAsync(server, cancel).ConfigureAwait(false);
                var result = await RunAsync(connection, use).ConfigureAwait(false);
                lock (_lock)
                    _failing.Remove(server);
                return result;
            }
            catch (DirectoryUnavailableException trouble)
            {
                last = trouble;
                troubles.Add(trouble.Message);
                lock (_lock)
                    _failing[server] = (_failing.TryGetValue(server, out var before) ? before.Failures + 1 : 1, time.GetTimestamp(), trouble.Message);
            }
        }
        throw new DirectoryUnavailableException(string.Join("; ", troubles), last);
    }

    private async Task<LdapConnection> OpenAsync(LdapServer server, CancellationToken cancel)
    {
        var connection = await LdapConnection.ConnectAsync(server, options.Timeout, cancel).ConfigureAwait(false);
        try
        {
            if (server.ImplicitTls || options.StartTls)
                await connection.SecureAsync(options, cancel).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async Task<T> RunAsync<T>(LdapConnection connection, Func<LdapConnection, Task<T>> use)
    {
        try
        {
            var result = await use(connection).ConfigureAwait(false);
            Keep(connection);
            return result;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Keep(LdapConnection connection)
    {
        lock (_lock)
            if (!_disposed)
            {
                _idle.Push((connection, time.GetTimestamp()));
                return;
            }
        connection.Dispose();
    }

    private LdapConnection? TakeIdle()
    {
        while (true)
        {
            (LdapConnection Connection, long Since) kept;
            lock (_lock)
                if (!_idle.TryPop(out kept))
                    return null;
            if (time.GetElapsedTime(kept.Since) < Idle && !kept.Connection.IsStale)
                return kept.Connection;
            kept.Connection.Dispose();
        }
    }

    /// <summary>What was wrong with the server; null: it may be asked.</summary>
    private string? Resting(LdapServer server)
    {
        lock (_lock)
            return _failing.TryGetValue(server, out var known) && time.GetElapsedTime(known.Since) < BackOff(known.Failures) ? known.Trouble : null;
    }

    private static TimeSpan BackOff(int failures) => TimeSpan.FromSeconds(Math.Min(LongestBackOff.TotalSeconds, Math.Pow(2, Math.Min(failures - 1, 10))));

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            while (_idle.TryPop(out var kept))
                kept.Connection.Dispose();
        }
    }
}

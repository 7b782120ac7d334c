using System.Data;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>
/// A connection over which a thread waits for the server itself. The kernel wakes that thread with the answer; otherwise it wakes the thread that watches all sockets, which wakes one of
/// the pool, which wakes another: a sixth of the time of a client that sends one mail after the other. Its socket must never have been used asynchronously, so it comes from no pool.
/// </summary>
internal sealed class LoneConnection(NpgsqlDataSource unpooled) : IAsyncDisposable
{
    private readonly Lock _keeping = new();
    private NpgsqlConnection? _idle;
    private bool _closed;

    /// <summary>Runs <paramref name="work"/> over it, or over a second one where it is in use.</summary>
    public void Run(Action<NpgsqlConnection> work)
    {
        var connection = Take() ?? unpooled.OpenConnection();
        try
        {
            work(connection);
        }
        finally
        {
            Keep(connection);
        }
    }

    /// <summary>One that is in use is closed when its work has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_keeping)
            _closed = true;
        if (Take() is { } idle)
            await idle.DisposeAsync();
        await unpooled.DisposeAsync();
    }

    private NpgsqlConnection? Take()
    {
        lock (_keeping)
        {
            var idle = _idle;
            _idle = null;
            return idle;
        }
    }

    private void Keep(NpgsqlConnection connection)
    {
        lock (_keeping)
            if (!_closed && _idle is null && connection.State == ConnectionState.Open)
            {
                _idle = connection;
                return;
            }
        connection.Dispose();
    }
}

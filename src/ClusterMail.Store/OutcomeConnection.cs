using Npgsql;

namespace ClusterMail.Store;

/// <summary>
/// One connection over which outcomes are written. What <see cref="RecordAsync"/> wrote every node sees at once: who takes over from a killed node does not deliver it again.
/// It is on disk, and on the synchronous standby, when <see cref="ConfirmAsync"/> has succeeded on the same connection. When the connection breaks before that, the server may
/// have crashed without it, and it is to be written again (decision 36).
/// </summary>
public sealed class OutcomeConnection(QueueStore store, NpgsqlConnection connection) : IAsyncDisposable
{
    private const string VisibleFirstSql = "SELECT set_config('synchronous_commit', 'off', true)";

    /// <summary>As <see cref="QueueStore.RecordAsync"/>, without waiting for the disk.</summary>
    /// <exception cref="EpochFencedException">Nothing was written.</exception>
    public async Task<RecordResult> RecordAsync(long epoch, IReadOnlyList<Conclusion> conclusions, IReadOnlyList<Notice> notices, CancellationToken cancel)
    {
        if (conclusions.Count == 0)
            return new RecordResult([]);
        await using var batch = connection.CreateBatch();
        batch.Then(VisibleFirstSql);
        return await store.RecordOverAsync(batch, epoch, conclusions, notices, cancel);
    }

    /// <summary>Returns when all that was recorded over this connection is on disk, and on the synchronous standby where there is one. One commit.</summary>
    /// <exception cref="TimeoutException">It is not on the standby within the time limit of statements.</exception>
    public Task ConfirmAsync(CancellationToken cancel) => StandbyWait.PassAsync(connection, cancel);

    /// <summary>False: it has broken, perhaps while nobody used it, and whatever is tried over it fails without reaching the server.</summary>
    public bool IsOpen => connection.State == System.Data.ConnectionState.Open;

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}

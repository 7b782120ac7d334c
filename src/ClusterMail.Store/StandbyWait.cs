using Npgsql;

namespace ClusterMail.Store;

/// <summary>
/// With a synchronous standby a commit waits until the standby has it. When the wait is given up (our own time limit, <c>pg_cancel_backend</c>) the server keeps the commit
/// on its one disk and answers with success and a warning. Such a success promises nothing (P1): the standby may be promoted without it.
/// </summary>
internal static class StandbyWait
{
    // The warning has no SQLSTATE of its own, and its text is in the server's language. No statement that is run through here has a warning of its own.
    private const string Warning = "01000";

    // A commit record behind all earlier ones: when the standby has it, it has those too. Nobody decodes the message.
    private const string BarrierSql = "SELECT 1 FROM pg_logical_emit_message(true, 'clustermail', '')";

    /// <summary>Runs <paramref name="write"/>, the commit included, on <paramref name="connection"/>.</summary>
    /// <exception cref="TimeoutException">It is committed, but not on the standby; ask <see cref="QueueStore.WhichExistAsync"/>.</exception>
    public static async Task RunAsync(NpgsqlConnection connection, Func<Task> write)
    {
        using var watch = new WarningWatch(connection);
        await write();
        watch.ThrowIfWarned();
    }

    /// <summary>The same on this thread, which waits for the server.</summary>
    /// <exception cref="TimeoutException">It is committed, but not on the standby; ask <see cref="QueueStore.WhichExistAsync"/>.</exception>
    public static void Run(NpgsqlConnection connection, Action write)
    {
        using var watch = new WarningWatch(connection);
        write();
        watch.ThrowIfWarned();
    }

    /// <summary>Returns when the synchronous standby, if there is one, has all that was committed before. Costs one commit.</summary>
    /// <exception cref="TimeoutException">It has not, within the command timeout.</exception>
    public static Task PassAsync(NpgsqlConnection connection, CancellationToken cancel) => RunAsync(connection, async () =>
    {
        await using var command = new NpgsqlCommand(BarrierSql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    });

    private sealed class WarningWatch : IDisposable
    {
        private readonly NpgsqlConnection _connection;
        private bool _warned;

        public WarningWatch(NpgsqlConnection connection)
        {
            _connection = connection;
            connection.Notice += OnNotice;
        }

        public void ThrowIfWarned()
        {
            if (_warned)
                throw new TimeoutException("the commit did not reach the synchronous standby");
        }

        public void Dispose() => _connection.Notice -= OnNotice;

        private void OnNotice(object sender, NpgsqlNoticeEventArgs heard) => _warned |= heard.Notice.SqlState == Warning;
    }
}

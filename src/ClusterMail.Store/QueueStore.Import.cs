using ClusterMail.Protocol;
using Npgsql;

namespace ClusterMail.Store;

public sealed partial class QueueStore
{
    private const string SeenSql = "SELECT mail_id FROM imported_mail WHERE pair = $1";

    /// <summary>The number a pair of files got when it was imported before; null: it never was.</summary>
    /// <param name="pair">SHA-256 of envelope and content.</param>
    public async Task<long?> ImportedAsync(byte[] pair, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(SeenSql);
        command.Parameters.With(pair);
        return (long?)await command.ExecuteScalarAsync(cancel);
    }

    private const string OnceSql = "INSERT INTO imported_mail (pair, mail_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    // Periods and schedule count from the first attempt, which the original made when it took the mail (RETRY-8): what it waited there is not waited again.
    private const string ResumeSql = """
        UPDATE recipient SET state = CASE WHEN $3 > 0 THEN 'waiting' ELSE 'queued' END::recipient_state, attempt = $3, refusals = $4, class = $5, last_reply = $6,
            started_at = CASE WHEN $3 > 0 THEN least($2, now()) END, queued_at = least($2, now()), next_try = now()
        WHERE mail_id = $1
        """;

    /// <summary>
    /// A mail of the original's queue, with how often it was tried: committed when this returns, due at once, for whichever node has room. Null: done; else the number it got when
    /// it was imported before, and nothing was written.
    /// </summary>
    /// <exception cref="EpochFencedException">Nothing was written.</exception>
    /// <exception cref="TimeoutException">It may be on one disk only; imported again, it is asked for on the standby too.</exception>
    public async Task<long?> ImportAsync(long epoch, NewMail mail, ImportedQueueMail imported, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (imported.Pair is { } pair)
        {
            await using var once = new NpgsqlCommand(OnceSql, connection);
            once.Parameters.With(pair).With(mail.Id.Number);
            if (await once.ExecuteNonQueryAsync(cancel) == 0)
            {
                await transaction.RollbackAsync(cancel);
                // An earlier run may have been told that its commit is not on the standby.
                await StandbyWait.PassAsync(connection, cancel);
                return await ImportedAsync(pair, cancel);
            }
        }
        await using var batch = connection.CreateBatch();
        Accept(batch, epoch, [mail]);
        batch.Then(ResumeSql).Parameters.With(mail.Id.Number).With(imported.QueuedAt.ToUniversalTime()).With((short)imported.Attempts)
            .With((short)(imported.Class == FailureClass.Refused ? imported.Attempts : 0)).With((short)imported.Class).WithText(imported.LastReply);
        batch.Then(WakeUpSql);
        await UnderEpochAsync(epoch, () => StandbyWait.RunAsync(connection, async () =>
        {
            await batch.ExecuteNonQueryAsync(cancel);
            await transaction.CommitAsync(cancel);
        }));
        return null;
    }
}

/// <summary>What the original's queue knew of a mail beside its envelope.</summary>
/// <param name="Pair">SHA-256 of envelope and content: a pair with it is queued once only. Null: each time.</param>
/// <param name="QueuedAt">When the original took it.</param>
/// <param name="Attempts">Made there; <paramref name="Class"/> and <paramref name="LastReply"/> are those of the last.</param>
public sealed record ImportedQueueMail(byte[]? Pair, DateTimeOffset QueuedAt, int Attempts, FailureClass Class, string? LastReply);

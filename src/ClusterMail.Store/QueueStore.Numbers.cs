namespace ClusterMail.Store;

/// <summary>The counter of mail numbers by hand (MSGID-3).</summary>
public sealed partial class QueueStore
{
    /// <summary>Largest number an administrator may set; no mail ever gets near it.</summary>
    public const long LargestNumber = 999_999_999_999;

    /// <summary>The last number given out, to a mail or to a node's block.</summary>
    public async Task<long> LastNumberAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask("SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM mail_number");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private const string RaiseSql = """
        WITH raised AS MATERIALIZED (SELECT raise_numbers($1) AS before),
        noted AS (
            INSERT INTO console_audit (who, means, source, outcome, act, subject, old_value, new_value)
            SELECT $2, $3, $4, 'done', 'queue.number', 'last', jsonb_build_object('last', before), jsonb_build_object('last', $1) FROM raised WHERE before < $1)
        SELECT before FROM raised
        """;

    /// <summary>Raises the counter, so that every number from now on is greater than <paramref name="number"/>; nodes drop what is left of their blocks.</summary>
    /// <returns>The last number given out before; when <paramref name="number"/> is not greater, nothing was changed.</returns>
    public async Task<long> RaiseNumberAsync(long number, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(RaiseSql);
        command.Parameters.With(number).With(by);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Numbers up to this one are to be used no more.</summary>
    public async Task<long> NumberFloorAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask("SELECT number FROM number_floor");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }
}

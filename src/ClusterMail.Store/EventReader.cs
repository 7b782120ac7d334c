using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>
/// Reads what the cluster did (CLU-33), newest first. What is about single mails after a takeover (one event for each) is for the trace of that mail
/// and is listed only when its kind is asked for.
/// </summary>
public sealed class EventReader(NpgsqlDataSource dataSource)
{
    private const string ListSql = """
        SELECT id, at, node, kind, text, data ->> 'mail' FROM event
        WHERE (@before IS NULL OR id < @before) AND (@since IS NULL OR at >= @since) AND (@until IS NULL OR at < @until)
          AND (@kind IS NULL AND kind <> 'taken-over' OR kind = @kind) AND (@node IS NULL OR node = @node)
        ORDER BY id DESC LIMIT @limit
        """;

    public async Task<IReadOnlyList<EventRecord>> ListAsync(EventFilter filter, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(ListSql);
        command.Add("before", NpgsqlDbType.Bigint, filter.Before);
        command.Add("since", NpgsqlDbType.TimestampTz, filter.Since?.ToUniversalTime());
        command.Add("until", NpgsqlDbType.TimestampTz, filter.Until?.ToUniversalTime());
        command.Add("kind", NpgsqlDbType.Text, filter.Kind);
        command.Add("node", NpgsqlDbType.Text, filter.Node);
        command.Add("limit", NpgsqlDbType.Integer, filter.Limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var events = new List<EventRecord>();
        while (await reader.ReadAsync(cancel))
            events.Add(new(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.Text(5)));
        return events;
    }
}

/// <param name="Before">Only events with a smaller id: the next page.</param>
public sealed record EventFilter(DateTimeOffset? Since, DateTimeOffset? Until, string? Kind, string? Node, long? Before, int Limit);

/// <param name="Node">Empty: the cluster.</param>
/// <param name="Mail">Number of the mail it is about, as stored; null: none.</param>
public sealed record EventRecord(long Id, DateTimeOffset At, string Node, string Kind, string Text, string? Mail);

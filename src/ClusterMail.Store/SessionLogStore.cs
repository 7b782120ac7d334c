using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>Writes what the receivers saw (LOG-1, LOG-3), in batches by COPY.</summary>
public sealed class SessionLogStore(NpgsqlDataSource dataSource)
{
    private const string SessionsSql = "COPY session_log (at, connected_at, mail_id, local_port, node, session, client_address) FROM STDIN (FORMAT BINARY)";

    private const string ReportsSql = """
        COPY receive_log (at, connected_at, mail_id, local_port, kind, node, session, client_address, helo, reverse_path, recipients, reply, rule, dialogue)
        FROM STDIN (FORMAT BINARY)
        """;

    /// <summary>Commits all or none.</summary>
    public async Task WriteAsync(string node, IReadOnlyList<SessionRow> sessions, IReadOnlyList<ReceiveRow> reports, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (sessions.Count > 0)
            await WriteSessionsAsync(connection, node, sessions, cancel);
        if (reports.Count > 0)
            await WriteReportsAsync(connection, node, reports, cancel);
        await transaction.CommitAsync(cancel);
    }

    private static async Task WriteSessionsAsync(NpgsqlConnection connection, string node, IReadOnlyList<SessionRow> rows, CancellationToken cancel)
    {
        await using var copy = await connection.BeginBinaryImportAsync(SessionsSql, cancel);
        foreach (var row in rows)
        {
            await copy.StartRowAsync(cancel);
            await copy.WriteAsync(row.At.UtcDateTime, NpgsqlDbType.TimestampTz, cancel);
            await WriteOrNullAsync(copy, row.ConnectedAt?.UtcDateTime, NpgsqlDbType.TimestampTz, cancel);
            await WriteOrNullAsync(copy, row.Mail, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(row.LocalPort, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync(node, NpgsqlDbType.Text, cancel);
            await copy.WriteAsync(row.Session, NpgsqlDbType.Text, cancel);
            await copy.WriteAsync(row.ClientAddress, NpgsqlDbType.Text, cancel);
        }
        await copy.CompleteAsync(cancel);
    }

    private static async Task WriteReportsAsync(NpgsqlConnection connection, string node, IReadOnlyList<ReceiveRow> rows, CancellationToken cancel)
    {
        await using var copy = await connection.BeginBinaryImportAsync(ReportsSql, cancel);
        foreach (var row in rows)
        {
            await copy.StartRowAsync(cancel);
            await copy.WriteAsync(row.At.UtcDateTime, NpgsqlDbType.TimestampTz, cancel);
            await copy.WriteAsync(row.ConnectedAt.UtcDateTime, NpgsqlDbType.TimestampTz, cancel);
            await WriteOrNullAsync(copy, row.Mail, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(row.LocalPort, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync((short)row.Kind, NpgsqlDbType.Smallint, cancel);
            foreach (var text in (string[])[node, row.Session, row.ClientAddress, Clean(row.Helo)])
                await copy.WriteAsync(text, NpgsqlDbType.Text, cancel);
            if (row.Sender is { } sender)
                await copy.WriteAsync(Clean(sender), NpgsqlDbType.Text, cancel);
            else
                await copy.WriteNullAsync(cancel);
            await copy.WriteAsync(row.Recipients.Select(r => Clean(r).ToLowerInvariant()).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text, cancel);
            await copy.WriteAsync(Clean(row.Reply), NpgsqlDbType.Text, cancel);
            await copy.WriteAsync(Clean(row.Rule), NpgsqlDbType.Text, cancel);
            await copy.WriteAsync(row.Dialogue.Select(line => Stored(row, line)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text, cancel);
        }
        await copy.CompleteAsync(cancel);
    }

    private static string Stored(ReceiveRow row, (DateTimeOffset At, string Text) line) =>
        string.Create(CultureInfo.InvariantCulture, $"{(long)(line.At - row.ConnectedAt).TotalMilliseconds} {Clean(line.Text)}");

    /// <summary>PostgreSQL takes no NUL and no half of a surrogate pair, and one such row would cost the whole batch.</summary>
    private static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\ud800', '\udfff') && !text.Contains('\0', StringComparison.Ordinal))
            return text;
        return System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)).Replace('\0', ' ');
    }

    private static Task WriteOrNullAsync<T>(NpgsqlBinaryImporter copy, T? value, NpgsqlDbType type, CancellationToken cancel) where T : struct =>
        value is { } given ? copy.WriteAsync(given, type, cancel) : copy.WriteNullAsync(cancel);

    /// <summary>Makes the daily partitions of the next week and drops those older than <paramref name="keepDays"/> (LOG-17).</summary>
    public async Task MaintainAsync(int keepDays, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then("SELECT make_log_partitions(7)");
        batch.Then("SELECT drop_log_partitions($1)").Parameters.With(keepDays);
        await batch.ExecuteNonQueryAsync(cancel);
    }
}

/// <summary>A connect, or the session of an accepted mail.</summary>
/// <param name="Mail">Null: a connect; then <paramref name="ConnectedAt"/> is null too.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SessionRow(DateTimeOffset At, DateTimeOffset? ConnectedAt, long? Mail, int LocalPort, string Session, string ClientAddress);

/// <summary>How a transaction ended that acceptlog or receivelog tells of. The numbers are stored.</summary>
public enum ReceiveKind : short
{
    Aborted = 0,
    Listed = 1,
    Accepted = 2,
    Outside = 3,
}

/// <summary>A transaction that was refused, broken off, or whose dialogue is kept.</summary>
public sealed record ReceiveRow
{
    public DateTimeOffset At { get; init; }
    public DateTimeOffset ConnectedAt { get; init; }
    public long? Mail { get; init; }
    public int LocalPort { get; init; }
    public ReceiveKind Kind { get; init; }

    /// <summary>Filled by readers; a writer says it once for all its rows.</summary>
    public string Node { get; init; } = "";
    public required string Session { get; init; }
    public required string ClientAddress { get; init; }
    public string Helo { get; init; } = "";

    /// <summary>Null: no MAIL was said. Empty: the null reverse-path.</summary>
    public string? Sender { get; init; }
    public IReadOnlyList<string> Recipients { get; init; } = [];
    public string Reply { get; init; } = "";
    public string Rule { get; init; } = "";
    public IReadOnlyList<(DateTimeOffset At, string Text)> Dialogue { get; init; } = [];
}

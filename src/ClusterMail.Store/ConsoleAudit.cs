using System.Runtime.CompilerServices;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>
/// What was changed, by whom, and what was refused (ADMIN-13). Stores write the rows of their changes in the transaction of the change; here are those that have no other place, and
/// reading.
/// </summary>
public sealed class ConsoleAudit(NpgsqlDataSource dataSource)
{
    /// <summary>Rows a page has at most.</summary>
    public const int Page = 1000;

    private const string NoteSql = """
        INSERT INTO console_audit (who, means, source, outcome, act, subject, old_value, new_value)
        SELECT $1, $2, $3, $4, n.act, n.subject, n.before, n.after FROM unnest($5::text[], $6::text[], $7::jsonb[], $8::jsonb[]) AS n(act, subject, before, after)
        """;

    /// <summary>Returns when the rows are on disk.</summary>
    public async Task NoteAsync(Author by, AuditOutcome outcome, AuditNote note, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await NoteAsync(connection, by, outcome, [note], cancel);
    }

    /// <summary>In the transaction of <paramref name="connection"/>.</summary>
    internal static async Task NoteAsync(NpgsqlConnection connection, Author by, AuditOutcome outcome, IReadOnlyList<AuditNote> notes, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(NoteSql, connection);
        Fill(command.Parameters, by, outcome, notes);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>As the next statement of a batch.</summary>
    internal static void Then(NpgsqlBatch batch, Author by, params IReadOnlyList<AuditNote> notes) => Fill(batch.Then(NoteSql).Parameters, by, AuditOutcome.Done, notes);

    private static void Fill(NpgsqlParameterCollection parameters, Author by, AuditOutcome outcome, IReadOnlyList<AuditNote> notes)
    {
        parameters.With(by).With(Word(outcome)).With(notes.Select(note => note.Act).ToArray()).With(notes.Select(note => note.Subject).ToArray());
        parameters.Add(Json(notes, note => note.Before));
        parameters.Add(Json(notes, note => note.After));
    }

    private static NpgsqlParameter Json(IReadOnlyList<AuditNote> notes, Func<AuditNote, IReadOnlyDictionary<string, string>?> value) => new NpgsqlParameter<string?[]>
    {
        TypedValue = [.. notes.Select(note => value(note) is { Count: > 0 } values ? JsonSerializer.Serialize(values) : null)],
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
    };

    // A word of --what is a whole act or the noun before its dot.
    private const string ListSql = """
        SELECT id, at, who, means, source, outcome, act, subject, old_value, new_value FROM console_audit
        WHERE ($1 IS NULL OR at >= $1) AND ($2 IS NULL OR at < $2) AND ($3 IS NULL OR lower(who) = lower($3))
            AND ($4 IS NULL OR act = $4 OR act LIKE $4 || '.%') AND ($5 IS NULL OR outcome = $5) AND ($6 IS NULL OR id < $6)
        ORDER BY id DESC LIMIT $7
        """;

    /// <summary>Newest first, at most <see cref="AuditFilter.Limit"/>.</summary>
    public async Task<IReadOnlyList<ConsoleAuditRow>> ListAsync(AuditFilter filter, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ListSql);
        command.Parameters.WithTime(filter.Since).WithTime(filter.Until).WithText(filter.By).WithText(filter.What)
            .WithText(filter.Outcome is { } outcome ? Word(outcome) : null).With(filter.Before).With(filter.Limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<ConsoleAuditRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(Read(reader));
        return rows;
    }

    /// <summary>All that match, newest first, page by page: an export holds no transaction open while its reader is slow.</summary>
    public async IAsyncEnumerable<ConsoleAuditRow> ReadAsync(AuditFilter filter, [EnumeratorCancellation] CancellationToken cancel)
    {
        IReadOnlyList<ConsoleAuditRow> page;
        do
        {
            page = await ListAsync(filter with { Limit = Page }, cancel);
            foreach (var row in page)
                yield return row;
            filter = filter with { Before = page.Count > 0 ? page[^1].Id : filter.Before };
        }
        while (page.Count == Page);
    }

    private static ConsoleAuditRow Read(NpgsqlDataReader reader)
    {
        var (before, after) = (Values(reader.Text(8)), Values(reader.Text(9)));
        var names = before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new ConsoleAuditRow(
            reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), Outcome(reader.GetString(5)), reader.GetString(6),
            reader.GetString(7), [.. names.Select(name => new AuditValue(name, before.GetValueOrDefault(name), after.GetValueOrDefault(name)))]);
    }

    private static Dictionary<string, string> Values(string? json)
    {
        if (json is null)
            return [];
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject().ToDictionary(value => value.Name, value => value.Value.ToString(), StringComparer.Ordinal);
    }

    private static string Word(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Done => "done",
        AuditOutcome.Refused => "refused",
        _ => "failed",
    };

    private static AuditOutcome Outcome(string word) => word switch
    {
        "done" => AuditOutcome.Done,
        "refused" => AuditOutcome.Refused,
        _ => AuditOutcome.Failed,
    };
}

public enum AuditOutcome : byte
{
    Done,

    /// <summary>The console account has no right to it.</summary>
    Refused,

    /// <summary>A login that did not succeed.</summary>
    Failed,
}

/// <summary>One thing that was done. Values by name; never a secret.</summary>
/// <param name="Act">noun.verb, for example <c>account.add</c>.</param>
/// <param name="Subject">What it was done to.</param>
/// <param name="Before">What was otherwise before; null: nothing.</param>
public sealed record AuditNote(string Act, string Subject, IReadOnlyDictionary<string, string>? Before = null, IReadOnlyDictionary<string, string>? After = null);

/// <param name="At">The database's clock.</param>
public sealed record ConsoleAuditRow(
    long Id, DateTimeOffset At, string Who, string Means, string Source, AuditOutcome Outcome, string Act, string Subject, IReadOnlyList<AuditValue> Changes);

/// <param name="Before">Null: there was none.</param>
/// <param name="After">Null: there is none any more.</param>
public sealed record AuditValue(string Name, string? Before, string? After);

/// <param name="What">An act, or its noun.</param>
/// <param name="Before">Only rows with a smaller id.</param>
public sealed record AuditFilter(DateTimeOffset? Since, DateTimeOffset? Until, string? By, string? What, AuditOutcome? Outcome, long? Before, int Limit);

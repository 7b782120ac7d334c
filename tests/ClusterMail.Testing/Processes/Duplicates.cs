using System.Globalization;
using ClusterMail.Drill;

namespace ClusterMail.Testing.Processes;

/// <summary>Holds what arrived twice against what the farm wrote down (P4, EX-DELIV-9).</summary>
public static class Duplicates
{
    private const string WrittenSql =
        "SELECT coalesce(array_agg(DISTINCT (data ->> 'mail') || ' ' || kind), '{}') FROM event WHERE kind IN ('taken-over', 'possible-duplicate') AND data ? 'mail'";

    private const string ReasonsSql = """
        SELECT coalesce(string_agg(format('%s x %s', n, reason), '; ' ORDER BY n DESC), 'no event') FROM (
            SELECT count(*) AS n, kind || ' ' || node || coalesce(' ' || substring(text FROM '\([^()]*\)$'), '') AS reason FROM event
            WHERE kind IN ('taken-over', 'possible-duplicate', 'node-fenced') GROUP BY 2) AS reasons
        """;

    /// <summary>
    /// Mails that arrived twice and have no event that names their number: its outcome came too late, its 250 was cut off, or it was in the hands of a node
    /// that lost its lease. Waited for until <paramref name="limit"/>, because a node that was cut off writes it when it is back.
    /// </summary>
    /// <param name="loads">Where the numbers of the mails are known from.</param>
    public static async Task<IReadOnlyList<string>> UnexplainedAsync(string database, MailHistory history, IReadOnlyList<LoadGenerator> loads, TimeSpan limit)
    {
        if (history.Duplicates.Count == 0)
            return [];
        var numbers = history.Duplicates.ToDictionary(id => id, id => loads.Select(load => load.Numbers.GetValueOrDefault(id)).FirstOrDefault(number => number is not null));
        var known = numbers.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => NumberOf(pair.Value!).ToString(CultureInfo.InvariantCulture));
        IReadOnlyList<string> open = [];
        try
        {
            await Until.TrueAsync(
                async () =>
                {
                    var written = (await AskAsync<string[]>(database, WrittenSql)).Select(line => line.Split(' ', 2)).Select(parts => new PossibleDuplicate(parts[0], parts[1]));
                    open = [.. history.Unexplained(known, [.. written]).Select(one => numbers[one.MessageId] ?? one.MessageId)];
                    return open.Count == 0;
                },
                limit, "every duplicate explained");
        }
        catch (TimeoutException)
        {
            // What is left is the answer.
        }

        return open;
    }

    /// <summary>How many mails were doubled by what: a line for people.</summary>
    public static Task<string> ReasonsAsync(string database) => AskAsync<string>(database, ReasonsSql);

    /// <summary>The number of a mail as the database has it.</summary>
    /// <param name="id">As the 354 line names it: <c>B0000000012@mx.example.jp</c>.</param>
    public static long NumberOf(string id) => long.Parse(id.Split('@')[0].AsSpan(1), CultureInfo.InvariantCulture);

    private static async Task<T> AskAsync<T>(string database, string sql)
    {
        await using var source = Store.Database.Open(database, "test", maxPoolSize: 1);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}

using System.Globalization;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Cluster.Tests;

/// <summary>Direct questions to the farm's database, for what no command shows.</summary>
internal static class Sql
{
    public static async Task<T> AskAsync<T>(string database, string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static async Task RunAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>Holds what arrived twice against what the farm wrote down.</summary>
internal static class Explanations
{
    private const string WrittenSql =
        "SELECT coalesce(array_agg(DISTINCT (data ->> 'mail')::bigint), '{}') FROM event WHERE kind IN ('taken-over', 'possible-duplicate') AND data ? 'mail'";

    // B0000000012@mx.example.jp
    private static long NumberOf(string id) => long.Parse(id.Split('@')[0].AsSpan(1), CultureInfo.InvariantCulture);

    private const string ReasonsSql = """
        SELECT coalesce(string_agg(format('%s x %s', n, reason), '; ' ORDER BY n DESC), 'no event') FROM (
            SELECT count(*) AS n, kind || ' ' || node || coalesce(' ' || substring(text FROM '\([^()]*\)$'), '') AS reason FROM event
            WHERE kind IN ('taken-over', 'possible-duplicate', 'node-fenced') GROUP BY 2) AS reasons
        """;

    /// <summary>
    /// Each mail that arrived twice has an event that names its number: its outcome came too late, its 250 was cut off, or it was in the hands of a node
    /// that lost its lease (P4, EX-DELIV-9). Waited for, because a node that was cut off writes it when it is back.
    /// </summary>
    public static async Task CoverAsync(string database, MailHistory history, IReadOnlyList<LoadGenerator> loads, Func<string> logs)
    {
        if (history.Duplicates.Count == 0)
            return;
        // How many were doubled by what: a figure for people, judged by nobody.
        TestContext.Current.TestOutputHelper?.WriteLine($"{history.Duplicates.Count} twice; events: {await Sql.AskAsync<string>(database, ReasonsSql)}");
        var numbers = history.Duplicates.ToDictionary(id => id, id => loads.Select(load => load.Numbers.GetValueOrDefault(id)).FirstOrDefault(number => number is not null));
        var open = numbers.Values.ToList();
        try
        {
            await Until.TrueAsync(
                async () =>
                {
                    var written = await Sql.AskAsync<long[]>(database, WrittenSql);
                    open = [.. numbers.Values.Where(number => number is null || !written.Contains(NumberOf(number)))];
                    return open.Count == 0;
                },
                TimeSpan.FromSeconds(30), "every duplicate explained");
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Arrived twice without an event that says why: {string.Join(' ', open)}; {history}\n{logs()}");
        }
    }
}

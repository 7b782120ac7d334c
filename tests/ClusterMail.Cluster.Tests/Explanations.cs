using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Cluster.Tests;

/// <summary>Direct questions to the farm's database, for what no command shows.</summary>
internal static class Sql
{
    public static async Task<T> AskAsync<T>(string database, string sql, params object[] values)
    {
        await using var source = Store.Database.Open(database, "test", maxPoolSize: 1);
        await using var command = source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static async Task RunAsync(string database, string sql)
    {
        await using var source = Store.Database.Open(database, "test", maxPoolSize: 1);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>Every mail that arrived twice is one the farm itself wrote down.</summary>
internal static class Explanations
{
    public static async Task CoverAsync(string database, MailHistory history, IReadOnlyList<LoadGenerator> loads, Func<string> logs)
    {
        if (history.Duplicates.Count == 0)
            return;
        // How many were doubled by what: a figure for people, judged by nobody.
        TestContext.Current.TestOutputHelper?.WriteLine($"{history.Duplicates.Count} twice; events: {await Duplicates.ReasonsAsync(database)}");
        var open = await Duplicates.UnexplainedAsync(database, history, loads, TimeSpan.FromSeconds(30));
        Assert.True(open.Count == 0, $"Arrived twice without an event that says why: {string.Join(' ', open)}; {history}\n{(open.Count == 0 ? "" : logs())}");
    }
}

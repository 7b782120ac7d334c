using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>Events for people (CLU-33): what the cluster did and why.</summary>
public sealed class EventStore(NpgsqlDataSource dataSource)
{
    /// <param name="kind">A short word with hyphens, for example <c>leader-changed</c>.</param>
    /// <param name="text">One sentence.</param>
    /// <param name="data">What programs want to read from it; null: nothing.</param>
    public async Task WriteAsync(string node, string kind, string text, IReadOnlyDictionary<string, string>? data, CancellationToken cancel)
    {
        await using var command = dataSource.Ask("INSERT INTO event (node, kind, text, data) VALUES ($1, $2, $3, $4)");
        command.Parameters.With(node).With(kind).With(text);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = JsonSerializer.Serialize(data ?? new Dictionary<string, string>()), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync(cancel);
    }
}

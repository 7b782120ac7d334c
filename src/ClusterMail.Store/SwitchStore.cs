using Npgsql;

namespace ClusterMail.Store;

/// <summary>The switches of CLU-25 and ADMIN-32. Nodes learn a change with their next renewal.</summary>
public sealed class SwitchStore(NpgsqlDataSource dataSource)
{
    private const string SetSql = """
        INSERT INTO node_switch (scope, kind, state, by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (scope, kind) DO UPDATE SET state = excluded.state, since = now(), by = excluded.by
        """;

    /// <param name="scope">A node's name; empty: the whole cluster.</param>
    /// <param name="by">Who wants it, for <c>cluster status</c>.</param>
    public async Task SetAsync(string scope, SwitchKind kind, SwitchState state, string by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(SetSql);
        command.Parameters.With(scope).With(kind == SwitchKind.Receive ? "receive" : "deliver").With(Word(state)).With(by);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static string Word(SwitchState state) => state switch
    {
        SwitchState.On => "on",
        SwitchState.Off => "off",
        _ => "draining",
    };
}

public enum SwitchKind
{
    Receive,
    Deliver,
}

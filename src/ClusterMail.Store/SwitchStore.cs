using Npgsql;

namespace ClusterMail.Store;

/// <summary>The switches of CLU-25 and ADMIN-32. Nodes learn a change with their next renewal, and renew at once when they see the counter of wake-ups grow.</summary>
public sealed class SwitchStore(NpgsqlDataSource dataSource)
{
    private const string SetSql = """
        WITH old AS (SELECT state FROM node_switch WHERE scope = $1 AND kind = $2),
        noted AS (
            INSERT INTO console_audit (who, means, source, outcome, act, subject, old_value, new_value)
            SELECT $5, $6, $7, 'done', 'cluster.switch', CASE $1 WHEN '' THEN 'cluster' ELSE $1 END, jsonb_build_object($2, coalesce((SELECT state FROM old), 'on')), jsonb_build_object($2, $3)),
        woken AS (UPDATE wake_up SET counter = counter + 1)
        INSERT INTO node_switch (scope, kind, state, by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (scope, kind) DO UPDATE SET state = excluded.state, since = now(), by = excluded.by
        """;

    /// <param name="scope">A node's name; empty: the whole cluster.</param>
    /// <param name="by">Who wants it, for <c>cluster status</c>.</param>
    public async Task SetAsync(string scope, SwitchKind kind, SwitchState state, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(SetSql);
        command.Parameters.With(scope).With(kind == SwitchKind.Receive ? "receive" : "deliver").With(Word(state)).With(by.Name).With(by);
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

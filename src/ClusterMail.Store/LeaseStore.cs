using Npgsql;

namespace ClusterMail.Store;

/// <summary>Named leases for the cluster's split-brain resolver, judged by the database's clock.</summary>
public sealed class LeaseStore(NpgsqlDataSource dataSource)
{
    private const string AcquireSql = """
        INSERT INTO cluster_lease AS l (name, owner, until) VALUES ($1, $2, clock_timestamp() + $3)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
        WHERE l.owner = excluded.owner OR l.until < clock_timestamp()
        RETURNING true
        """;

    /// <summary>True: <paramref name="owner"/> has the lease for <paramref name="ttl"/> from now (taken, taken over when it had ended, or renewed).</summary>
    public async Task<bool> TryAcquireAsync(string name, string owner, TimeSpan ttl, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(AcquireSql);
        command.Parameters.With(name).With(owner).With(ttl);
        return await command.ExecuteScalarAsync(cancel) is true;
    }

    /// <summary>True also when somebody else has it: then there is nothing left to release.</summary>
    public async Task<bool> ReleaseAsync(string name, string owner, CancellationToken cancel)
    {
        await using var command = dataSource.Ask("DELETE FROM cluster_lease WHERE name = $1 AND owner = $2");
        command.Parameters.With(name).With(owner);
        await command.ExecuteNonQueryAsync(cancel);
        return true;
    }

    /// <summary>Whether <paramref name="owner"/> has it at this moment.</summary>
    public async Task<bool> CheckAsync(string name, string owner, CancellationToken cancel)
    {
        await using var command = dataSource.Ask("SELECT true FROM cluster_lease WHERE name = $1 AND owner = $2 AND until >= clock_timestamp()");
        command.Parameters.With(name).With(owner);
        return await command.ExecuteScalarAsync(cancel) is true;
    }

    /// <summary>Who has it at this moment; no row: nobody.</summary>
    internal const string HolderSql = "SELECT owner FROM cluster_lease WHERE name = $1 AND until >= clock_timestamp()";
}

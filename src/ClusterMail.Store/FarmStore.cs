using Npgsql;

namespace ClusterMail.Store;

/// <summary>Which farm databases belong to, so that none is taken for another.</summary>
public static class FarmStore
{
    private const string ReadSql = "SELECT id, shard FROM farm";

    public static async Task<FarmIdentity> ReadAsync(NpgsqlDataSource source, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(ReadSql);
        return await OneAsync(command, cancel);
    }

    private const string AdoptSql = "SELECT id, shard FROM adopt_shard($1, $2)";

    /// <summary>Makes an unused database a shard of this farm. Safe to repeat.</summary>
    /// <exception cref="InvalidOperationException">It is something else already; nothing was changed.</exception>
    public static async Task AdoptAsync(Guid farm, string shard, NpgsqlDataSource source, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(AdoptSql);
        command.Parameters.With(farm).With(shard);
        if (Fault(farm, shard, await OneAsync(command, cancel)) is { } fault)
            throw new InvalidOperationException(fault);
    }

    /// <summary>What is wrong with a database that is to be the shard of this name; null: nothing.</summary>
    public static string? Fault(Guid farm, string shard, FarmIdentity found) =>
        found is { Shard: "" } && found.Id == farm ? $"shard {shard} is the main database itself: give it a database of its own"
        : found is { Shard: "" } ? $"the database of shard {shard} is the main database of another farm, or was not prepared: clustermail db migrate --shard {shard}=TEXT prepares an empty one"
        : found.Id != farm ? $"the database of shard {shard} belongs to another farm (its shard {found.Shard}): look at the connection string"
        : found.Shard != shard ? $"the database of shard {shard} is that of shard {found.Shard}: each shard needs a database of its own, and keeps its name"
        : null;

    private static async Task<FarmIdentity> OneAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new FarmIdentity(reader.GetGuid(0), reader.GetString(1));
    }
}

/// <param name="Shard">Empty: the main database.</param>
public sealed record FarmIdentity(Guid Id, string Shard);

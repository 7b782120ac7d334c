using Npgsql;

namespace ClusterMail.Store;

/// <summary>Makes a database a shard of a farm.</summary>
public static class ShardDatabase
{
    /// <summary>Brings the schema up to date and, where the database is unused, makes it this farm's. Safe to repeat; returns the scripts it ran.</summary>
    /// <param name="main">Connection string of the main database, whose schema is up to date.</param>
    /// <exception cref="InvalidOperationException">It is something else already, or a script failed.</exception>
    public static async Task<IReadOnlyList<string>> PrepareAsync(string main, string name, string database, CancellationToken cancel)
    {
        await using var farm = Open(main);
        var id = (await FarmStore.ReadAsync(farm, cancel)).Id;
        var scripts = await Database.MigrateAsync(database, cancel);
        await using var shard = Open(database);
        await FarmStore.AdoptAsync(id, name, shard, cancel);
        return scripts;
    }

    private static NpgsqlDataSource Open(string database) => Database.Open(database, "clustermail migrate", maxPoolSize: 1);
}

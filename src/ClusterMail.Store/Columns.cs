using Npgsql;

namespace ClusterMail.Store;

/// <summary>Reading columns that may be null.</summary>
internal static class Columns
{
    public static string? TextOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}

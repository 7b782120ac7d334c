using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>Optional values in and out: a filter that is null does not filter, and must still have a type for PostgreSQL.</summary>
internal static class ReaderExtensions
{
    public static void Add(this NpgsqlCommand command, string name, NpgsqlDbType type, object? value) =>
        command.Parameters.Add(new(name, type) { Value = value ?? DBNull.Value });

    public static string? Text(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static DateTimeOffset? Time(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}

using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>Positional, typed parameters: nothing is boxed, and a null array element needs no DBNull.</summary>
internal static class Parameters
{
    public static NpgsqlParameterCollection With<T>(this NpgsqlParameterCollection parameters, T value)
    {
        parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return parameters;
    }

    /// <summary>A text that may be null; the type must be said because a null has none.</summary>
    public static NpgsqlParameterCollection WithText(this NpgsqlParameterCollection parameters, string? value)
    {
        parameters.Add(new NpgsqlParameter<string?> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text });
        return parameters;
    }

    /// <summary>Texts that may be null as a whole.</summary>
    public static NpgsqlParameterCollection WithTexts(this NpgsqlParameterCollection parameters, IReadOnlyCollection<string>? values)
    {
        parameters.Add(new NpgsqlParameter<string[]?> { TypedValue = values is null ? null : [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        return parameters;
    }

    /// <summary>Octets that may be null.</summary>
    public static NpgsqlParameterCollection WithBytes(this NpgsqlParameterCollection parameters, byte[]? value)
    {
        parameters.Add(new NpgsqlParameter<byte[]?> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea });
        return parameters;
    }

    /// <summary>A span that may be null.</summary>
    public static NpgsqlParameterCollection WithSpan(this NpgsqlParameterCollection parameters, TimeSpan? value)
    {
        parameters.Add(new NpgsqlParameter<TimeSpan?> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Interval });
        return parameters;
    }

    /// <summary>A time that may be null.</summary>
    public static NpgsqlParameterCollection WithTime(this NpgsqlParameterCollection parameters, DateTimeOffset? value)
    {
        parameters.Add(new NpgsqlParameter<DateTime?> { TypedValue = value?.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        return parameters;
    }

    /// <summary>A number that may be null.</summary>
    public static NpgsqlParameterCollection WithLong(this NpgsqlParameterCollection parameters, long? value)
    {
        parameters.Add(new NpgsqlParameter<long?> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint });
        return parameters;
    }

    /// <summary>An identity that may be null.</summary>
    public static NpgsqlParameterCollection WithGuid(this NpgsqlParameterCollection parameters, Guid? value)
    {
        parameters.Add(new NpgsqlParameter<Guid?> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Uuid });
        return parameters;
    }

    /// <summary>A number that may be null.</summary>
    public static NpgsqlParameterCollection WithShort(this NpgsqlParameterCollection parameters, short? value)
    {
        parameters.Add(new NpgsqlParameter<short?> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Smallint });
        return parameters;
    }

    public static NpgsqlBatchCommand Then(this NpgsqlBatch batch, string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return command;
    }

    public static NpgsqlCommand Ask(this NpgsqlDataSource source, string sql) => source.CreateCommand(sql);
}

using Npgsql;

namespace ClusterMail.Store;

/// <summary>Who wants a change, as it stands beside what was changed and in the audit (ADMIN-13).</summary>
/// <param name="Name">Stands beside the thing that was changed.</param>
public sealed record Author(string Name)
{
    /// <summary>Console account; for the farm's own token <c>token</c>. Default: <see cref="Name"/>.</summary>
    public string Who { get; init; } = Name;

    /// <summary>Session, or which token; empty: the cluster itself.</summary>
    public string Means { get; init; } = "";

    /// <summary>Address the request came from; empty: none did.</summary>
    public string Source { get; init; } = "";

    /// <summary>He has the role of an auditor: what senders are not told of is set by nobody else (APPROVE-514).</summary>
    public bool IsAuditor { get; init; }

    public override string ToString() => Name;

    /// <summary>For what the cluster does of itself.</summary>
    public static implicit operator Author(string name) => new(name);
}

internal static class AuthorParameters
{
    /// <summary>Three parameters, in this order: who, means, source.</summary>
    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, Author by) => parameters.With(by.Who).With(by.Means).With(by.Source);
}

namespace ClusterMail.Admin.Contract;

/// <summary>
/// Body of every answer that is not 2xx (application/problem+json). 400 the request or a value is wrong, 401 no or wrong token, 403 no right to it, 404 there is no such thing,
/// 409 changed in the meantime, 503 the database or the cluster cannot be reached now.
/// </summary>
public sealed record Problem
{
    /// <summary>One line that stands alone on a terminal.</summary>
    public required string Title { get; init; }
    public int Status { get; init; }
    public string? Detail { get; init; }

    /// <summary>Name of the setting or table that is wrong.</summary>
    public string? Name { get; init; }

    /// <summary>1-based line and column in a table.</summary>
    public int? Line { get; init; }
    public int? Column { get; init; }

    /// <summary>Rule of the specification that was broken, for example <c>RELAY-1</c>.</summary>
    public string? Rule { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Hint { get; init; }

    /// <summary>All faults, where there are several; the first one is repeated in the members above.</summary>
    public IReadOnlyList<Fault>? Faults { get; init; }
}

/// <summary>One fault in a set of settings.</summary>
/// <param name="Name">Setting.</param>
/// <param name="Line">1-based; null when the value is a single line.</param>
public sealed record Fault(string Name, int? Line, int? Column, string Rule, string Message, string? Hint = null);

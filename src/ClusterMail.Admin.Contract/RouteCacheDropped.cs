namespace ClusterMail.Admin.Contract;

/// <summary>What to forget: one domain, or with <see cref="All"/> everything. Neither is refused: a slip must not become everything.</summary>
public sealed record RouteCacheDropRequest(string? Domain = null, bool All = false);

/// <summary>What was found out by DNS is forgotten on every node within 5 s (MXC-5).</summary>
/// <param name="Domain">Null: all of it.</param>
public sealed record RouteCacheDropped(string? Domain, string Message);

namespace ClusterMail.Admin;

/// <summary>How a shard that does not answer is spoken of.</summary>
internal static class ShardWords
{
    public const string Hint = "Look at clustermail cluster status, and try again when its database is back.";

    public static string Missing(IReadOnlyList<string> names) =>
        names.Count == 1 ? $"Shard {names[0]} does not answer" : $"Shards {string.Join(", ", names)} do not answer";

    /// <summary>For an answer that shows what the others have; empty: all answered.</summary>
    public static IReadOnlyList<string> NotShown(IReadOnlyList<string> names) => names.Count == 0 ? [] : [$"{Missing(names)}: what is there is not shown."];
}

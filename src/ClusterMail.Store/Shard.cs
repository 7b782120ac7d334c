using System.Text.RegularExpressions;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>One database of the farm: the main one, or one that keeps a part of the queue.</summary>
/// <param name="Name"><see cref="MainName"/>, or as the nodes' files call it.</param>
/// <param name="Source">A pool for statements beside the hot path.</param>
public sealed partial record Shard(string Name, NpgsqlDataSource Source)
{
    public const string MainName = "main";

    /// <summary>1 to 20 lower-case letters, digits and hyphens, a letter first, and not <see cref="MainName"/>.</summary>
    public static bool IsName(string text) => text != MainName && Form().IsMatch(text);

    [GeneratedRegex("^[a-z][a-z0-9-]{0,19}$")]
    private static partial Regex Form();
}

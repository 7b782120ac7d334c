using System.CommandLine;
using ClusterMail.Store;

namespace ClusterMail.Cli.Commands;

/// <summary><c>--shard NAME=TEXT</c>: further databases of the queue.</summary>
internal static class ShardOptions
{
    public static Option<string[]> New(string description) => new("--shard") { Description = description, HelpName = "NAME=TEXT" };

    /// <summary>In the order given.</summary>
    /// <exception cref="CommandFailure">One is no name and connection string.</exception>
    public static IReadOnlyDictionary<string, string> Read(string[]? given)
    {
        var shards = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in given ?? [])
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || !Shard.IsName(text[..at]) || text.Length == at + 1)
                throw new CommandFailure(Exit.Usage, $"a shard is written NAME=TEXT: a name of lower-case letters, digits and hyphens, not main, and a connection string, such as east=\"Host=db2;Username=clustermail;Database=clustermail\"");
            if (!shards.TryAdd(text[..at], text[(at + 1)..]))
                throw new CommandFailure(Exit.Usage, $"shard {text[..at]} is given twice");
        }
        return shards;
    }
}

namespace ClusterMail.Cli.Local;

/// <summary>What a node is started with beside its own command line, so that a drill can get at this one process.</summary>
/// <param name="Prefix">Program and arguments that start the node in their own place; empty: none.</param>
/// <param name="Environment">Variables on top of ours.</param>
public sealed record NodeDress(IReadOnlyList<string> Prefix, IReadOnlyDictionary<string, string> Environment)
{
    public static NodeDress Plain { get; } = new([], new Dictionary<string, string>());
}

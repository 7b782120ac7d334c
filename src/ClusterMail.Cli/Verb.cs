using System.CommandLine;

namespace ClusterMail.Cli;

/// <summary>One thing <c>clustermail</c> can do. Its examples are shown by <c>--help</c>: they teach faster than a list of options.</summary>
public sealed class Verb : Command
{
    public Verb(string name, string description, params IReadOnlyList<string> examples)
        : base(name, description) => Examples = examples;

    /// <summary>Complete command lines.</summary>
    public IReadOnlyList<string> Examples { get; }
}

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli;

/// <summary>The usual help, and examples after it.</summary>
internal sealed class ExampleHelp(HelpAction inner) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        inner.Invoke(parseResult);
        var examples = Of(parseResult.CommandResult.Command);
        if (examples.Count == 0)
            return Exit.Done;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(Words.Of("Examples:"));
        foreach (var example in examples)
            output.WriteLine("  " + example);
        output.WriteLine();
        return Exit.Done;
    }

    /// <summary>A noun shows the first example of each of its verbs.</summary>
    private static IReadOnlyList<string> Of(Command command) => command is Verb verb
        ? verb.Examples
        : [.. command.Subcommands.Select(sub => Of(sub).FirstOrDefault()).OfType<string>()];
}

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
        var output = parseResult.InvocationConfiguration.Output;
        output.Write(JapaneseHelp.Headings(Usual(parseResult)));
        var examples = Of(parseResult.CommandResult.Command);
        if (examples.Count == 0)
            return Exit.Done;
        output.WriteLine(Words.Of("Examples:"));
        foreach (var example in examples)
            output.WriteLine("  " + example);
        output.WriteLine();
        return Exit.Done;
    }

    private string Usual(ParseResult parseResult)
    {
        var configuration = parseResult.InvocationConfiguration;
        var output = configuration.Output;
        using var text = new StringWriter();
        try
        {
            configuration.Output = text;
            inner.Invoke(parseResult);
        }
        finally
        {
            configuration.Output = output;
        }
        return text.ToString();
    }

    /// <summary>A noun shows the first example of each of its verbs.</summary>
    private static IReadOnlyList<string> Of(Command command) => command is Verb verb
        ? verb.Examples
        : [.. command.Subcommands.Select(sub => Of(sub).FirstOrDefault()).OfType<string>()];
}

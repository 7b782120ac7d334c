using System.CommandLine;

namespace ClusterMail.Cli.Tests;

public sealed class UsageTests
{
    public static TheoryData<string> Commands => new(Walk(CommandLine.Build(), ""));

    [Theory]
    [MemberData(nameof(Commands))]
    public void CLI_help_of_every_noun_and_verb_has_an_example(string path)
    {
        using var output = new StringWriter();
        var code = CommandLine.Parse([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Invoke(new InvocationConfiguration { Output = output });
        Assert.Equal(0, code);
        var examples = output.ToString()[output.ToString().IndexOf("Examples:", StringComparison.Ordinal)..];
        Assert.Contains("clustermail " + path, examples, StringComparison.Ordinal);
    }

    [Fact]
    public void CLI_every_example_is_a_command_line_that_is_understood()
    {
        var root = CommandLine.Build();
        foreach (var example in Verbs(root).SelectMany(v => v.Examples))
        {
            var words = example.Split(" < ")[0].Split(" | ")[0].Replace("source <(", "", StringComparison.Ordinal).TrimEnd(')');
            words = words[words.IndexOf("clustermail ", StringComparison.Ordinal)..]["clustermail ".Length..];
            var errors = CommandLine.Parse([.. System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(words)]).Errors;
            Assert.True(errors is [], $"{example}: {string.Join(' ', errors.Select(e => e.Message))}");
        }
    }

    [Theory]
    [InlineData]
    [InlineData("nosuch")]
    [InlineData("queue")]
    [InlineData("queue", "nosuch")]
    [InlineData("queue", "list", "--nosuch")]
    [InlineData("queue", "list", "--limit", "0")]
    [InlineData("queue", "show")]
    [InlineData("up", "--nodes", "x")]
    [InlineData("up", "--nodes", "21")]
    [InlineData("up", "--base-port", "80")]
    [InlineData("cluster", "switch", "receive", "perhaps")]
    [InlineData("log", "inlog", "--day", "yesterday")]
    [InlineData("queue", "list", "--url", "ftp://x")]
    public async Task CLI_what_is_not_understood_ends_with_2_and_one_line(params string[] arguments)
    {
        var result = await Cli.RunAsync(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.StandardOutput);
        Assert.StartsWith("clustermail: ", result.StandardError, StringComparison.Ordinal);
        Assert.Single(result.StandardError.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("System.", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLI_an_unknown_word_is_answered_with_the_words_there_are()
    {
        var result = await Cli.RunAsync("queue", "nosuch");
        Assert.Contains("there is no 'clustermail queue nosuch'", result.StandardError, StringComparison.Ordinal);
        Assert.Contains("retry", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public void CLI_every_noun_of_the_contract_has_its_verbs()
    {
        var root = CommandLine.Build();
        Assert.Superset(Set("status drain undrain leave down leader events switch"), Subcommands(root, "cluster"));
        Assert.Superset(Set("summary list show why retry hold release bounce delete export import"), Subcommands(root, "queue"));
        Assert.Superset(Set("get set list check history diff rollback export import"), Subcommands(root, "settings"));
        Assert.Superset(Set("show edit check import export"), Subcommands(root, "route"));
        Assert.Superset(Set("show edit check import export"), Subcommands(root, "relay"));
        Assert.Superset(Set("show list add remove edit check import export"), Subcommands(root, "domain"));
        Assert.Superset(Set("inlog outlog senderlog faillog"), Subcommands(root, "log"));
        Assert.Superset(Set("migrate status"), Subcommands(root, "db"));
        Assert.Superset(Set("add kill stop pause resume start"), Subcommands(root, "node"));
        Assert.Superset(Set("trace explain up down completion"), root.Subcommands.Select(c => c.Name).ToHashSet());
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task CLI_completion_prints_a_script_that_asks_this_program(string shell)
    {
        var script = await Cli.RunAsync("completion", shell);
        Assert.Equal(0, script.ExitCode);
        Assert.Contains("[suggest:", script.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLI_completion_knows_the_verbs()
    {
        var suggested = await Cli.RunAsync("[suggest:20]", "clustermail queue re");
        Assert.Equal(["release", "retry"], suggested.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    private static HashSet<string> Set(string words) => [.. words.Split(' ')];

    private static HashSet<string> Subcommands(Command root, string noun) => [.. root.Subcommands.Single(c => c.Name == noun).Subcommands.Select(c => c.Name)];

    private static IEnumerable<string> Walk(Command command, string path) =>
        command.Subcommands.SelectMany(sub => Walk(sub, $"{path} {sub.Name}".Trim())).Append(path);

    private static IEnumerable<Verb> Verbs(Command command) => command.Subcommands.SelectMany(sub => sub is Verb verb ? [verb] : Verbs(sub));
}

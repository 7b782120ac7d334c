using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using ClusterMail.Cli.Commands;
using ClusterMail.Cli.Demo;
using ClusterMail.Cli.Drill;
using ClusterMail.Cli.Output;
using ClusterMail.Cli.Setup;

namespace ClusterMail.Cli;

/// <summary>The tree of nouns and verbs, and what becomes of what they throw.</summary>
public static class CommandLine
{
    private static readonly Option<string?> Language = LanguageOption();

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Parse(args);
        // Descriptions are translated while the tree is built.
        if (Words.Choose(parsed.GetValue(Language)))
            parsed = Parse(args);
        if (parsed.Action is ParseErrorAction)
            return Misunderstood(parsed);
        try
        {
            // SIGINT and SIGTERM cancel; then the command has a little to leave things tidy, and a drill what it takes to put a farm right.
            var tidying = parsed.CommandResult.Parent is System.CommandLine.Parsing.CommandResult { Command.Name: "drill" } ? DrillSession.TidyLimit : TimeSpan.FromSeconds(5);
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = tidying });
        }
        catch (CommandFailure failure)
        {
            return Fail(failure.Message, failure.ExitCode);
        }
        catch (OperationCanceledException)
        {
            return Fail("interrupted", Exit.Refused);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(e.Message, Exit.Refused);
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("CLUSTERMAIL_DEBUG") is null or "")
        {
            return Fail($"unexpected: {e.GetType().Name}: {e.Message} (CLUSTERMAIL_DEBUG=1 shows where)", Exit.Refused);
        }
    }

    /// <summary>Without response files: <c>@example.jp</c> is a domain here, not a file to read options from.</summary>
    public static ParseResult Parse(IReadOnlyList<string> args) => Build().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

    /// <summary>The whole tree; also for tests, which walk it.</summary>
    public static RootCommand Build()
    {
        var connection = new ConnectionOptions();
        var root = new RootCommand("ClusterMail: a farm of mail servers over one PostgreSQL.");
        connection.AddTo(root);
        root.Options.Add(Language);
        foreach (var command in Nouns(connection))
            root.Subcommands.Add(command);
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new ExampleHelp((HelpAction)option.Action!);
        if (Words.InJapanese)
            JapaneseHelp.Translate(root);
        return root;
    }

    private static Option<string?> LanguageOption()
    {
        var language = new Option<string?>("--lang") { Description = "en or ja. Default: as LC_ALL, LC_MESSAGES or LANG says.", HelpName = "LANGUAGE", Recursive = true };
        language.AcceptOnlyFromAmong("en", "ja");
        return language;
    }

    private static IReadOnlyList<Command> Nouns(ConnectionOptions connection) => Nouns(connection, new Verbs(connection));

    private static IReadOnlyList<Command> Nouns(ConnectionOptions connection, Verbs verbs) =>
    [
        new SetupCommand(connection).Build(),
        new ClusterCommands(verbs).Build(),
        new AddressCommands(verbs).Build(),
        new QueueCommands(verbs).Build(),
        new StoryCommands(verbs).Trace(),
        new StoryCommands(verbs).Explain(),
        new SettingsCommands(verbs).Build(),
        Routes(verbs),
        new TableCommands(verbs).Relay(),
        new DomainCommands(verbs).Build(),
        Accounts(verbs),
        new AliasCommands(verbs).Build(),
        new ApprovalCommands(verbs, connection).Build(),
        new TableCommands(verbs).Destination(),
        new LdapCommands(connection).Build(),
        new LockoutCommands(verbs).Build(),
        new LogCommands(verbs).Build(),
        new ImportCommands(verbs).Build(),
        new DbCommands(connection).Build(),
        new SessionCommands(connection, verbs).Login(),
        new SessionCommands(connection, verbs).Logout(),
        new SessionCommands(connection, verbs).WhoAmI(),
        new ConsoleCommands(verbs).Build(),
        new AuditCommands(verbs).Build(),
        LocalCommands.Up(connection),
        LocalCommands.Down(connection),
        LocalCommands.Node(connection),
        DemoCommand.Build(connection),
        new DrillCommand(connection).Build(),
        CompletionCommand.Build(),
    ];

    private static Command Routes(Verbs verbs)
    {
        var route = new TableCommands(verbs).Route();
        route.Add(new RouteCacheCommands(verbs).Build());
        return route;
    }

    private static Command Accounts(Verbs verbs)
    {
        var account = new AccountCommands(verbs).Build();
        account.Add(new MailboxCommands(verbs).Mailbox());
        account.Add(new MailboxCommands(verbs).Export());
        account.Add(new AccountTableCommands(verbs).Hours());
        account.Add(new AccountTableCommands(verbs).Destination());
        account.Add(new AccountTableCommands(verbs).Relay());
        return account;
    }

    private static int Misunderstood(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var path = Path(parsed.CommandResult);
        var choice = string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
        var fault = (choice, parsed.UnmatchedTokens) switch
        {
            ("", _) => string.Join(' ', parsed.Errors.Select(e => e.Message.ReplaceLineEndings(" "))),
            (_, []) => $"'{path}' needs one of: {choice}.",
            (_, [var word, ..]) => $"there is no '{path} {word}', only: {choice}.",
        };
        return Fail($"{fault} {Words.Of($"Try '{path} --help'.")}", Exit.Usage);
    }

    private static string Path(System.CommandLine.Parsing.CommandResult result) =>
        result.Parent is System.CommandLine.Parsing.CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "clustermail";

    private static int Fail(string message, int code)
    {
        Console.Error.WriteLine($"clustermail: {message}");
        return code;
    }
}

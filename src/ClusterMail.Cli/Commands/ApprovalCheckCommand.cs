using System.CommandLine;
using System.Net;
using System.Text.Json;
using ClusterMail.Cli.Output;
using ClusterMail.Cli.Placement;

namespace ClusterMail.Cli.Commands;

/// <summary><c>approval preset check</c>: the guided check of a placement (APPROVE-407).</summary>
internal sealed class ApprovalCheckCommand(ConnectionOptions connection)
{
    private readonly Option<string[]> _accounts = new("--account")
    {
        Description = "Three test accounts in this order: who sends, who approves, who receives inside. Their mailboxes get a few mails.",
        HelpName = "ADDRESS",
        Arity = ArgumentArity.OneOrMore,
        Required = true,
    };

    private readonly Option<string?> _recipient = new("--recipient") { Description = "A mailbox of yours outside, for forwarding. Default: the third account.", HelpName = "ADDRESS" };
    private readonly Option<string?> _client = new("--client-address") { Description = "Address of this machine from which the way past approval is tried (front).", HelpName = "IP" };
    private readonly Option<int> _seconds = new("--wait") { Description = "Seconds one thing may take.", HelpName = "SECONDS", DefaultValueFactory = _ => 60 };

    public Verb Build()
    {
        Numbers.Limit(_seconds, 1, 600);
        var preset = ApprovalPresetCommands.Name();
        var verb = new Verb(
            "check", "Try a placement step by step: the next hop, approval alone, forwarding alone, both. Says at which step it fails and what to do; leaves nothing in policies, held mail and queue.",
            "clustermail approval preset check local --account test1@corp.example --account test2@corp.example --account test3@corp.example",
            "clustermail approval preset check front --account test1@corp.example --account test2@corp.example --account test3@corp.example --recipient me@example.net")
        { preset, _accounts, _recipient, _client, _seconds };
        var json = Verbs.Json(verb);
        verb.SetAction(async (parsed, cancel) =>
        {
            var order = Order(parsed, parsed.GetRequiredValue(preset));
            using var client = connection.Connect(parsed);
            var isJson = parsed.GetValue(json);
            var screen = new Screen();
            var step = -1;
            var report = await new GuidedCheck(client, order, line =>
            {
                if (isJson)
                    return;
                if (line.Step != step)
                    screen.Heading(Title(step = line.Step));
                Show(screen, line);
            }).RunAsync(cancel);
            if (isJson)
                Console.Out.WriteLine(JsonSerializer.Serialize(report, CheckJson.Default.CheckReport));
            else
                screen.Line(report.Works ? Words.Of("the placement works") : Words.Say($"it failed at step {report.FailedAt}: {Words.Of(Title(report.FailedAt!.Value))}"));
            return report.Works ? Exit.Done : Exit.Refused;
        });
        return verb;
    }

    private CheckOrder Order(ParseResult parsed, string preset)
    {
        if (parsed.GetRequiredValue(_accounts) is not [var sender, var approver, var inside] || new[] { sender, approver, inside }.Distinct(StringComparer.OrdinalIgnoreCase).Count() < 3)
            throw new CommandFailure(Exit.Usage, $"the check needs three different accounts: --account SENDER --account APPROVER --account RECEIVER");
        if (parsed.GetValue(_client) is { } text && !IPAddress.TryParse(text, out _))
            throw new CommandFailure(Exit.Usage, $"'{text}' is no IP address");
        return new CheckOrder(preset, sender, approver, inside, parsed.GetValue(_recipient))
        {
            Client = parsed.GetValue(_client) is { } address ? IPAddress.Parse(address) : null,
            Patience = TimeSpan.FromSeconds(parsed.GetValue(_seconds)),
        };
    }

    private static string Title(int step) => step switch
    {
        0 => "the way to the next hop",
        1 => "step 1: approval alone",
        2 => "step 2: forwarding without approval",
        _ => "step 3: approval and forwarding",
    };

    private static void Show(Screen screen, CheckLine line)
    {
        var word = Words.Of(line.Result switch { CheckLine.Failed => "FAILED", CheckLine.Doubtful => "warning", _ => "ok" });
        screen.Labelled($"  {word,-8} ", line.Text);
        if (line.Hint is { } hint)
            screen.Labelled(new string(' ', 11), hint);
    }
}

using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Commands;

/// <summary><c>log</c>: the operators' logs in the original formats (chapter 08).</summary>
internal sealed class LogCommands(Verbs verbs)
{
    public Command Build() => new("log", "The logs of mail, in the original formats.")
    {
        Log(LogNames.In, "Mail received."),
        Log(LogNames.Out, "Mail sent to other servers."),
        Log(LogNames.Sender, "Dialogues with other servers."),
        Log(LogNames.Fail, "Mail that could not be delivered."),
    };

    private Verb Log(string log, string description)
    {
        var day = new Option<string?>("--day") { Description = "YYYY-MM-DD. Default: today.", HelpName = "DAY" };
        day.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
                result.AddError($"--day takes a day like 2026-01-31, not '{text}'.");
        });
        var node = new Option<string?>("--node") { Description = "Only of this node. Default: all, merged by time.", HelpName = "NAME" };
        return verbs.Acting(
            new Verb(log, description, $"clustermail log {log}", $"clustermail log {log} --day 2026-01-31 --node n2") { day, node },
            async (client, parsed, cancel) =>
            {
                await using var output = Console.OpenStandardOutput();
                await client.CopyAsync(Verbs.Query(Routes.Fill(Routes.Log, log), ("day", parsed.GetValue(day)), ("node", parsed.GetValue(node))), output, cancel);
            });
    }
}

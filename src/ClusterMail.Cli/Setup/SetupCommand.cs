using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Setup;

/// <summary><c>setup</c>: what a new cluster must know, asked once, or read from a file (ADMIN-2 to ADMIN-4). Saved as one version, after a summary and a yes.</summary>
internal sealed class SetupCommand(ConnectionOptions connection)
{
    public Verb Build()
    {
        var file = new Option<string?>("--file") { Description = "Answers from a file instead of questions; - is standard input. --example prints one.", HelpName = "ANSWERS" };
        var example = new Option<bool>("--example") { Description = "Print a file of answers to begin with." };
        var yes = Verbs.Yes();
        var verb = new Verb(
            "setup", "Set up a new cluster (簡単セットアップウィザード): DNS servers, operated domains, host name, administrator. What is set already stays.",
            "clustermail setup", "clustermail setup --lang ja", "clustermail setup --example", "clustermail setup --file answers.json --yes") { file, example, yes };
        verb.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(example))
                await Console.Out.WriteAsync(SetupAnswers.Example);
            else
            {
                using var client = connection.Connect(parsed);
                await RunAsync(client, parsed.GetValue(file), parsed.GetValue(yes), cancel);
            }
            return Exit.Done;
        });
        return verb;
    }

    private static async Task RunAsync(AdminClient client, string? file, bool yes, CancellationToken cancel)
    {
        var current = (await client.GetAsync(Verbs.Query(Routes.Settings, ("changed", "true")), AdminJson.Default.SettingsList, cancel)).Value;
        SetupDialogue? dialogue = null;
        SetupAnswers answers;
        if (file is not null)
            answers = Complete(current, SetupAnswers.Read(await Verbs.ReadTextAsync(file, cancel), file));
        else
        {
            dialogue = new SetupDialogue(current, (name, value) => JudgeAsync(client, name, value, cancel), Console.In, Console.Out);
            answers = await dialogue.AskAsync();
        }
        var plan = SetupPlan.Of(current, answers);
        var screen = new Screen();
        foreach (var kept in plan.Kept)
            screen.Warning(kept);
        if (plan.Changes.Count == 0)
        {
            screen.Line(Words.Say($"everything is set up already; version {plan.Version} stays"));
            return;
        }
        var change = new SettingsChange(plan.Version, plan.Changes, "setup");
        var checkedChange = await client.SendAsync(HttpMethod.Post, Routes.SettingsCheck, change, AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved, cancel);
        screen.Line(Words.Of("This will be saved as one version:"));
        Verbs.Changes(screen, checkedChange.Value.Changes);
        if (dialogue is null)
            Verbs.Confirm(yes, Words.Of("Save this?"));
        else if (!yes && !dialogue.Confirms())
            throw new CommandFailure($"cancelled: nothing was changed");
        var saved = await client.SendAsync(HttpMethod.Post, Routes.Settings, change, AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved, cancel);
        screen.Line(Words.Say($"saved as version {saved.Value.Version}; every node has it within 5 s"));
        screen.Line(Words.Of("Next: 'clustermail account add', 'clustermail route edit', 'clustermail relay edit'; 'clustermail explain' says what a mail would meet."));
    }

    /// <summary>CONF-12, CONF-14: required, unless they are set already.</summary>
    private static SetupAnswers Complete(SettingsList current, SetupAnswers answers)
    {
        foreach (var (name, answer, key) in (ReadOnlySpan<(string, string?, string)>)[(SetupPlan.HostName, answers.HostName, "hostName"), (SetupPlan.AdminAddress, answers.AdminAddress, "adminAddress")])
            if (string.IsNullOrWhiteSpace(answer) && SetupPlan.Value(current, name).Length == 0)
                throw new CommandFailure($"the answers lack {key}, and {name} is not set yet. Nothing was done");
        return answers;
    }

    private static async Task<string?> JudgeAsync(AdminClient client, string name, string value, CancellationToken cancel)
    {
        try
        {
            await client.SendAsync(
                HttpMethod.Post, Routes.SettingsCheck, new SettingsChange(null, [new SettingChange(name, value)]), AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved, cancel);
            return null;
        }
        catch (CommandFailure refused) when (refused.ExitCode == Exit.Refused)
        {
            return refused.Message;
        }
    }
}

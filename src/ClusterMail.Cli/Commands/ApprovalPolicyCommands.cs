using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>approval policy</c>: the <c>sender.dat</c> of accounts and domains, every version kept. That of the whole system is <c>clustermail destination</c>.</summary>
internal sealed class ApprovalPolicyCommands(Verbs verbs)
{
    public Command Build() => new("policy", "Which mail of an account or a domain needs approval, and whose (sender.dat). For the whole system: clustermail destination.")
    {
        List(), Show(), Edit(), Check(), new ApprovalWhatIfCommand(verbs).Build(), History(), Import(), Export(),
    };

    private Verb List() => verbs.Reading(
        new Verb("list", "Accounts and domains that have a policy.", "clustermail approval policy list"), _ => Routes.ApprovalPolicies, AdminJson.Default.PolicyList, (screen, list) =>
        {
            if (list.Policies.Count == 0)
            {
                screen.Line(Words.Of("nothing found"));
                return;
            }

            var sheet = new Sheet(new("Owner", Flexible: true), new("Version", Right: true), new("Lines", Right: true), new("Draft"), new("Saved"), new("By"), new("Comment", Flexible: true, Optional: true));
            foreach (var policy in list.Policies)
                sheet.Add(policy.Owner, $"{policy.Version}", $"{policy.Lines}", policy.Draft ? Words.Of("draft") : "", Ages.Clock(policy.SavedAt), policy.SavedBy, policy.Comment);
            sheet.Print(screen);
        });

    private Verb Show()
    {
        var owner = Owner();
        var version = new Option<long?>("--version") { Description = "An older one. Default: the one in force.", HelpName = "N" };
        return verbs.Reading(
            new Verb("show", "Print a policy as it was written.", "clustermail approval policy show user2@corp.example", "clustermail approval policy show corp.example --version 3") { owner, version },
            parsed => Verbs.Query(Path(parsed.GetRequiredValue(owner)), ("version", parsed.GetValue(version)?.ToString(CultureInfo.InvariantCulture))), AdminJson.Default.PolicyText, (screen, text) => TableCommands.Print(screen, text.Text));
    }

    private Verb Edit()
    {
        var owner = Owner();
        var comment = Comment();
        return verbs.Acting(
            new Verb("edit", "Open a policy in $VISUAL or $EDITOR and save it when the editor ends. After a fault your text is kept in a file.", "EDITOR=nano clustermail approval policy edit user2@corp.example") { owner, comment },
            async (client, parsed, cancel) =>
            {
                var name = parsed.GetRequiredValue(owner);
                var before = (await client.GetAsync(Path(name), AdminJson.Default.PolicyText, cancel)).Value;
                var newest = (await client.GetAsync(Routes.Fill(Routes.ApprovalPolicyHistory, name), AdminJson.Default.PolicyHistory, cancel)).Value.Versions;
                var file = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"clustermail-policy-{System.IO.Path.GetRandomFileName()}.txt");
                Local.PrivateFile.Replace(file, before.Text);
                await Editor.OpenAsync(file, cancel);
                var text = await File.ReadAllTextAsync(file, cancel);
                if (text == before.Text)
                    new Screen().Line(Words.Of("nothing changed"));
                else
                    await SaveEditedAsync(client, name, new PolicySave(text, newest.Count > 0 ? newest[0].Version : 0, parsed.GetValue(comment)), file, cancel);
                File.Delete(file);
            });
    }

    private static async Task SaveEditedAsync(AdminClient client, string owner, PolicySave save, string file, CancellationToken cancel)
    {
        try
        {
            await SaveAsync(client, owner, save, cancel);
        }
        catch (CommandFailure refused)
        {
            throw new CommandFailure(refused.ExitCode, $"{refused.Message}\nYour text is in {file}: correct it, then 'clustermail approval policy import {owner} {file}'.");
        }
    }

    private Verb Check()
    {
        var (owner, file) = (Owner(), FileArgument());
        return verbs.Acting(
            new Verb("check", "Would this policy be accepted? Faults are shown with line and column. Nothing is saved.", "clustermail approval policy check user2@corp.example sender.dat") { owner, file },
            async (client, parsed, cancel) =>
            {
                var save = new PolicySave(await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel));
                var path = Routes.Fill(Routes.ApprovalPolicyCheck, parsed.GetRequiredValue(owner));
                Notes((await client.SendAsync(HttpMethod.Post, path, save, AdminJson.Default.PolicySave, AdminJson.Default.PolicySaved, cancel)).Value);
                new Screen().Line(Words.Of("good"));
            });
    }

    private Verb History()
    {
        var owner = Owner();
        return verbs.Reading(
            new Verb("history", "All versions of a policy, newest first, each with what changed.", "clustermail approval policy history user2@corp.example") { owner },
            parsed => Routes.Fill(Routes.ApprovalPolicyHistory, parsed.GetRequiredValue(owner)), AdminJson.Default.PolicyHistory, (screen, history) =>
            {
                for (var i = 0; i < history.Versions.Count; i++)
                {
                    var version = history.Versions[i];
                    screen.Heading($"{version.Version}  {Ages.Clock(version.SavedAt)}  {version.SavedBy}{(version.Draft ? $"  ({Words.Of("draft")})" : "")}  {version.Comment}");
                    foreach (var (mark, line) in LineDifference.Between(i + 1 < history.Versions.Count ? history.Versions[i + 1].Text : "", version.Text))
                        screen.Line($"  {mark} {line}");
                }
            });
    }

    private Verb Import()
    {
        var (owner, file, comment) = (Owner(), FileArgument(), Comment());
        var basis = new Option<long?>("--base") { Description = "Only if this is still the newest version. Default: whatever is newest is replaced.", HelpName = "VERSION" };
        var draft = new Option<bool>("--draft") { Description = "Save it although it has errors, without putting it in force." };
        return verbs.Acting(
            new Verb("import", "Replace a policy by a file.", "clustermail approval policy import user2@corp.example sender.dat", "clustermail approval policy import corp.example --base 7 - < sender.dat") { owner, file, basis, comment, draft },
            async (client, parsed, cancel) => await SaveAsync(client, parsed.GetRequiredValue(owner), new PolicySave(
                await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel), parsed.GetValue(basis), parsed.GetValue(comment), parsed.GetValue(draft)), cancel));
    }

    private Verb Export()
    {
        var owner = Owner();
        var output = new Option<string?>("--to") { Description = "File. Default: standard output.", HelpName = "FILE" };
        return verbs.Acting(
            new Verb("export", "Write a policy to a file, as it was written.", "clustermail approval policy export user2@corp.example --to sender.dat") { owner, output },
            async (client, parsed, cancel) =>
            {
                var text = (await client.GetAsync(Path(parsed.GetRequiredValue(owner)), AdminJson.Default.PolicyText, cancel)).Value.Text;
                if (parsed.GetValue(output) is { } file)
                    await File.WriteAllTextAsync(file, text, cancel);
                else
                    await Console.Out.WriteAsync(text);
            });
    }

    private static async Task SaveAsync(AdminClient client, string owner, PolicySave save, CancellationToken cancel)
    {
        var saved = (await client.SendAsync(HttpMethod.Put, Path(owner), save, AdminJson.Default.PolicySave, AdminJson.Default.PolicySaved, cancel)).Value;
        new Screen().Line(Words.Say($"saved as version {saved.Version}{(saved.Draft ? ", a draft: not in force" : "")}"));
        Notes(saved);
    }

    private static void Notes(PolicySaved saved)
    {
        foreach (var note in saved.Notes)
            new Screen().Warning("note: " + note);
    }

    private static string Path(string owner) => Routes.Fill(Routes.ApprovalPolicy, owner);

    private static Argument<string> Owner() => new("OWNER") { Description = "An account, user2@corp.example, or a domain, corp.example." };

    private static Argument<string> FileArgument() => new("FILE") { Description = "Text file; - is standard input." };

    private static Option<string?> Comment() => new("--comment") { Description = "For the history.", HelpName = "TEXT" };
}

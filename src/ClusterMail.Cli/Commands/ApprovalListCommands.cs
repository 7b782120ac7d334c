using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>approval keywords</c> and <c>approval group</c>: what lines of a policy refer to.</summary>
internal sealed class ApprovalListCommands(Verbs verbs)
{
    public Command Keywords() => new("keywords", "Keyword lists that lines refer to with file= and list=.") { ListKeywords(), ShowKeywords(), ImportKeywords(), RemoveKeywords() };

    public Command Groups() => new("group", "Groups of approvers that lines refer to with @name.") { ListGroups(), SetGroup(), RemoveGroup() };

    private Verb ListKeywords() => verbs.Reading(
        new Verb("list", "All keyword lists.", "clustermail approval keywords list"), _ => Routes.ApprovalKeywords, AdminJson.Default.KeywordLists, (screen, lists) =>
        {
            var sheet = new Sheet(new("Owner", Flexible: true), new("Name"), new("Lines", Right: true));
            foreach (var list in lists.Lists)
                sheet.Add(list.Owner ?? "-", list.Name, $"{list.Text.AsSpan().Count('\n') + 1}");
            if (sheet.Count == 0)
                screen.Line(Words.Of("nothing found"));
            else
                sheet.Print(screen);
        });

    private Verb ShowKeywords()
    {
        var (name, owner) = (ListName(), Owner());
        return verbs.Acting(new Verb("show", "The words of a list.", "clustermail approval keywords show keyword.txt --owner user2@corp.example") { name, owner }, async (client, parsed, cancel) =>
        {
            var lists = (await client.GetAsync(Routes.ApprovalKeywords, AdminJson.Default.KeywordLists, cancel)).Value.Lists;
            var found = lists.FirstOrDefault(list => list.Name.Equals(parsed.GetRequiredValue(name), StringComparison.OrdinalIgnoreCase)
                && string.Equals(list.Owner ?? "", parsed.GetValue(owner) ?? "", StringComparison.OrdinalIgnoreCase));
            TableCommands.Print(new Screen(), (found ?? throw new CommandFailure($"there is no such list: 'clustermail approval keywords list' shows them")).Text);
        });
    }

    private Verb ImportKeywords()
    {
        var (name, owner) = (ListName(), Owner());
        var file = new Argument<string>("FILE") { Description = "Text file, one word a line; - is standard input." };
        return verbs.Acting(new Verb("import", "Replace a list by a file.", "clustermail approval keywords import keyword.txt words.txt --owner user2@corp.example") { name, file, owner }, async (client, parsed, cancel) =>
            await SaveAsync(client, new KeywordEntry(parsed.GetValue(owner) ?? "", parsed.GetRequiredValue(name), await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel)), cancel));
    }

    private Verb RemoveKeywords()
    {
        var (name, owner, yes) = (ListName(), Owner(), Verbs.Yes());
        return verbs.Acting(new Verb("remove", "Remove a list. Lines that refer to it hold every mail they match.", "clustermail approval keywords remove keyword.txt --yes") { name, owner, yes }, async (client, parsed, cancel) =>
        {
            Verbs.Confirm(parsed.GetValue(yes), Words.Of($"Lines that refer to {parsed.GetRequiredValue(name)} will hold every mail they match. Go on?"));
            await SaveAsync(client, new KeywordEntry(parsed.GetValue(owner) ?? "", parsed.GetRequiredValue(name), ""), cancel);
        });
    }

    private static async Task SaveAsync(AdminClient client, KeywordEntry list, CancellationToken cancel) =>
        new Screen().Line((await client.SendAsync(HttpMethod.Put, Routes.ApprovalKeywords, list, AdminJson.Default.KeywordEntry, AdminJson.Default.ApprovalDone, cancel)).Value.Text);

    private Verb ListGroups() => verbs.Reading(
        new Verb("list", "All groups of approvers.", "clustermail approval group list"), _ => Routes.ApprovalGroups, AdminJson.Default.ApproverGroups, (screen, groups) =>
        {
            var sheet = new Sheet(new("Name"), new("Members", Flexible: true));
            foreach (var group in groups.Groups)
                sheet.Add($"@{group.Name}", string.Join(", ", group.Members));
            if (sheet.Count == 0)
                screen.Line(Words.Of("nothing found"));
            else
                sheet.Print(screen);
        });

    private Verb SetGroup()
    {
        var name = new Argument<string>("NAME") { Description = "Without the @." };
        var members = new Argument<string[]>("MEMBERS") { Description = "Accounts.", Arity = ArgumentArity.OneOrMore };
        return verbs.Acting(new Verb("set", "Set the members of a group.", "clustermail approval group set sales-heads bucho@corp.example kacho@corp.example") { name, members }, (client, parsed, cancel) =>
            SaveAsync(client, new ApproverGroupEntry(parsed.GetRequiredValue(name), parsed.GetRequiredValue(members)), cancel));
    }

    private Verb RemoveGroup()
    {
        var name = new Argument<string>("NAME") { Description = "Without the @." };
        return verbs.Acting(new Verb("remove", "Remove a group.", "clustermail approval group remove sales-heads") { name }, (client, parsed, cancel) =>
            SaveAsync(client, new ApproverGroupEntry(parsed.GetRequiredValue(name), []), cancel));
    }

    private static async Task SaveAsync(AdminClient client, ApproverGroupEntry group, CancellationToken cancel) =>
        new Screen().Line((await client.SendAsync(HttpMethod.Put, Routes.ApprovalGroups, group, AdminJson.Default.ApproverGroupEntry, AdminJson.Default.ApprovalDone, cancel)).Value.Text);

    private static Argument<string> ListName() => new("NAME") { Description = "Base name of the file: keyword.txt." };

    private static Option<string?> Owner() => new("--owner") { Description = "Account or domain it belongs to. Default: the whole system.", HelpName = "OWNER" };
}

using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;
using Spectre.Console;

namespace ClusterMail.Cli.Commands;

/// <summary><c>account upstream</c>: what an account has at the next server, for routes with <c>per-user</c> or <c>oauth</c>.</summary>
internal sealed class AccountUpstreamCommands(Verbs verbs)
{
    public Command Build() => new("upstream", "An account's login at the next server, for routes with per-user or oauth. Its secret is never shown.") { Set(), Show(), Remove(), Import() };

    private Verb Set()
    {
        var address = Address();
        var user = new Option<string?>("--user") { Description = "Name at the next server. Default: the address.", HelpName = "NAME" };
        var stdin = PasswordInput.Stdin();
        return verbs.Acting(
            new Verb(
                "set", "Set an account's login at the next server: a password, or a token for routes with oauth. It is asked for; it never stands on the command line.",
                "clustermail account upstream set taro@example.jp", "clustermail account upstream set taro@example.jp --user taro-yamada --password-stdin < password.txt")
            { address, user, stdin },
            async (client, parsed, cancel) =>
            {
                var body = new UpstreamLogin(await PasswordInput.ReadAsync(parsed.GetValue(stdin), cancel), parsed.GetValue(user));
                var done = await client.SendAsync(HttpMethod.Put, Path(parsed.GetRequiredValue(address)), body, AdminJson.Default.UpstreamLogin, AdminJson.Default.AccountDone, cancel);
                new Screen().Line(Words.Of($"the upstream login of {done.Value.Address} was set"));
            });
    }

    private Verb Show()
    {
        var address = Address();
        return verbs.Reading(
            new Verb("show", "An account's login at the next server, and how it fares. The secret is never shown.", "clustermail account upstream show taro@example.jp", "clustermail account upstream show taro@example.jp --json") { address },
            parsed => Path(parsed.GetRequiredValue(address)), AdminJson.Default.UpstreamEntry, Show);
    }

    private static void Show(Screen screen, UpstreamEntry entry)
    {
        screen.Heading(entry.Address);
        foreach (var (label, text) in ((string, string)[])
        [
            ("Login", entry.User ?? Words.Of("none: mail of this account waits where a route wants one")),
            ("State", State(entry)), ("Last refusal", entry.LastReply.Length == 0 ? Words.Of("none") : entry.LastReply),
            ("Sent this hour", $"{entry.SentThisHour}"), ("Changed", entry.ChangedAt is { } at ? $"{Ages.Clock(at)} {entry.ChangedBy}" : "-"),
        ])
            screen.Labelled($"  {Padded(Words.Of(label))} ", text);
    }

    private static string State(UpstreamEntry entry) => entry switch
    {
        { User: null } => "-",
        { BlockedUntil: { } until } => Words.Of($"refused {entry.Failures} times, not tried before {Ages.Clock(until)}"),
        { Failures: > 0 } => Words.Of($"refused {entry.Failures} times"),
        { Taken: true } => Words.Of("taken by the next server"),
        _ => Words.Of("not tried yet"),
    };

    private Verb Remove()
    {
        var address = Address();
        var yes = Verbs.Yes();
        return verbs.Acting(
            new Verb("remove", "Take an account's login at the next server away. Its mail then waits where a route wants one.", "clustermail account upstream remove taro@example.jp --yes") { address, yes },
            async (client, parsed, cancel) =>
            {
                var who = parsed.GetRequiredValue(address);
                Verbs.Confirm(parsed.GetValue(yes), Words.Of($"remove the upstream login of {who}?"));
                var done = await client.SendAsync(HttpMethod.Delete, Path(who), AdminJson.Default.AccountDone, cancel);
                new Screen().Line(Words.Of($"the upstream login of {done.Value.Address} was removed"));
            });
    }

    private Verb Import()
    {
        var file = new Argument<string>("FILE") { Description = "Lines address,name,password; an empty name is the address. - is standard input." };
        return verbs.Acting(
            new Verb(
                "import", "Set the logins of many accounts at the next server, all or none. Keep such a file private, and delete it afterwards.",
                "clustermail account upstream import logins.csv", "clustermail account upstream import - < logins.csv")
            { file },
            async (client, parsed, cancel) =>
            {
                var body = new UpstreamImport(await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel));
                var done = await client.SendAsync(HttpMethod.Post, Routes.UpstreamImport, body, AdminJson.Default.UpstreamImport, AdminJson.Default.UpstreamImported, cancel);
                new Screen().Line(Words.Of($"{done.Value.Count} upstream logins were set"));
            });
    }

    private static string Path(string address) => Routes.Fill(Routes.AccountUpstream, address);

    private static Argument<string> Address() => new("ADDRESS") { Description = "For example taro@example.jp." };

    private static string Padded(string label) => label + new string(' ', Math.Max(0, 14 - label.GetCellWidth()));
}

using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;
using Spectre.Console;

namespace ClusterMail.Cli.Commands;

/// <summary><c>console</c>: who may administer the farm, and with which role (ADMIN-12).</summary>
internal sealed class ConsoleCommands(Verbs verbs)
{
    public Command Build() => new("console", "Console accounts: who may administer the farm, with which role.")
    {
        Add(), Set(), List(), Show(), Remove(), Password(), Unlock(),
        Switch("suspend", "Let a console account in no more, and end its sessions.", true), Switch("resume", "Let a suspended console account in again.", false),
        new ConsoleTokenCommands(verbs).Build(), new SecondFactorCommands(verbs).Build(),
    };

    private Verb Add()
    {
        var (name, role, domain, stdin) = (Name(), Roles.Option(required: true), Roles.Domains(), PasswordInput.Stdin());
        var none = new Option<bool>("--no-password") { Description = "Without a password: it cannot log in until one is set; its tokens open." };
        return verbs.Acting(
            new Verb(
                "add", "Create a console account. The password, at least 12 characters, is asked for; it never stands on the command line.",
                "clustermail console add hanako --role cluster-admin", "clustermail console add jiro --role domain-admin --domain a.example --domain b.example",
                "clustermail console add backup --role auditor --no-password")
            { name, role, domain, stdin, none },
            async (client, parsed, cancel) =>
            {
                var password = parsed.GetValue(none) ? null : await PasswordInput.ReadAsync(parsed.GetValue(stdin), cancel);
                var add = new ConsoleAdd(parsed.GetRequiredValue(name), parsed.GetRequiredValue(role), Given(parsed.GetValue(domain)), password);
                Say(await client.SendAsync(HttpMethod.Post, Routes.ConsoleAccounts, add, AdminJson.Default.ConsoleAdd, AdminJson.Default.ConsoleDone, cancel));
            });
    }

    private Verb Set()
    {
        var (name, role, domain) = (Name(), Roles.Option(required: false), Roles.Domains());
        return verbs.Acting(
            new Verb(
                "set", "Give a console account other roles, or other domains; what is given replaces what it had, in force with its next request.", "clustermail console set jiro --role operator",
                "clustermail console set jiro --role domain-admin --domain a.example")
            { name, role, domain },
            async (client, parsed, cancel) =>
            {
                var change = new ConsoleChange(Given(parsed.GetValue(role)), Given(parsed.GetValue(domain)));
                if (change is { Roles: null, Domains: null })
                    throw new CommandFailure(Exit.Usage, $"what shall change? Give --role or --domain");
                await ChangeAsync(client, parsed.GetRequiredValue(name), change, cancel);
            });
    }

    private Verb Switch(string verb, string description, bool suspended)
    {
        var name = Name();
        return verbs.Acting(
            new Verb(verb, description, $"clustermail console {verb} jiro") { name },
            (client, parsed, cancel) => ChangeAsync(client, parsed.GetRequiredValue(name), new ConsoleChange(Suspended: suspended), cancel));
    }

    private static async Task ChangeAsync(AdminClient client, string name, ConsoleChange change, CancellationToken cancel) => Say(
        await client.SendAsync(HttpMethod.Patch, Routes.Fill(Routes.ConsoleAccount, name), change, AdminJson.Default.ConsoleChange, AdminJson.Default.ConsoleDone, cancel));

    private Verb List() => verbs.Reading(
        new Verb("list", "Console accounts by name.", "clustermail console list", "clustermail console list --json"), _ => Routes.ConsoleAccounts, AdminJson.Default.ConsoleAccountList, (screen, list) =>
        {
            if (list.Accounts.Count == 0)
            {
                screen.Line(Words.Of("no console account yet: the farm's own token opens everything. Add one with 'clustermail console add NAME --role cluster-admin'"));
                return;
            }

            var sheet = new Sheet(new("Name"), new("Roles", Flexible: true), new("State"), new("Second factor"), new("Last login", Optional: true), new("Tokens", Right: true, Optional: true));
            foreach (var account in list.Accounts)
                sheet.Add(
                    account.Name, Roles.Text(account.Roles, account.Domains), Words.Of(State(account)), Words.Of(account.SecondFactor ? "yes" : "no"),
                    account.LastLoginAt is { } at ? Ages.Clock(at) : "-", $"{account.Tokens}");
            sheet.Print(screen);
        });

    private Verb Show()
    {
        var name = Name();
        return verbs.Reading(
            new Verb("show", "One console account. Passwords are never shown.", "clustermail console show hanako", "clustermail console show hanako --json") { name },
            parsed => Routes.Fill(Routes.ConsoleAccount, parsed.GetRequiredValue(name)), AdminJson.Default.ConsoleAccount, Show);
    }

    private static void Show(Screen screen, ConsoleAccount account)
    {
        screen.Heading(account.Name);
        foreach (var (label, text) in ((string, string)[])
        [
            ("Roles", Roles.Text(account.Roles, account.Domains)), ("State", Words.Of(State(account)) + (account.LockedUntil is { } until ? $" {Ages.Clock(until)}" : "")),
            ("Password", account.PasswordAt is { } at ? Words.Of($"set {Ages.Clock(at)}") : Words.Of("none: it cannot log in")),
            ("Second factor", Words.Of(account.SecondFactor ? "yes" : "no")), ("Last login", account.LastLoginAt is { } last ? Ages.Clock(last) : "-"),
            ("Sessions", $"{account.Sessions}"), ("Tokens", $"{account.Tokens}"), ("Created", Ages.Clock(account.CreatedAt)), ("Changed", $"{Ages.Clock(account.ChangedAt)} {account.ChangedBy}"),
        ])
            screen.Labelled($"  {Words.Of(label)}{new string(' ', Math.Max(0, 14 - Words.Of(label).GetCellWidth()))} ", text);
    }

    private static string State(ConsoleAccount account) =>
        account.Suspended ? "suspended" : account.LockedUntil is not null ? "locked until" : account.PasswordAt is null ? "no password" : "in force";

    private Verb Remove()
    {
        var (name, yes) = (Name(), Verbs.Yes());
        return verbs.Acting(new Verb("remove", "Remove a console account with its sessions and tokens. What it did stays in the audit.", "clustermail console remove jiro --yes") { name, yes },
            async (client, parsed, cancel) =>
            {
                var who = parsed.GetRequiredValue(name);
                Verbs.Confirm(parsed.GetValue(yes), Words.Of($"remove {who}?"));
                Say(await client.SendAsync(HttpMethod.Delete, Routes.Fill(Routes.ConsoleAccount, who), AdminJson.Default.ConsoleDone, cancel));
            });
    }

    private Verb Password()
    {
        var name = OwnOr();
        var stdin = new Option<bool>("--password-stdin") { Description = "Take the password from standard input; whoever sets his own gives the present one in the first line, the new one in the second." };
        return verbs.Acting(
            new Verb("password", "Set a password, and end the account's other sessions. Your own, when no name is given: then the present one is asked for too.", "clustermail console password", "clustermail console password jiro")
            { name, stdin },
            async (client, parsed, cancel) =>
            {
                var (who, own) = await WhoAsync(client, parsed.GetValue(name), cancel);
                using var input = new SecretInput(parsed.GetValue(stdin));
                var current = own ? await input.NextAsync(Words.Of("Present password: "), twice: false, optional: false, cancel) : null;
                var body = new ConsolePassword(await input.NextAsync(Words.Of("New password: "), twice: true, optional: false, cancel), current);
                Say(await client.SendAsync(HttpMethod.Put, Routes.Fill(Routes.ConsolePassword, who), body, AdminJson.Default.ConsolePassword, AdminJson.Default.ConsoleDone, cancel));
            });
    }

    private Verb Unlock()
    {
        var name = Name();
        return verbs.Acting(
            new Verb("unlock", "Let in an account at once that five failed logins have locked for 15 minutes.", "clustermail console unlock hanako") { name },
            async (client, parsed, cancel) => Say(await client.SendAsync(
                HttpMethod.Post, Routes.Fill(Routes.ConsoleUnlock, parsed.GetRequiredValue(name)), AdminJson.Default.ConsoleDone, cancel)));
    }

    public static void Say(Answer<ConsoleDone> done) => new Screen().Line(done.Value.Message);

    public static Argument<string> Name() => new("NAME") { Description = "Of the console account; letters, digits and . - _ + @." };

    public static Argument<string?> OwnOr() => new("NAME") { Description = "Of the console account. Default: your own.", Arity = ArgumentArity.ZeroOrOne };

    /// <summary>The account meant, and whether it is that of the session.</summary>
    public static async Task<(string Name, bool Own)> WhoAsync(AdminClient client, string? name, CancellationToken cancel)
    {
        var me = (await client.GetAsync(Routes.Session, AdminJson.Default.WhoAmI, cancel)).Value;
        if (name is null && me.Name == "token")
            throw new CommandFailure(Exit.Usage, $"the farm's own token is no console account: name one, or log in with 'clustermail login'");
        return (name ?? me.Name, name is null || string.Equals(name, me.Name, StringComparison.OrdinalIgnoreCase));
    }

    private static string[]? Given(string[]? values) => values is { Length: > 0 } ? values : null;
}

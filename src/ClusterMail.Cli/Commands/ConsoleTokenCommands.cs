using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>console token</c>: for programs, which cannot log in.</summary>
internal sealed class ConsoleTokenCommands(Verbs verbs)
{
    public Command Build() => new("token", "Tokens of console accounts, for programs.") { Add(), List(), Revoke() };

    private Verb Add()
    {
        var (token, account) = (Token(), Account());
        var days = new Option<int?>("--days") { Description = "It expires after so many days, 1 to 3650. Default: never.", HelpName = "N" };
        return verbs.Acting(
            new Verb("add", "Make a token. It is printed once, on a line of its own, and never shown again.", "clustermail console token add nightly-export --days 365", "clustermail console token add monitor --account robot") { token, account, days },
            async (client, parsed, cancel) =>
            {
                var (who, _) = await ConsoleCommands.WhoAsync(client, parsed.GetValue(account), cancel);
                var add = new ConsoleTokenAdd(parsed.GetRequiredValue(token), parsed.GetValue(days));
                var made = (await client.SendAsync(
                    HttpMethod.Post, Routes.Fill(Routes.ConsoleTokens, who), add, AdminJson.Default.ConsoleTokenAdd, AdminJson.Default.ConsoleTokenMade, cancel)).Value;
                Console.Error.WriteLine(made.ExpiresAt is { } ends
                    ? Words.Say($"token {made.Name} of {who}, until {Ages.Clock(ends)}; it is not shown again:") : Words.Say($"token {made.Name} of {who}, without end; it is not shown again:"));
                Console.Out.WriteLine(made.Token);
            });
    }

    private Verb List()
    {
        var account = Account();
        var verb = new Verb("list", "Tokens of a console account: when they were made, used, and when they expire.", "clustermail console token list", "clustermail console token list --account robot --json") { account };
        var json = Verbs.Json(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var (who, _) = await ConsoleCommands.WhoAsync(client, parsed.GetValue(account), cancel);
            Verbs.Show(await client.GetAsync(Routes.Fill(Routes.ConsoleTokens, who), AdminJson.Default.ConsoleTokenList, cancel), parsed.GetValue(json), Show);
        });
    }

    private static void Show(Screen screen, ConsoleTokenList list)
    {
        if (list.Tokens.Count == 0)
        {
            screen.Line(Words.Of("nothing found"));
            return;
        }

        var sheet = new Sheet(new("Token", Flexible: true), new("Created"), new("Used"), new("Until"));
        foreach (var token in list.Tokens)
            sheet.Add(token.Name, Ages.Clock(token.CreatedAt), token.UsedAt is { } used ? Ages.Clock(used) : "-", token.ExpiresAt is { } ends ? Ages.Clock(ends) : Words.Of("for ever"));
        sheet.Print(screen);
    }

    private Verb Revoke()
    {
        var (token, account) = (Token(), Account());
        return verbs.Acting(
            new Verb("revoke", "Take a token out of force, on all nodes at once.", "clustermail console token revoke nightly-export", "clustermail console token revoke monitor --account robot") { token, account },
            async (client, parsed, cancel) =>
            {
                var (who, _) = await ConsoleCommands.WhoAsync(client, parsed.GetValue(account), cancel);
                ConsoleCommands.Say(await client.SendAsync(HttpMethod.Delete, Routes.Fill(Routes.ConsoleToken, who, parsed.GetRequiredValue(token)), AdminJson.Default.ConsoleDone, cancel));
            });
    }

    private static Argument<string> Token() => new("TOKEN") { Description = "A name for it: what it is used for." };

    private static Option<string?> Account() => new("--account") { Description = "Of this console account. Default: your own.", HelpName = "NAME" };
}

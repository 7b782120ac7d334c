using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>ldap</c>: the directory that proves passwords of domains with <c>login=ldap</c> (STORE-2).</summary>
internal sealed class LdapCommands(ConnectionOptions connection)
{
    public Command Build() => new("ldap", "The directory that proves passwords of domains with login=ldap.") { Test() };

    private Verb Test()
    {
        var address = new Argument<string?>("ADDRESS") { Description = "An account, to go on with search and group. Default: servers, TLS and bind alone.", Arity = ArgumentArity.ZeroOrOne };
        var login = new Option<bool>("--login") { Description = "Ask for the account's password and try it too." };
        var stdin = PasswordInput.Stdin();
        var verb = new Verb(
            "test", "Try the directory step by step: connection, TLS, bind, search, group, password; and what to do where it ends.",
            "clustermail ldap test", "clustermail ldap test taro@example.jp", "clustermail ldap test taro@example.jp --login") { address, login, stdin };
        var json = Verbs.Json(verb);
        verb.SetAction(async (parsed, cancel) =>
        {
            var asked = parsed.GetValue(login) || parsed.GetValue(stdin);
            if (asked && parsed.GetValue(address) is null)
                throw new CommandFailure(Exit.Usage, $"a password belongs to an account: name its ADDRESS");
            var password = !asked ? null : parsed.GetValue(stdin) ? await PasswordInput.ReadAsync(stdin: true, cancel) : PasswordInput.Ask(Words.Of("Password: "));
            using var client = connection.Connect(parsed);
            var answer = await client.SendAsync(
                HttpMethod.Post, Routes.LdapTest, new LdapTest(parsed.GetValue(address), password), AdminJson.Default.LdapTest, AdminJson.Default.LdapTestResult, cancel);
            Verbs.Show(answer, parsed.GetValue(json), Show);
            return answer.Value is { Configured: true, Works: false } ? Exit.Refused : Exit.Done;
        });
        return verb;
    }

    private static void Show(Screen screen, LdapTestResult result)
    {
        if (!result.Configured)
        {
            screen.Line(Words.Of("no directory is set up: ldap.servers is empty"));
            return;
        }
        screen.Heading(Words.Say($"as node {result.Node} sees it"));
        foreach (var step in result.Steps)
        {
            screen.Line($"{(step.Good ? Words.Of("ok") : Words.Of("FAILED")),-7} {step.Stage,-8} {Words.Of(step.Detail)}");
            if (step.Hint is { } hint)
                screen.Line($"        {Words.Of(hint)}");
        }
        screen.Line(Words.Of(result.Works ? "the directory works" : "the directory does not work as it is set up"));
    }
}

using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Local;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>login</c>, <c>logout</c>, <c>whoami</c>.</summary>
internal sealed class SessionCommands(ConnectionOptions connection, Verbs verbs)
{
    public Verb Login()
    {
        var name = new Argument<string>("NAME") { Description = "Of your console account." };
        var stdin = new Option<bool>("--password-stdin") { Description = "Take the password from the first line of standard input, and the code, if there is one, from the second." };
        var verb = new Verb(
            "login", "Begin a session of at most 12 hours, which ends after an hour without use. Later commands use it when neither --data nor a token is given.",
            "clustermail login hanako --url http://192.0.2.10:2514", "clustermail login hanako --password-stdin < password.txt")
        { name, stdin };
        verb.SetAction(async (parsed, cancel) =>
        {
            var nodes = connection.Nodes(parsed);
            foreach (var node in nodes.Where(node => node.Scheme == Uri.UriSchemeHttp && !node.IsLoopback))
                Console.Error.WriteLine(Words.Say($"clustermail: warning: {node.Authority} is asked without TLS: everybody on the way can read the password"));
            using var input = new SecretInput(parsed.GetValue(stdin));
            var password = await input.NextAsync(Words.Of("Password: "), twice: false, optional: false, cancel);
            var code = await input.NextAsync(Words.Of("Code of the second factor (nothing, if you have none): "), twice: false, optional: true, cancel);
            using var client = new AdminClient(nodes, null);
            var login = new LogIn(parsed.GetRequiredValue(name), password, code.Trim().Length == 0 ? null : code.Trim());
            var session = (await client.SendAsync(HttpMethod.Post, Routes.Login, login, AdminJson.Default.LogIn, AdminJson.Default.LoggedIn, cancel)).Value;
            new SessionFile { Urls = [.. nodes.Select(node => node.ToString())], Name = session.Name, Token = session.Token, ExpiresAt = session.ExpiresAt }.Write();
            new Screen().Line(Words.Of($"{session.Name} is logged in ({Roles.Text(session.Roles, session.Domains)}) until {Ages.Clock(session.ExpiresAt)}"));
            return Exit.Done;
        });
        return verb;
    }

    public Verb Logout()
    {
        var verb = new Verb("logout", "End the session of 'login'.", "clustermail logout");
        verb.SetAction(async (_, cancel) =>
        {
            SessionFile? session = null;
            try
            {
                session = SessionFile.Read();
            }
            finally
            {
                // Whatever is wrong with it: afterwards it is gone.
                SessionFile.Delete();
            }

            if (session is null)
                throw new CommandFailure($"nobody is logged in");
            using var client = new AdminClient([.. session.Urls.Select(url => new Uri(url))], session.Token);
            try
            {
                await client.SendAsync(HttpMethod.Delete, Routes.Session, AdminJson.Default.ConsoleDone, cancel);
            }
            catch (CommandFailure) when (session.ExpiresAt <= DateTimeOffset.UtcNow)
            {
                // It had ended already.
            }

            new Screen().Line(Words.Of($"{session.Name} is logged out"));
            return Exit.Done;
        });
        return verb;
    }

    public Verb WhoAmI() => verbs.Reading(
        new Verb("whoami", "Who you are to the cluster, and what you may do.", "clustermail whoami", "clustermail whoami --json"), _ => Routes.Session, AdminJson.Default.WhoAmI, Show);

    private static void Show(Screen screen, WhoAmI who)
    {
        screen.Line(Words.Of($"{who.Name}: {Roles.Text(who.Roles, who.Domains)}"));
        screen.Line(Words.Of($"by {who.Means}") + (who.ExpiresAt is { } ends ? Words.Say($", until {Ages.Clock(ends)}") : ""));
        screen.Line(Words.Of(who.SecondFactor ? "with a second factor" : "without a second factor"));
    }
}

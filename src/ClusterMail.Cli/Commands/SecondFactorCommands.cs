using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>console totp</c>: a second factor for your own logins (ADMIN-14).</summary>
internal sealed class SecondFactorCommands(Verbs verbs)
{
    public Command Build() => new("totp", "A second factor: codes of an authenticator app (TOTP, RFC 6238).") { Enable(), Disable() };

    private Verb Enable()
    {
        var stdin = new Option<bool>("--code-stdin") { Description = "Take the code from the first line of standard input." };
        return verbs.Acting(
            new Verb("enable", "Put a second factor in force for your own account: shows a secret for your authenticator app, then asks for a code of it.", "clustermail console totp enable") { stdin },
            async (client, parsed, cancel) =>
            {
                var (who, _) = await ConsoleCommands.WhoAsync(client, null, cancel);
                var path = Routes.Fill(Routes.SecondFactor, who);
                var begun = (await client.SendAsync(HttpMethod.Post, path, AdminJson.Default.SecondFactorBegun, cancel)).Value;
                Console.Out.WriteLine(begun.Secret);
                Console.Out.WriteLine(begun.Uri);
                Console.Error.WriteLine(Words.Of("Type the secret into your authenticator app, or make a QR code of the line below it. It is not shown again."));
                using var input = new SecretInput(parsed.GetValue(stdin));
                var code = await input.NextAsync(Words.Of("Code: "), twice: false, optional: false, cancel);
                var enabled = (await client.SendAsync(
                    HttpMethod.Put, path, new SecondFactorCode(code.Trim()), AdminJson.Default.SecondFactorCode, AdminJson.Default.SecondFactorEnabled, cancel)).Value;
                Console.Error.WriteLine(Words.Of("The second factor is in force. Each of these codes opens once in its place; keep them where the app is not. They are not shown again:"));
                foreach (var recovery in enabled.RecoveryCodes)
                    Console.Out.WriteLine(recovery);
            });
    }

    private Verb Disable()
    {
        var (name, stdin) = (ConsoleCommands.OwnOr(), PasswordInput.Stdin());
        return verbs.Acting(
            new Verb("disable", "Take a second factor away: your own with your password, somebody else's as a cluster administrator.", "clustermail console totp disable", "clustermail console totp disable jiro") { name, stdin },
            async (client, parsed, cancel) =>
            {
                var (who, own) = await ConsoleCommands.WhoAsync(client, parsed.GetValue(name), cancel);
                string? password = null;
                if (own)
                {
                    using var input = new SecretInput(parsed.GetValue(stdin));
                    password = await input.NextAsync(Words.Of("Password: "), twice: false, optional: false, cancel);
                }

                ConsoleCommands.Say(await client.SendAsync(
                    HttpMethod.Delete, Routes.Fill(Routes.SecondFactor, who), new SecondFactorOff(password), AdminJson.Default.SecondFactorOff, AdminJson.Default.ConsoleDone, cancel));
            });
    }
}

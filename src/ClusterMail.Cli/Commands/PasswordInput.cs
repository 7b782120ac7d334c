using System.CommandLine;
using System.Text;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary>Passwords come from the keyboard, unseen and twice, or from standard input; on a command line everybody on the machine could read them.</summary>
internal static class PasswordInput
{
    /// <summary>More characters than any password has.</summary>
    private const int Longest = 1024;

    public static Option<bool> Stdin() => new("--password-stdin") { Description = "Take the password from the first line of standard input." };

    /// <exception cref="CommandFailure">Nobody can be asked, or the two do not agree.</exception>
    public static async Task<string> ReadAsync(bool stdin, CancellationToken cancel)
    {
        if (stdin)
        {
            // Octets, not the console's reader: it would take the terminal's encoding.
            using var reader = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
            return await reader.ReadLineAsync(cancel) ?? throw new CommandFailure(Exit.Usage, $"standard input holds no password");
        }

        if (Console.IsInputRedirected)
            throw new CommandFailure(Exit.Usage, $"nobody can be asked for the password here: give --password-stdin");
        var first = Ask(Words.Of("Password: "));
        return Ask(Words.Of("Again: ")) == first ? first : throw new CommandFailure($"the two passwords are not the same: nothing was done");
    }

    /// <param name="twice">It is a new one: a slip would lock its owner out.</param>
    /// <exception cref="CommandFailure">Nobody can be asked, or the two do not agree.</exception>
    public static string PassPhrase(bool twice)
    {
        if (Console.IsInputRedirected)
            throw new CommandFailure(Exit.Usage, $"nobody can be asked for the pass phrase here: give --pass-phrase-file");
        var first = Ask(Words.Of("Pass phrase: "));
        return !twice || Ask(Words.Of("Again: ")) == first ? first : throw new CommandFailure($"the two pass phrases are not the same: nothing was done");
    }

    /// <summary>One line from the keyboard, unseen.</summary>
    public static string Ask(string prompt)
    {
        Console.Error.Write(prompt);
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (key.KeyChar != '\0' && typed.Length < Longest)
                typed.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }
}

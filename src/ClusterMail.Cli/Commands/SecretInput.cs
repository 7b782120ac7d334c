using System.Text;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary>Several secrets of one command, one after the other: from the keyboard, unseen, or the lines of standard input in the same order.</summary>
internal sealed class SecretInput : IDisposable
{
    private readonly StreamReader? _lines;

    /// <exception cref="CommandFailure">Nobody can be asked.</exception>
    public SecretInput(bool stdin)
    {
        if (!stdin && Console.IsInputRedirected)
            throw new CommandFailure(Exit.Usage, $"nobody can be asked for the password here: give --password-stdin");
        _lines = stdin ? new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false)) : null;
    }

    /// <param name="twice">At the keyboard it is typed again, so that a slip does not lock anybody out.</param>
    /// <param name="optional">An end of the input is an empty answer.</param>
    public async Task<string> NextAsync(string prompt, bool twice, bool optional, CancellationToken cancel)
    {
        if (_lines is not null)
            return await _lines.ReadLineAsync(cancel) ?? (optional ? "" : throw new CommandFailure(Exit.Usage, $"standard input holds no password"));
        var first = PasswordInput.Ask(prompt);
        return !twice || PasswordInput.Ask(Words.Of("Again: ")) == first ? first : throw new CommandFailure($"the two passwords are not the same: nothing was done");
    }

    public void Dispose() => _lines?.Dispose();
}

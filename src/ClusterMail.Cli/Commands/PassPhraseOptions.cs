using System.CommandLine;

namespace ClusterMail.Cli.Commands;

/// <summary>A pass phrase comes from the keyboard, unseen, or from a file; never from the command line, where everybody on the machine could read it.</summary>
internal sealed class PassPhraseOptions(string description)
{
    private readonly Option<bool> _ask = new("--pass-phrase") { Description = description };
    private readonly Option<string?> _file = new("--pass-phrase-file") { Description = "The same, with the pass phrase from the first line of a file.", HelpName = "FILE" };

    public void AddTo(Command verb)
    {
        verb.Options.Add(_ask);
        verb.Options.Add(_file);
    }

    /// <summary>Null: neither was given.</summary>
    public async Task<string?> ReadAsync(ParseResult parsed, bool twice, CancellationToken cancel)
    {
        if (parsed.GetValue(_file) is { } file)
            return (await File.ReadAllLinesAsync(file, cancel)) is [{ Length: > 0 } first, ..] ? first : throw new CommandFailure(Exit.Usage, $"{file} holds no pass phrase");
        return parsed.GetValue(_ask) ? PasswordInput.PassPhrase(twice) : null;
    }
}

using ClusterMail.Cli.Output;

namespace ClusterMail.Cli;

/// <summary>The command cannot be done. The message is one line for stderr and says what to do about it, in the user's language where it is known.</summary>
public sealed class CommandFailure(int exitCode, FormattableString message) : Exception(Words.Of(message))
{
    public CommandFailure(FormattableString message)
        : this(Exit.Refused, message)
    {
    }

    public int ExitCode => exitCode;
}

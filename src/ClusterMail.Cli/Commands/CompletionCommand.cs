using System.CommandLine;

namespace ClusterMail.Cli.Commands;

/// <summary><c>completion</c>: a script that lets the shell ask this program what may follow (the <c>[suggest]</c> directive).</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # source <(clustermail completion bash)
        _clustermail() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(clustermail "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            # Nothing known: names of files.
            [ ${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -F _clustermail clustermail

        """;

    private const string Zsh = """
        # source <(clustermail completion zsh)
        _clustermail() {
            local -a found
            found=("${(@f)$(clustermail "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            if (( ${#found} > 0 )) && [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
        }
        compdef _clustermail clustermail

        """;

    private const string Fish = """
        # clustermail completion fish | source
        complete -c clustermail -a '(clustermail "[suggest:"(commandline -C)"]" (commandline -cp | string collect) 2>/dev/null)'

        """;

    public static Verb Build()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var verb = new Verb("completion", "Print a script that completes commands in your shell.", "source <(clustermail completion bash)", "clustermail completion fish | source") { shell };
        verb.SetAction(parsed =>
        {
            Console.Out.Write(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return Exit.Done;
        });
        return verb;
    }
}

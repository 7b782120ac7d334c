using System.ComponentModel;
using System.Diagnostics;

namespace ClusterMail.Cli.Commands;

/// <summary>The user's own editor: VISUAL, EDITOR, else vi.</summary>
internal static class Editor
{
    /// <exception cref="CommandFailure">It could not be started, or ended with an error: then nothing is saved, as with git.</exception>
    public static async Task OpenAsync(string file, CancellationToken cancel)
    {
        var words = (Variable("VISUAL") ?? Variable("EDITOR") ?? "vi").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            using var editor = Process.Start(new ProcessStartInfo(words[0], [.. words.Skip(1), file])) ?? throw new CommandFailure($"cannot start {words[0]}");
            await editor.WaitForExitAsync(cancel);
            if (editor.ExitCode != 0)
                throw new CommandFailure($"{words[0]} ended with {editor.ExitCode}: nothing was saved. Your text is in {file}");
        }
        catch (Win32Exception e)
        {
            throw new CommandFailure($"cannot start the editor {words[0]} ({e.Message}): set EDITOR to another");
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;
}

using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace ClusterMail.Cli.Local;

/// <summary>Runs a program to its end and keeps what it wrote.</summary>
public static class Tool
{
    /// <summary>Output kept for an error message.</summary>
    private const int OutputLimit = 64 * 1024;

    public sealed record Result(int ExitCode, string Output)
    {
        /// <summary>The last line that says something: what goes wrong is said last.</summary>
        public string LastLine => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "no output";
    }

    /// <exception cref="CommandFailure">The program is not installed, or did not end within <paramref name="limit"/> (it is ended then).</exception>
    public static async Task<Result> RunAsync(IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancel)
    {
        // The root folder: the account PostgreSQL runs under may not be allowed into ours, and its programs complain about that.
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        using var process = Start(start);
        var output = new StringBuilder();
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(output, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancel.ThrowIfCancellationRequested();
            throw new CommandFailure($"{command[0]} did not end within {limit.TotalSeconds:0} s");
        }

        lock (output)
            return new Result(process.ExitCode, output.ToString());
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new CommandFailure($"cannot start {start.FileName}");
        }
        catch (Win32Exception e)
        {
            throw new CommandFailure($"cannot start {start.FileName}: {e.Message}");
        }
    }

    private static void Keep(StringBuilder output, string? line)
    {
        lock (output)
        {
            if (line is not null && output.Length < OutputLimit)
                output.Append(line).Append('\n');
        }
    }
}

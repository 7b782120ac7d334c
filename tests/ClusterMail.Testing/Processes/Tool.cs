using System.Diagnostics;
using System.Text;

namespace ClusterMail.Testing.Processes;

/// <summary>Runs a program to its end. The tests' own, so that a fault in the product's way of starting programs is not shared.</summary>
public static class Tool
{
    /// <param name="Output">Standard output, whole.</param>
    /// <param name="Errors">Standard error, whole.</param>
    public sealed record Result(int ExitCode, string Output, string Errors);

    /// <summary>Folder of <c>ClusterMail.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <exception cref="TimeoutException">It did not end in time and was killed.</exception>
    public static async Task<Result> RunAsync(TimeSpan limit, string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/" };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = new StringBuilder();
        var errors = new StringBuilder();
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var bound = new CancellationTokenSource(limit);
        try
        {
            // The exit, not the end of the output: a daemon it left behind may hold the pipe for ever.
            while (!process.HasExited)
                await Task.Delay(10, bound.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {limit.TotalSeconds:0} s: {Text(output)}{Text(errors)}");
        }

        await Task.WhenAny(process.WaitForExitAsync(CancellationToken.None), Task.Delay(500, CancellationToken.None));
        return new Result(process.ExitCode, Text(output), Text(errors));
    }

    /// <summary>The same, for a program that has to succeed; its output.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public static async Task<string> MustAsync(TimeSpan limit, string program, params IReadOnlyList<string> arguments)
    {
        var result = await RunAsync(limit, program, arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with code {result.ExitCode}: {result.Errors}{result.Output}");
    }

    private static void Keep(StringBuilder text, string? line)
    {
        lock (text)
        {
            if (line is not null)
                text.AppendLine(line);
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ClusterMail.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("ClusterMail.sln is in no folder above the tests.");
        return folder;
    }
}

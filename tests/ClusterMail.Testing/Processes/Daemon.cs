using System.Diagnostics;

namespace ClusterMail.Testing.Processes;

/// <summary>A program that runs beside a test and is ended with it. What it says is kept for the message of a failure.</summary>
public sealed class Daemon : IAsyncDisposable
{
    private const int LinesKept = 400;
    private readonly Process _process;
    private readonly Queue<string> _lines = new();

    private Daemon(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Pid => _process.Id;
    public bool IsRunning => !_process.HasExited;

    public string Output
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    public static Daemon Start(string program, params IReadOnlyList<string> arguments) =>
        new(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!);

    /// <summary>SIGTERM, and its time to do what it has to.</summary>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public async Task StopAsync(TimeSpan limit)
    {
        Unix.Signal(_process.Id, Unix.Terminate);
        await _process.WaitForExitAsync().WaitAsync(limit);
    }

    /// <summary>SIGTERM, and after five seconds SIGKILL to it and its children.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Unix.Signal(_process.Id, Unix.Terminate);
            var ended = await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(5)));
            if (!_process.HasExited || ended.IsFaulted)
                _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_lines)
        {
            if (line is null)
                return;
            _lines.Enqueue(line);
            if (_lines.Count > LinesKept)
                _lines.Dequeue();
        }
    }
}

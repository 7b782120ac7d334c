using System.Diagnostics;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary>How far an import is: on a terminal one line that is written over, into a file or pipe a line every ten seconds.</summary>
internal sealed class ImportProgress(long total)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _shown = TimeSpan.Zero;
    private int _width;

    public TimeSpan Elapsed => _clock.Elapsed;

    public void Show(int lines, long position)
    {
        var elapsed = _clock.Elapsed;
        var share = total == 0 ? 1 : (double)position / total;
        if (Console.IsErrorRedirected && elapsed - _shown < Pause)
            return;
        _shown = elapsed;
        var rate = elapsed.TotalSeconds < 0.1 ? 0 : lines / elapsed.TotalSeconds;
        var text = Words.Of($"{lines:N0} lines, {share:P0}, {rate:N0} a second, {Ages.Of(elapsed * ((1 - share) / Math.Max(share, 1e-6)))} left");
        if (Console.IsErrorRedirected)
            Console.Error.WriteLine(text);
        else
            Console.Error.Write($"\r{text.PadRight(_width)}");
        _width = text.Length;
    }

    public void End()
    {
        if (!Console.IsErrorRedirected && _width > 0)
            Console.Error.Write($"\r{new string(' ', _width)}\r");
    }
}

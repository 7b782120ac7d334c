using System.Diagnostics;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Import;

/// <summary>How far a step is: on a terminal one line that is written over, into a file or pipe a line every ten seconds. Many may tell at once.</summary>
/// <param name="what">Plural, as people read it.</param>
internal sealed class CountProgress(string what, long total)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Blink = TimeSpan.FromMilliseconds(200);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private TimeSpan _shown = TimeSpan.Zero;
    private long _done;
    private int _width;

    public void Add(long count)
    {
        lock (_gate)
        {
            _done += count;
            var elapsed = _clock.Elapsed;
            if (elapsed - _shown < (Console.IsErrorRedirected ? Pause : Blink))
                return;
            _shown = elapsed;
            var left = Ages.Of(elapsed * ((double)Math.Max(0, total - _done) / _done));
            var text = Words.Of($"{_done:N0} of {total:N0} {Words.Of(what)}, {_done / elapsed.TotalSeconds:N0} a second, {left} left");
            if (Console.IsErrorRedirected)
                Console.Error.WriteLine(text);
            else
                Console.Error.Write($"\r{text.PadRight(_width)}");
            _width = text.Length;
        }
    }

    public void End()
    {
        if (!Console.IsErrorRedirected && _width > 0)
            Console.Error.Write($"\r{new string(' ', _width)}\r");
    }
}

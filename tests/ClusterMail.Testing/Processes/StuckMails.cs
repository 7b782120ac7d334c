using System.Collections.Concurrent;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// Mails of one node that the sink does not take for now: it keeps the answer to their recipients back. Uses <see cref="RecordingSink.Script"/> until the next one is made.
/// </summary>
public sealed class StuckMails : IDisposable
{
    private readonly string _domain = $"stuck-{Guid.NewGuid():N}.test";
    private readonly RecordingSink _sink;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, bool> _asked = new();
    private readonly ConcurrentDictionary<string, SinkMail> _arrived = new();
    private volatile bool _taking;

    public StuckMails(RecordingSink sink, FarmNode node)
    {
        _sink = sink;
        Load = new LoadGenerator([node.Receiver], _domain);
        sink.Script = Answer;
        sink.Arrived += OnArrived;
    }

    public LoadGenerator Load { get; }

    /// <summary>Arrived so far, by Message-ID; of one that came twice the first.</summary>
    public IReadOnlyDictionary<string, SinkMail> Arrived => _arrived;

    /// <summary>Forward-paths whose answer is kept back at this moment: these mails are being sent.</summary>
    public IReadOnlyCollection<string> BeingSent => [.. _asked.Keys];

    public bool AllArrived => Load.Accepted.Keys.All(_arrived.ContainsKey);

    /// <summary>The sink answers who asks from now on; whoever waits for an answer waits on.</summary>
    public void TakeNew() => _taking = true;

    /// <summary>The sink answers everybody.</summary>
    public void TakeAll()
    {
        _taking = true;
        _answered.TrySetResult();
    }

    public void Dispose()
    {
        TakeAll();
        _sink.Arrived -= OnArrived;
    }

    private SinkAnswer? Answer(SinkEvent heard)
    {
        if (heard.Verb != "RCPT" || _taking || !heard.Line.Contains(_domain, StringComparison.Ordinal))
            return null;
        _asked[heard.Line[(heard.Line.IndexOf('<', StringComparison.Ordinal) + 1)..heard.Line.IndexOf('>', StringComparison.Ordinal)]] = true;
        return new SinkAnswer("250 2.1.5 Ok") { Before = _answered.Task };
    }

    private void OnArrived(SinkMail mail)
    {
        if (mail.RecipientLines.Any(line => line.Contains(_domain, StringComparison.Ordinal)))
            _arrived.TryAdd(mail.MessageId, mail);
    }
}

using System.Net;
using System.Threading.Channels;
using ClusterMail.Policy;
using ClusterMail.Policy.Senders;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Senders;

/// <summary>
/// SPF, DKIM and DMARC of what strangers send, for the whole node (CONF-19). With <c>tag</c> and <c>enforce</c> the answer waits for them, no longer than
/// <c>receive.sender_check_seconds</c>; with <c>log</c> they are made after it, from a bounded queue that leaves out what is too much. Mail of users and of clients the
/// operator named, and mail from this machine, never comes here.
/// </summary>
public sealed partial class SenderDoor : IAsyncDisposable
{
    /// <summary>Checks at once, so that slow name servers do not pile up questions without end.</summary>
    private const int AtOnce = 64;

    /// <summary>Mails that wait for their check after the answer, and octets of their contents.</summary>
    private const int MaxWaiting = 500;
    private const long MaxWaitingBytes = 33_554_432;

    /// <summary>Checks at once of mails that are answered already.</summary>
    private const int Loggers = 16;

    /// <summary>Longest time of one check after the answer: SPF may take 20 s alone (RFC 7208 §4.6.4).</summary>
    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(40);

    private readonly Func<IDnsRecords> _dns;
    private readonly Func<ISessionWatch?> _watch;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<SenderInquiry> _waiting;
    private readonly SemaphoreSlim _slots = new(AtOnce);
    // Signatures are arithmetic: half of the processors stay with the sessions.
    private readonly SemaphoreSlim _processors = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loggers;
    private long _waitingBytes;

    /// <param name="dns">The records as the settings in force say where to ask.</param>
    /// <param name="watch">Whoever watches sessions live now (ADMIN-42).</param>
    /// <param name="waiting">Mails that may wait for their check after the answer.</param>
    public SenderDoor(Func<IDnsRecords> dns, Func<ISessionWatch?> watch, TimeProvider time, ILogger<SenderDoor> log, int waiting = MaxWaiting)
    {
        (_dns, _watch, _time, _log) = (dns, watch, time, log);
        _waiting = Channel.CreateBounded<SenderInquiry>(waiting);
        _loggers = Task.WhenAll(Enumerable.Range(0, Loggers).Select(_ => Task.Run(LogWaitingAsync)));
    }

    /// <summary>This machine itself, and the ports for users: nobody there speaks for a domain of his own.</summary>
    public static bool IsExempt(IPAddress client, bool submission) => submission || IPAddress.IsLoopback(client);

    /// <summary>Asked before the content comes, so that SPF is on its way while it does. Null, without having cost anything: this sender is not checked.</summary>
    internal SenderInquiry? Begin(NodeView view, AcceptancePipeline pipeline, ClientConnection client, Envelope envelope)
    {
        var options = view.Senders;
        if (options.IsOff || IsExempt(client.Remote.Address, client.Purpose == ListenerPurpose.Submission) || pipeline.IsKnown)
            return null;
        return new SenderInquiry(this, new SenderCheck(_dns(), options, _time), options, client, envelope.ReversePath);
    }

    /// <summary>Runs when there is room; throws when <paramref name="cancel"/> comes first.</summary>
    internal async Task<SpfFindings> SpfAsync(SenderInquiry inquiry, CancellationToken cancel)
    {
        await _slots.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return await inquiry.Check.SpfAsync(inquiry.Client.Remote.Address, inquiry.Client.Helo, inquiry.Path, cancel).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Off the session's thread: a large mail takes a processor for a while.</summary>
    internal Task<SenderFindings> ContentAsync(SenderInquiry inquiry, SpfFindings? spf, Stream? content, ContentFacts facts, CancellationToken cancel) => Task.Run(async () =>
    {
        await _processors.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return await inquiry.Check.ContentAsync(spf, content, facts, Random.Shared.Next(100), cancel).ConfigureAwait(false);
        }
        finally
        {
            _processors.Release();
        }
    }, cancel);

    /// <summary>Written down after the answer, or left out and counted when too many wait.</summary>
    internal void Later(SenderInquiry inquiry)
    {
        if (Interlocked.Add(ref _waitingBytes, inquiry.Held) <= MaxWaitingBytes && _waiting.Writer.TryWrite(inquiry))
            return;
        Interlocked.Add(ref _waitingBytes, -inquiry.Held);
        QueueMetrics.SenderChecksDropped.Add(1);
        inquiry.Dispose();
    }

    internal void Found(SenderInquiry inquiry, MessageId id, SenderFindings findings, string answer)
    {
        foreach (var (method, result) in inquiry.Reported(findings))
            QueueMetrics.SenderChecks.Add(1, new KeyValuePair<string, object?>("method", method), new KeyValuePair<string, object?>("result", result));
        if (_log.IsEnabled(LogLevel.Information))
            Checked(_log, id, inquiry.Client.Remote.Address, inquiry.Client.SessionId, findings.ToString(), answer);
        if (_watch() is { } watch)
            watch.Saw(inquiry.Client, _time.GetUtcNow(), $"CHECK sender=CONF-19 {id} {findings}, {answer}");
    }

    internal void Trouble(MessageId id, Exception cause) => Failed(_log, id, cause);

    private async Task LogWaitingAsync()
    {
        await foreach (var inquiry in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                limit.CancelAfter(LogPatience);
                await inquiry.LogAsync(limit.Token).ConfigureAwait(false);
            }
            catch (Exception trouble)
            {
                // The mail is accepted; only the line about it is missing.
                QueueMetrics.SenderChecksDropped.Add(1);
                if (trouble is not OperationCanceledException)
                    Trouble(inquiry.Id, trouble);
            }
            finally
            {
                Interlocked.Add(ref _waitingBytes, -inquiry.Held);
                inquiry.Dispose();
            }
        }
    }

    /// <summary>What waits is left out: it would only hold up the node's end.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loggers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    [LoggerMessage(5901, LogLevel.Information, "{Mail} from {Client}, session {Session}: {Findings}, {Answer}")]
    private static partial void Checked(ILogger log, MessageId mail, IPAddress client, string session, string findings, string answer);

    [LoggerMessage(5902, LogLevel.Error, "The sender of {Mail} could not be checked")]
    private static partial void Failed(ILogger log, MessageId mail, Exception cause);
}

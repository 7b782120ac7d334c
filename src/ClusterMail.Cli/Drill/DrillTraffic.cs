using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using ClusterMail.Admin.Contract;
using ClusterMail.Drill;

namespace ClusterMail.Cli.Drill;

/// <summary>
/// Clients that send numbered mails through the real listeners at a steady rate, note every 250 after the content, and go on at another node after a 4xx or a lost
/// connection, as a mail server would. A mail is tried again under a new Message-ID, so that only what was really acknowledged counts as promised.
/// </summary>
/// <param name="receivers">Name and <c>host:port</c> of each listener.</param>
internal sealed class DrillTraffic(IReadOnlyList<(string Node, string Address)> receivers, string domain, TimeProvider clock)
{
    /// <summary>Octets of a mail; what is measured is promises, not throughput.</summary>
    private const int Size = 1024;

    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentQueue<Promise> _promises = new();
    private readonly ConcurrentQueue<FailedAttempt> _refusals = new();
    private readonly ConcurrentDictionary<string, string> _numbers = new();
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private int _attempts;
    private int _next;

    public IReadOnlyList<Promise> Promises => [.. _promises];
    public IReadOnlyList<FailedAttempt> Refusals => [.. _refusals];
    public IReadOnlyDictionary<string, string> Numbers => _numbers;

    public int Accepted => _promises.Count;

    /// <summary>What the queue holds of such traffic.</summary>
    public static QueueSelection InQueue(string domain) => new() { Sender = Sender(domain) };

    /// <summary>Sends until <paramref name="stop"/>; a mail begun is finished.</summary>
    /// <param name="rate">Mails a second, all sessions together.</param>
    public Task RunAsync(int sessions, int rate, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, sessions).Select(session => Task.Run(() => SessionAsync(session, TimeSpan.FromSeconds((double)sessions / rate), stop), CancellationToken.None)));

    private async Task SessionAsync(int session, TimeSpan pace, CancellationToken stop)
    {
        var turn = session;
        DrillConversation? conversation = null;
        var (begun, next) = (Stopwatch.StartNew(), TimeSpan.Zero);
        while (!stop.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _next);
            while (!stop.IsCancellationRequested)
            {
                var (node, address) = receivers[turn % receivers.Count];
                conversation ??= await OpenAsync(node, address);
                if (conversation is not null && await TryAsync(conversation, node, number))
                    break;
                conversation?.Dispose();
                conversation = null;
                turn++;
                await PauseAsync(AfterRefusal, stop);
            }
            // By the clock and not after each mail, so that a slow farm does not make the load smaller unseen; what was missed is not made up for in a burst.
            next += pace;
            if (next > begun.Elapsed)
                await PauseAsync(next - begun.Elapsed, stop);
            else
                next = begun.Elapsed;
        }
        conversation?.Dispose();
    }

    private async Task<DrillConversation?> OpenAsync(string node, string address)
    {
        DrillConversation? conversation = null;
        try
        {
            conversation = await DrillConversation.OpenAsync(address);
            if (conversation.Greeting.StartsWith('2') && await conversation.AskAsync("EHLO drill.invalid") is ['2', ..])
                return conversation;
            Refused(conversation.Greeting, node);
        }
        catch (Exception e) when (IsBroken(e))
        {
            _refusals.Enqueue(new FailedAttempt(FailedAttempt.Closed, node, clock.GetUtcNow()));
        }
        conversation?.Dispose();
        return null;
    }

    private async Task<bool> TryAsync(DrillConversation conversation, string node, int number)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{_run}.{number}.{Interlocked.Increment(ref _attempts)}@{domain}");
        var recipient = string.Create(CultureInfo.InvariantCulture, $"r{number}@{domain}");
        try
        {
            foreach (var command in (string[])[$"MAIL FROM:<{Sender(domain)}>", $"RCPT TO:<{recipient}>"])
                if (await conversation.AskAsync(command) is var reply && !reply.StartsWith('2'))
                    return Refused(reply, node);
            var go = await conversation.AskAsync("DATA");
            if (!go.StartsWith('3'))
                return Refused(go, node);
            _numbers[id] = Number(go);
            var last = await conversation.AskAsync(Content(id, recipient) + ".");
            if (!last.StartsWith("250", StringComparison.Ordinal))
                return Refused(last, node);
            _promises.Enqueue(new Promise(id, node, clock.GetUtcNow()));
            return true;
        }
        catch (Exception e) when (IsBroken(e))
        {
            _refusals.Enqueue(new FailedAttempt(FailedAttempt.Lost, node, clock.GetUtcNow()));
            return false;
        }
    }

    private bool Refused(string reply, string node)
    {
        var code = reply.Length >= 3 && reply.AsSpan(0, 3).IndexOfAnyExceptInRange('0', '9') < 0 ? reply[..3] : FailedAttempt.Lost;
        _refusals.Enqueue(new FailedAttempt(code, node, clock.GetUtcNow()));
        return false;
    }

    /// <summary><c>354 … &lt;B0000000012@mx.example.jp&gt;</c>: the number before the host.</summary>
    private static string Number(string line)
    {
        var start = line.IndexOf('<', StringComparison.Ordinal) + 1;
        var end = line.IndexOfAny(['@', '>'], start);
        return start == 0 || end < 0 ? "" : line[start..end];
    }

    private static string Sender(string domain) => $"drill@{domain}";

    private string Content(string id, string recipient)
    {
        var head = $"Message-ID: <{id}>\r\nFrom: {Sender(domain)}\r\nTo: {recipient}\r\nSubject: fail-over drill\r\n\r\n";
        return head + string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", (Size - head.Length) / 72));
    }

    private static async Task PauseAsync(TimeSpan span, CancellationToken stop) =>
        await Task.Delay(span, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static bool IsBroken(Exception e) => e is IOException or SocketException or OperationCanceledException;
}

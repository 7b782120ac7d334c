using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// Clients that send numbered mails, note each 250 they get after the final dot, and go to another node when they get a 4xx or lose the
/// connection. Every attempt has a Message-ID of its own, so that an attempt whose reply was lost is never mistaken for an acknowledged one.
/// </summary>
public sealed class LoadGenerator(IReadOnlyList<IPEndPoint> receivers, string recipientDomain, int size = 1024)
{
    private readonly ConcurrentDictionary<string, Acknowledged> _acknowledged = new();
    private readonly ConcurrentDictionary<string, string> _numbers = new();
    private readonly ConcurrentDictionary<string, int> _refusals = new();
    private readonly ConcurrentQueue<string> _permanent = new();
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private int _next;
    private int _attempts;

    /// <summary>Each session rests so long after each mail. Default zero: as fast as it is answered.</summary>
    public TimeSpan Rest { get; init; }

    /// <param name="Receiver">Who said 250.</param>
    /// <param name="Number">The mail number of the 354 line (RECV-24).</param>
    /// <param name="Session">Which of the sessions heard it, from 0.</param>
    public sealed record Acknowledged(IPEndPoint Receiver, DateTimeOffset At, string Number, int Session);

    /// <summary>By Message-ID, without angle brackets.</summary>
    public IReadOnlyDictionary<string, Acknowledged> Accepted => _acknowledged;

    /// <summary>The mail number given at the 354, by Message-ID, also of attempts whose final reply was lost.</summary>
    public IReadOnlyDictionary<string, string> Numbers => _numbers;

    /// <summary>How often each reply code of a refusal was seen; <c>lost</c> for a broken connection, <c>closed</c> for one that could not be made.</summary>
    public IReadOnlyDictionary<string, int> Refusals => _refusals;

    /// <summary>Replies of class 5, which no trouble of the farm may cause.</summary>
    public IReadOnlyCollection<string> Permanent => _permanent;

    /// <summary>Sends <paramref name="count"/> mails over <paramref name="sessions"/> connections; returns when all are acknowledged.</summary>
    public Task SendAsync(int sessions, int count, CancellationToken cancel = default)
    {
        var last = Volatile.Read(ref _next) + count;
        return RunAsync(sessions, () => Interlocked.Increment(ref _next) is var number && number <= last ? number : null, cancel);
    }

    /// <summary>Sends until told to stop; a mail begun is finished.</summary>
    public Task SendUntilAsync(int sessions, Task stop) =>
        RunAsync(sessions, () => stop.IsCompleted ? null : Interlocked.Increment(ref _next), CancellationToken.None);

    private Task RunAsync(int sessions, Func<int?> take, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(0, sessions).Select(session => Task.Run(() => SessionAsync(session, take, cancel), cancel)));

    private async Task SessionAsync(int session, Func<int?> take, CancellationToken cancel)
    {
        var node = session;
        SmtpConversation? conversation = null;
        while (take() is { } number)
        {
            while (true)
            {
                cancel.ThrowIfCancellationRequested();
                conversation ??= await OpenAsync(receivers[node % receivers.Count]);
                if (conversation is not null && await TryAsync(conversation, receivers[node % receivers.Count], number, session))
                    break;
                conversation?.Dispose();
                conversation = null;
                node++;
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancel);
            }

            if (Rest > TimeSpan.Zero)
                await Task.Delay(Rest, cancel);
        }

        conversation?.Dispose();
    }

    private async Task<SmtpConversation?> OpenAsync(IPEndPoint receiver)
    {
        SmtpConversation? conversation = null;
        try
        {
            conversation = await SmtpConversation.OpenAsync(receiver);
            if (conversation.Last.StartsWith('2') && (await conversation.SayAsync("EHLO load.test")).StartsWith('2'))
                return conversation;
            Count(conversation.Last);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            Count("closed");
        }

        conversation?.Dispose();
        return null;
    }

    private async Task<bool> TryAsync(SmtpConversation conversation, IPEndPoint receiver, int number, int session)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{_run}.{number}.{Interlocked.Increment(ref _attempts)}@load.test");
        try
        {
            await conversation.SendAsync($"MAIL FROM:<sender@load.test>\r\nRCPT TO:<r{number}@{recipientDomain}>\r\nDATA\r\n");
            var mail = await conversation.ReadAsync();
            var recipient = await conversation.ReadAsync();
            var data = await conversation.ReadAsync();
            if (!data.StartsWith('3'))
            {
                Count(mail.StartsWith('2') ? recipient.StartsWith('2') ? data : recipient : mail);
                return false;
            }

            _numbers[id] = Between(data);
            var head = $"Message-ID: <{id}>\r\nFrom: sender@load.test\r\nTo: r{number}@{recipientDomain}\r\nSubject: {number}\r\n\r\n";
            await conversation.SendAsync(head + Filling(Math.Max(0, size - head.Length)) + ".\r\n");
            var reply = await conversation.ReadAsync();
            if (!reply.StartsWith("250", StringComparison.Ordinal))
            {
                Count(reply);
                return false;
            }

            _acknowledged[id] = new Acknowledged(receiver, DateTimeOffset.UtcNow, Between(data), session);
            return true;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            Count("lost");
            return false;
        }
    }

    private void Count(string reply)
    {
        if (reply.StartsWith('5'))
            _permanent.Enqueue(reply);
        var key = reply.Length >= 3 && char.IsAsciiDigit(reply[0]) ? reply[..3] : reply.Length == 0 ? "lost" : reply;
        _refusals.AddOrUpdate(key, 1, (_, count) => count + 1);
    }

    private static string Between(string line)
    {
        var start = line.IndexOf('<', StringComparison.Ordinal);
        var end = line.IndexOf('>', StringComparison.Ordinal);
        return start < 0 || end < start ? "" : line[(start + 1)..end];
    }

    private static string Filling(int length) =>
        string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", length / 72)) + (length % 72 > 2 ? new string('y', length % 72 - 2) + "\r\n" : "");
}

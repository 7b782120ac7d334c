using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;

namespace ClusterMail.Testing.Processes;

/// <summary>Mails of the account whose mail is held, one recipient each, through all nodes; and the groups they became.</summary>
public sealed class HeldLoad(ApprovalFarm farm)
{
    private readonly ConcurrentDictionary<string, string> _sent = new();
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private int _next;

    /// <param name="Recipient">Of this mail only.</param>
    /// <param name="Content">As it was sent, octet by octet.</param>
    public sealed record Held(long Id, string Recipient, string Sha256, string Content)
    {
        public string Number => ApprovalFarm.Number(Id);
    }

    /// <summary>Sends until every mail is acknowledged; a mail whose reply was lost is sent again and may be held twice (APPROVE-88).</summary>
    public Task SendAsync(int sessions, int count) => Task.WhenAll(Enumerable.Range(0, sessions).Select(session => Task.Run(() => SessionAsync(session, count))));

    private async Task SessionAsync(int session, int count)
    {
        var nodes = farm.Farm.Nodes;
        SmtpConversation? client = null;
        while (Interlocked.Increment(ref _next) is var number && number <= count)
        {
            var recipient = string.Create(CultureInfo.InvariantCulture, $"r{number}.{_run}@{ApprovalFarm.Outside}");
            var content = string.Create(CultureInfo.InvariantCulture,
                $"Message-ID: <{number}.{_run}@load.test>\r\nFrom: {ApprovalFarm.Requester}\r\nTo: {recipient}\r\nSubject: {number}\r\n\r\n.leading dot\r\nbody of {number}\r\n");
            _sent[recipient] = content;
            while (!await TryAsync())
            {
                client?.Dispose();
                client = null;
                session++;
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }

            async Task<bool> TryAsync()
            {
                try
                {
                    if (client is null)
                    {
                        client = await SmtpConversation.OpenAsync(nodes[session % nodes.Count].Receiver);
                        await client.SayAsync("EHLO load.test");
                    }

                    return (await client.MailAsync(ApprovalFarm.Requester, [recipient], content.Replace("\r\n.", "\r\n..", StringComparison.Ordinal))).StartsWith("250", StringComparison.Ordinal);
                }
                catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
                {
                    return false;
                }
            }
        }

        client?.Dispose();
    }

    /// <summary>What is held of what was sent.</summary>
    public async Task<IReadOnlyList<Held>> HeldAsync()
    {
        await using var command = farm.Database.CreateCommand("""
            SELECT h.id, r.forward_path, encode(m.sha256, 'hex') FROM hold h JOIN held_mail m ON m.id = h.mail_id JOIN hold_recipient r ON r.hold_id = h.id ORDER BY h.id
            """);
        await using var reader = await command.ExecuteReaderAsync();
        var held = new List<Held>();
        while (await reader.ReadAsync())
            if (_sent.TryGetValue(reader.GetString(1), out var content))
                held.Add(new Held(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), content));
        return held;
    }
}

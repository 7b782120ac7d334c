using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// What one session tells its log: connect, each transaction's end, refusals with their dialogue. Keeps secrets and content out of it: AUTH arguments and
/// challenges are <c>***</c>, and so is a line that is no command once the client has tried AUTH or content in vain, because it may be either (LOG-18).
/// </summary>
internal sealed class SessionRecord(ClientConnection client, ISessionLog log, TimeProvider time) : IDisposable
{
    /// <summary>Names that may stand behind AUTH in a log; anything else may be a password in the wrong place.</summary>
    private static readonly byte[][] Mechanisms =
        ["PLAIN"u8.ToArray(), "LOGIN"u8.ToArray(), "CRAM-MD5"u8.ToArray(), "SCRAM-SHA-256"u8.ToArray(), "SCRAM-SHA-1"u8.ToArray(), "DIGEST-MD5"u8.ToArray(), "NTLM"u8.ToArray(), "XOAUTH2"u8.ToArray()];

    private readonly SessionTranscript _transcript = new();
    private readonly DateTimeOffset _connectedAt = time.GetUtcNow();
    private readonly List<string> _recipients = [];
    private ClientConnection _client = client;
    private ReceiveLogging _wanted = log.Wanted;
    private ReversePath? _sender;
    private MessageId? _id;
    private string _refusal = "";
    private string _rule = "";
    private bool _begun;
    private bool _mayBeSecret;
    private bool _listed;

    private bool Writes => (_wanted & (ReceiveLogging.Refusals | ReceiveLogging.Everything)) != 0;
    private bool IsHeard => Writes || log.Watch is not null;

    /// <summary>The client as known by now.</summary>
    public ClientConnection Client
    {
        set => _client = value;
    }

    public void Connected()
    {
        if ((_wanted & ReceiveLogging.Connections) != 0)
            log.Connected(_client, _connectedAt);
        if (log.Watch is { } watch)
            watch.Saw(_client, _connectedAt, $"CHECK connect={_client.Remote} to {_client.Local}");
    }

    /// <summary>A line of the client, before it is known to be a command.</summary>
    /// <param name="command">What the grammar made of it.</param>
    public void Received(in ReadOnlySequence<byte> line, SmtpCommand command)
    {
        var isNoCommand = command is SmtpCommand.Unknown or SmtpCommand.Malformed { Verb: "?" };
        var isAuth = command is SmtpCommand.Auth or SmtpCommand.Malformed { Verb: "AUTH" };
        if (IsHeard)
        {
            if (isAuth)
                Add(LineKind.Received, Masked(line));
            else if (isNoCommand && _mayBeSecret)
                Add(LineKind.Received, "***"u8);
            else if (isNoCommand)
                Add(LineKind.Received, FirstWord(line));
            else
                Add(LineKind.Received, line.IsSingleSegment ? line.FirstSpan : line.ToArray());
        }
        _mayBeSecret |= isAuth || command is SmtpCommand.Data or SmtpCommand.Bdat;
    }

    /// <summary>A command as the program's log may name it.</summary>
    public string Shown(SmtpCommand command) => command switch
    {
        SmtpCommand.Auth auth => Mechanisms.Any(known => Ascii.EqualsIgnoreCase(auth.Mechanism, known)) ? command.ToString() : "AUTH ***",
        SmtpCommand.Unknown when _mayBeSecret => "***",
        _ => command.ToString(),
    };

    /// <summary>Replies, as they go to the wire.</summary>
    public void Sent(ReadOnlySpan<byte> reply)
    {
        if (!IsHeard)
            return;
        while (!reply.IsEmpty)
        {
            var end = reply.IndexOf("\r\n"u8);
            var line = end < 0 ? reply : reply[..end];
            Add(LineKind.Sent, line.StartsWith("334"u8) ? "334 ***"u8 : line);
            reply = end < 0 ? [] : reply[(end + 2)..];
        }
    }

    /// <summary>A decision with the rule that made it.</summary>
    public void Checked(string stage, in Verdict verdict)
    {
        if (!IsHeard)
            return;
        // Every mail that passes comes here: nothing is allocated.
        Span<byte> text = stackalloc byte[256];
        var line = Utf8.TryWrite(text, $"{stage}={verdict.Rule} {(verdict.Accepted ? "passed" : "refused")}", out var length) ? text[..length] : text;
        Add(LineKind.Check, line);
    }

    /// <summary>One step of a decision.</summary>
    public void Check(string text)
    {
        if (IsHeard)
            Add(LineKind.Check, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Somebody watches now: each step of a decision is wanted.</summary>
    public bool IsWatched => log.Watch is not null;

    /// <summary>MAIL was said, whatever the answer.</summary>
    public void Begin(ReversePath sender)
    {
        EndTransaction();
        _recipients.Clear();
        (_begun, _sender, _wanted) = (true, sender, log.Wanted);
    }

    public void Named(ForwardPath recipient)
    {
        if (Writes && _recipients.Count < TransactionReport.MaxRecipients)
            _recipients.Add(recipient.Mailbox.ToString());
    }

    /// <summary>The number allotted for the 354 line.</summary>
    public void Numbered(MessageId id) => _id = id;

    public void Refused(Reply reply, string rule)
    {
        (_refusal, _rule) = (reply.ToLogText(), rule);
        _listed |= rule.StartsWith("DNSBL", StringComparison.Ordinal);
    }

    public void Accepted(MessageId id)
    {
        var now = time.GetUtcNow();
        if ((_wanted & ReceiveLogging.Connections) != 0)
            log.Accepted(_client, _connectedAt, now, id);
        if (Writes && (_refusal.Length > 0 || (_wanted & ReceiveLogging.Everything) != 0))
            Tell(TransactionEnd.Accepted, id, now);
        Forget();
    }

    /// <summary>RSET, a new HELO, the end: a transaction that stands is broken off (LOG-21).</summary>
    public void EndTransaction()
    {
        if (!_begun)
            return;
        if (_wanted != ReceiveLogging.None)
            Tell(TransactionEnd.Aborted, _id, time.GetUtcNow());
        Forget();
    }

    /// <summary>The connection is over.</summary>
    /// <param name="broken">Error number of a socket that broke; null: it ended in order.</param>
    public void End(int? broken)
    {
        if (broken is { } code)
        {
            if (IsHeard)
                Add(LineKind.Note, Encoding.ASCII.GetBytes($"SOCKET_ERROR OTHER CODE={code}"));
            if (_begun && _refusal.Length == 0)
                _refusal = $"connection lost (code {code})";
        }
        EndTransaction();
        if (_refusal.Length > 0 && (_listed || Writes))
            Tell(_listed ? TransactionEnd.Listed : TransactionEnd.Outside, null, time.GetUtcNow());
        log.Watch?.Left(_client);
        _transcript.Dispose();
    }

    public void Dispose() => _transcript.Dispose();

    private void Tell(TransactionEnd end, MessageId? id, DateTimeOffset at) => log.Told(new TransactionReport(
        _client, _connectedAt, at, end, id, _sender, [.. _recipients], _refusal, _rule, Writes && !_listed ? _transcript.ToLines() : []));

    private void Forget()
    {
        (_begun, _sender, _id, _refusal, _rule, _wanted) = (false, null, null, "", "", log.Wanted);
        _recipients.Clear();
        _transcript.Clear();
    }

    private void Add(LineKind kind, ReadOnlySpan<byte> text)
    {
        var now = time.GetUtcNow();
        if (Writes)
            _transcript.Add(kind, text, now);
        if (log.Watch is { } watch)
            watch.Saw(_client, now, SessionTranscript.ToText(kind, text));
    }

    private static ReadOnlySpan<byte> Masked(in ReadOnlySequence<byte> line)
    {
        var text = line.IsSingleSegment ? line.FirstSpan : line.ToArray();
        var argument = text[Math.Min(4, text.Length)..].TrimStart((byte)' ');
        if (argument.IsEmpty)
            return "AUTH"u8;
        var space = argument.IndexOf((byte)' ');
        var name = space < 0 ? argument : argument[..space];
        foreach (var known in Mechanisms)
            if (Ascii.EqualsIgnoreCase(name, known))
                return Encoding.ASCII.GetBytes($"AUTH {Encoding.ASCII.GetString(known)}{(space < 0 ? "" : " ***")}");
        return "AUTH ***"u8;
    }

    /// <summary>As much of an unknown line as tells which verb was tried.</summary>
    private static ReadOnlySpan<byte> FirstWord(in ReadOnlySequence<byte> line)
    {
        const int longest = 20;
        var text = line.IsSingleSegment ? line.FirstSpan : line.ToArray();
        var word = text[..Math.Min(text.Length, longest)];
        var space = word.IndexOf((byte)' ');
        if (space >= 0)
            word = word[..space];
        return word.Length == text.Length ? word : (byte[])[.. word, .. " ***"u8];
    }
}

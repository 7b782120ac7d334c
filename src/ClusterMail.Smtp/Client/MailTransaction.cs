using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Client;

/// <summary>
/// One mail over one session, from MAIL to the reply to the final dot. Commands go out in groups (RFC 2920) when the host allows it, one by one
/// when not; the answers are the same either way.
/// </summary>
internal sealed class MailTransaction(HostWire wire, HostCapabilities host, DeliveryOptions options, Dialogue dialogue, OutboundMail mail, MailContent content)
{
    // RFC 2920 §3.1: replies must fit the buffers between the two ends, or both wait for each other. 100 replies do, even long ones.
    private const int GroupLimit = 100;

    // Content up to this size goes out in one write together with its final dot.
    private const int WriteSize = 256 * 1024;

    private readonly RecipientAnswer?[] _answers = new RecipientAnswer?[mail.Recipients.Length];
    private readonly Queue<(SessionPhase Phase, int Recipient)> _asked = new();
    private SessionPhase _next = SessionPhase.Mail;
    private int _nextRecipient;
    private int _accepted;
    private Reply? _mailRefusal;
    private Reply? _dataReply;
    private bool _heard;
    private bool _dotSent;

    /// <summary>RFC 2033 §4.2: the final dot is answered once for each recipient that was accepted, in their order. Default false: once.</summary>
    public bool Lmtp { get; init; }

    /// <summary>A transaction was begun and not ended: RSET must come before the next MAIL.</summary>
    public bool LeavesReset { get; private set; }

    /// <summary>Nothing at all was heard from the host for this mail.</summary>
    public bool NothingHeard => !_heard;

    /// <summary>True when a final reply ended the transaction.</summary>
    public bool Finished { get; private set; }

    public async ValueTask<ImmutableArray<RecipientAnswer>> RunAsync(bool resetFirst)
    {
        _next = resetFirst ? SessionPhase.Reset : SessionPhase.Mail;
        AnswerUnasked();
        if (await ExchangeAsync())
            await FinishAsync();
        return ImmutableCollectionsMarshal.AsImmutableArray<RecipientAnswer>(_answers!);
    }

    /// <summary>Recipients about whom the host need not be asked: those that cannot be written, those beyond its limit (RFC 9422 §4.2).</summary>
    private void AnswerUnasked()
    {
        for (var i = 0; i < _answers.Length; i++)
            if (host.MaxRecipients > 0 && i >= host.MaxRecipients)
                _answers[i] = new RecipientAnswer(FailureClass.LineError, new Reply(452, new EnhancedStatus(4, 5, 3), "Too many recipients")) { TryAgainNow = true };
            else if (MailCommands.IsUnsafe(mail.Recipients[i].Mailbox) || MailCommands.IsUnsafe(mail.Recipients[i].OriginalRecipient))
                _answers[i] = new RecipientAnswer(FailureClass.Refused, new Reply(553, new EnhancedStatus(5, 1, 3), "Address cannot be sent by SMTP"));
    }

    /// <summary>Commands and replies up to the reply to DATA. False: the session is lost and every recipient has its answer.</summary>
    private async ValueTask<bool> ExchangeAsync()
    {
        while (true)
        {
            while (_asked.Count < (host.Pipelining ? GroupLimit : 1) && WriteNext())
            {
            }
            if (_asked.Count == 0)
                return true;
            var phase = _asked.Peek().Phase;
            await wire.FlushAsync(Limit(phase));
            while (_asked.TryDequeue(out var asked))
            {
                phase = asked.Phase;
                // A failed write shows here too, after whatever the host had said before it closed.
                var reply = await wire.ReadAsync(Limit(phase));
                if (reply is null || !Fits(phase, reply))
                    return Lost(phase, reply is null ? wire.Code : Trouble.Malformed);
                _heard = true;
                dialogue.Received(reply);
                if (reply.Code == 421)
                    return Lost(reply);
                On(asked.Phase, asked.Recipient, reply);
            }
        }
    }

    /// <summary>Writes the next command, if there is one to write before hearing more.</summary>
    private bool WriteNext()
    {
        switch (_next)
        {
            case SessionPhase.Reset:
                wire.Out.Write("RSET\r\n"u8);
                dialogue.Sent("RSET");
                _next = SessionPhase.Mail;
                _asked.Enqueue((SessionPhase.Reset, 0));
                return true;
            case SessionPhase.Mail:
                WriteMail();
                _next = SessionPhase.Rcpt;
                _asked.Enqueue((SessionPhase.Mail, 0));
                return true;
            case SessionPhase.Rcpt when _mailRefusal is null:
                return WriteRcpt() || WriteNext();
            case SessionPhase.Data when _mailRefusal is null && (_accepted > 0 || _asked.Any(a => a.Phase == SessionPhase.Rcpt)):
                wire.Out.Write("DATA\r\n"u8);
                dialogue.Sent("DATA");
                _next = SessionPhase.Content;
                _asked.Enqueue((SessionPhase.Data, 0));
                return true;
            default:
                return false;
        }
    }

    private void WriteMail()
    {
        var smtpUtf8 = host.SmtpUtf8 && HostConnection.NeedsSmtpUtf8(mail);
        MailCommands.Mail(wire.Out, mail, host, content.Length, mail.Has8Bit && ReferenceEquals(content, mail.Content), smtpUtf8);
        dialogue.Sent(mail);
        LeavesReset = true;
    }

    private bool WriteRcpt()
    {
        while (_nextRecipient < _answers.Length && _answers[_nextRecipient] is not null)
            _nextRecipient++;
        if (_nextRecipient == _answers.Length)
        {
            _next = SessionPhase.Data;
            return false;
        }
        MailCommands.Rcpt(wire.Out, mail.Recipients[_nextRecipient], host);
        dialogue.Sent(mail.Recipients[_nextRecipient]);
        _asked.Enqueue((SessionPhase.Rcpt, _nextRecipient++));
        return true;
    }

    private void On(SessionPhase phase, int recipient, Reply reply)
    {
        switch (phase)
        {
            case SessionPhase.Mail when !reply.IsPositive:
                // The replies of what was sent along in the same group still come; they say nothing more.
                _mailRefusal = reply;
                LeavesReset = false;
                AnswerRest(Failed(reply));
                break;
            case SessionPhase.Rcpt when _mailRefusal is null && reply.IsPositive:
                _accepted++;
                break;
            case SessionPhase.Rcpt when _mailRefusal is null:
                _answers[recipient] = IsTooMany(reply) ? new RecipientAnswer(FailureClass.LineError, reply) { TryAgainNow = true } : Failed(reply);
                break;
            case SessionPhase.Data:
                _dataReply = reply;
                break;
        }
    }

    /// <summary>
    /// RFC 5321 §4.5.3.1.10: 452, or 552 from old hosts, after accepted ones means "enough for this transaction". The same codes with a status
    /// other than x.5.3 speak of the mailbox or the disk.
    /// </summary>
    private bool IsTooMany(Reply reply) => _accepted > 0 && reply.Code switch
    {
        452 => reply.Status is null or { Subject: 5, Detail: 3 },
        552 => reply.Status is { Subject: 5, Detail: 3 },
        _ => false,
    };

    private async ValueTask FinishAsync()
    {
        if (_dataReply is null)
            return;
        if (_dataReply.Code != 354)
        {
            if (_dataReply.IsPositive)
                Lost(SessionPhase.Data, Trouble.Malformed);
            else
                AnswerRest(Failed(_dataReply));
            return;
        }
        if (_accepted == 0)
        {
            await SendLoneDotAsync();
            return;
        }
        dialogue.Sent(content);
        switch (await SendContentAsync())
        {
            case ContentEnd.Forbidden:
                dialogue.Note("cut before the final dot: this node may not deliver any more");
                wire.Cut();
                Lost(SessionPhase.Content, Trouble.GivenUp);
                break;
            case ContentEnd.Broken:
                await ExplainBrokenAsync();
                break;
            default:
                await HearFinalAsync();
                break;
        }
    }

    /// <summary>RFC 2920 §3.1: no recipient was accepted and the host takes content all the same. It gets none: a dot, and its answer is nobody's.</summary>
    private async ValueTask SendLoneDotAsync()
    {
        dialogue.Sent(".");
        await wire.WriteAsync(".\r\n"u8.ToArray(), Limit(SessionPhase.Content));
        var reply = await wire.ReadAsync(Limit(SessionPhase.FinalDot));
        LeavesReset = reply is null;
        if (reply is not null)
            dialogue.Received(reply);
        if (reply is null || reply.Code == 421)
            wire.Cut();
    }

    private async ValueTask HearFinalAsync()
    {
        if (Lmtp)
        {
            await HearEachAsync();
            return;
        }
        var reply = await wire.ReadAsync(Limit(SessionPhase.FinalDot));
        if (reply is null || !Fits(SessionPhase.FinalDot, reply))
        {
            Lost(SessionPhase.FinalDot, reply is null ? wire.Code : Trouble.Malformed);
            return;
        }
        dialogue.Received(reply);
        LeavesReset = false;
        Finished = true;
        AnswerRest(reply.IsPositive ? new RecipientAnswer(FailureClass.None, reply) : Failed(reply));
        if (reply.Code == 421)
            wire.Cut();
    }

    /// <summary>LMTP: what one recipient's mailbox says is nothing to the others. A session lost among the replies leaves those before it as they were answered.</summary>
    private async ValueTask HearEachAsync()
    {
        for (var i = 0; i < _answers.Length; i++)
        {
            if (_answers[i] is not null)
                continue;
            var reply = await wire.ReadAsync(Limit(SessionPhase.FinalDot));
            if (reply is null || !Fits(SessionPhase.FinalDot, reply))
            {
                Lost(SessionPhase.FinalDot, reply is null ? wire.Code : Trouble.Malformed);
                return;
            }
            dialogue.Received(reply);
            _answers[i] = reply.IsPositive ? new RecipientAnswer(FailureClass.None, reply) : Failed(reply);
            if (reply.Code == 421)
            {
                Lost(reply);
                return;
            }
        }
        LeavesReset = false;
        Finished = true;
    }

    /// <summary>The host closed in the middle of the content. It may have said why; a 250 at that point would be about something else.</summary>
    private async ValueTask ExplainBrokenAsync()
    {
        var code = wire.Code;
        if (await wire.LastWordsAsync() is { IsPositive: false } reply)
        {
            dialogue.Received(reply);
            AnswerRest(Failed(reply));
        }
        Lost(_dotSent ? SessionPhase.FinalDot : SessionPhase.Content, code);
    }

    private enum ContentEnd
    {
        Sent,
        Broken,
        Forbidden,
    }

    private async ValueTask<ContentEnd> SendContentAsync()
    {
        var inMemory = content.Memory;
        // A little room for doubled dots; more of them only cost a second write.
        var size = (int)Math.Min(WriteSize, inMemory is null ? 64 * 1024 : content.Length + content.Length / 32 + 64);
        var target = ArrayPool<byte>.Shared.Rent(size);
        var chunk = inMemory is null ? ArrayPool<byte>.Shared.Rent(64 * 1024) : [];
        try
        {
            await using var stream = inMemory is null ? content.OpenRead() : Stream.Null;
            return await SendContentAsync(inMemory ?? default, stream, chunk, target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(target);
            if (chunk.Length > 0)
                ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private async ValueTask<ContentEnd> SendContentAsync(ReadOnlyMemory<byte> source, Stream stream, byte[] chunk, byte[] target)
    {
        var stuffer = new DotStuffer();
        var filled = 0;
        while (true)
        {
            if (source.IsEmpty && chunk.Length > 0)
                source = chunk.AsMemory(0, await stream.ReadAsync(chunk));
            var atEnd = source.IsEmpty;
            stuffer.Stuff(source.Span, target.AsSpan(filled), out var read, out var written);
            source = source[read..];
            filled += written;
            // Content in memory is at its end when it is used up; a stream only when a read says so.
            atEnd |= source.IsEmpty && chunk.Length == 0;
            if (atEnd && target.Length - filled >= DotStuffer.FinishLength)
                return await SendLastAsync(target, filled + stuffer.Finish(target.AsSpan(filled)));
            if (source.IsEmpty && !atEnd && target.Length - filled > target.Length / 4)
                continue;
            if (!await wire.WriteAsync(target.AsMemory(0, filled), Limit(SessionPhase.Content)))
                return ContentEnd.Broken;
            filled = 0;
        }
    }

    private async ValueTask<ContentEnd> SendLastAsync(byte[] octets, int length)
    {
        // The last moment at which "this node owns the recipients" can still be asked: after this write the host has the mail (P4).
        if (!mail.MayFinish())
            return ContentEnd.Forbidden;
        _dotSent = true;
        return await wire.WriteAsync(octets.AsMemory(0, length), Limit(SessionPhase.Content)) ? ContentEnd.Sent : ContentEnd.Broken;
    }

    private static bool Fits(SessionPhase phase, Reply reply) => reply.Code is < 300 or >= 400 || phase == SessionPhase.Data;

    private static RecipientAnswer Failed(Reply reply) => new(Trouble.ClassOf(reply), reply);

    private bool Lost(SessionPhase phase, int code)
    {
        dialogue.Note($"session lost (code={(int)phase}/{code})");
        return Lost(Trouble.Lost(phase, code));
    }

    private bool Lost(Reply reply)
    {
        AnswerRest(new RecipientAnswer(FailureClass.LineError, reply, _dotSent));
        wire.Cut();
        return false;
    }

    private void AnswerRest(RecipientAnswer answer)
    {
        for (var i = 0; i < _answers.Length; i++)
            _answers[i] ??= answer;
    }

    private TimeSpan Limit(SessionPhase phase) => options.Limit(phase switch
    {
        SessionPhase.Rcpt => options.RcptTimeout,
        SessionPhase.Data => options.DataTimeout,
        SessionPhase.Content => options.BlockTimeout,
        SessionPhase.FinalDot => options.FinalDotTimeout,
        _ => options.MailTimeout,
    });
}

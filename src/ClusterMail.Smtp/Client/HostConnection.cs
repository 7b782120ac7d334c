using System.Buffers;
using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Client;

/// <summary>
/// One outbound SMTP or LMTP session: greeting, EHLO, STARTTLS, AUTH, any number of mails one after the other, QUIT. For one caller at a time. Between
/// mails <see cref="IsStale"/> tells whether the host has gone away.
/// </summary>
public sealed class HostConnection : IAsyncDisposable
{
    private static readonly TimeSpan Politeness = TimeSpan.FromSeconds(2);

    private readonly HostWire _wire;
    private readonly DeliveryOptions _options;
    private readonly Dialogue _dialogue;
    private bool _resetFirst;
    private bool _disposed;

    internal HostConnection(HostTarget target, DeliveryOptions options, HostWire wire, HostCapabilities capabilities)
    {
        Target = target;
        _options = options;
        _wire = wire;
        _dialogue = new Dialogue(options.RecordDialogue, options.Watched);
        Capabilities = capabilities;
    }

    public HostTarget Target { get; }

    /// <summary><c>TLSv1.3</c> and so on; null in clear text.</summary>
    public string? TlsVersion => _wire.TlsVersion;

    /// <summary>Why an opportunistic session is in clear although the host offers STARTTLS; null when TLS did not fail.</summary>
    public string? TlsFailure { get; internal init; }

    /// <summary>What the host offered, after TLS where there is TLS.</summary>
    public HostCapabilities Capabilities { get; }

    /// <summary>Mails sent so far over this session.</summary>
    public int MailsSent { get; private set; }

    /// <summary>The host closed the idle session, or said 421: open another one. Never blocks.</summary>
    public bool IsStale => _wire.IsStale;

    /// <summary>Connects and gets as far as the host being ready for MAIL. Network trouble is a value, never an exception.</summary>
    public static async Task<ConnectResult> OpenAsync(HostTarget target, DeliveryOptions options, CancellationToken cancel)
    {
        var first = await SessionOpening.RunAsync(target, options, tlsFailure: null, cancel);
        if (first.Connection is not null || target.Tls != TlsPolicy.Opportunistic || first.TlsFailure is null || cancel.IsCancellationRequested)
            return first;
        // RFC 7435 §1: an unauthenticated, failed TLS is no reason not to deliver where clear text would have been taken anyway.
        var second = await SessionOpening.RunAsync(target with { Tls = TlsPolicy.None }, options, first.TlsFailure, cancel);
        return second with { Dialogue = [.. first.Dialogue, .. second.Dialogue] };
    }

    /// <summary>Sends one mail. Never throws for network trouble or cancellation: recipients without an answer get OUT-5's reply.</summary>
    /// <exception cref="Exception">Only what reading the content threw; the session is cut then and nothing was delivered.</exception>
    public async Task<SendResult> SendAsync(OutboundMail mail, CancellationToken cancel)
    {
        _dialogue.Clear();
        if (LocalRefusal(mail) is { } refusal)
            return All(mail, FailureClass.Refused, refusal);
        if (!mail.Has8Bit || Capabilities.EightBitMime)
            return await SendAsync(mail, mail.Content, cancel);
        if (await SevenBitContent.TryConvertAsync(mail.Content) is not { } converted)
            return All(mail, FailureClass.Refused, new Reply(554, new EnhancedStatus(5, 6, 3), "Content cannot be converted to 7 bits without damage"));
        using (converted)
            return await SendAsync(mail, converted, cancel);
    }

    /// <summary>MAIL and RCPT without a content: whether the host would take a mail (APPROVE-408). The transaction is reset by the QUIT of <see cref="DisposeAsync"/>.</summary>
    /// <returns>The reply to MAIL, and to RCPT where MAIL was accepted; null where none came.</returns>
    public async Task<(Reply? Mail, Reply? Recipient)> TryAsync(ReversePath sender, Mailbox recipient, CancellationToken cancel)
    {
        if (MailCommands.IsUnsafe(sender.Mailbox) || MailCommands.IsUnsafe(recipient))
            return (new Reply(553, new EnhancedStatus(5, 1, 3), "Address cannot be sent by SMTP"), null);
        using var registration = _wire.CancelWith(cancel);
        var mail = await AskAsync($"MAIL FROM:<{sender.Stored}>\r\n");
        return mail is not { IsPositive: true } ? (mail, null) : (mail, await AskAsync($"RCPT TO:<{recipient}>\r\n"));
    }

    private async ValueTask<Reply?> AskAsync(string command)
    {
        _wire.Out.ResetWrittenCount();
        _wire.Out.Write(System.Text.Encoding.UTF8.GetBytes(command));
        return await _wire.FlushAsync(_options.Limit(_options.MailTimeout)) ? await _wire.ReadAsync(_options.Limit(_options.RcptTimeout)) : null;
    }

    /// <summary>QUIT, at most 2 s of politeness, and close.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!_wire.IsLost && !_wire.IsStale)
        {
            _wire.Out.ResetWrittenCount();
            _wire.Out.Write("QUIT\r\n"u8);
            if (await _wire.FlushAsync(Politeness))
                await _wire.ReadAsync(Politeness);
        }
        _wire.Dispose();
    }

    internal static bool NeedsSmtpUtf8(OutboundMail mail)
    {
        if (mail.NeedsSmtpUtf8 || mail.ReversePath.Mailbox is { NeedsSmtpUtf8: true })
            return true;
        foreach (var recipient in mail.Recipients)
            if (recipient.Mailbox.NeedsSmtpUtf8)
                return true;
        return false;
    }

    private async Task<SendResult> SendAsync(OutboundMail mail, MailContent content, CancellationToken cancel)
    {
        using var registration = _wire.CancelWith(cancel);
        var transaction = new MailTransaction(_wire, Target.MaxRecipients > 0 ? Capabilities.Within(Target.MaxRecipients) : Capabilities, _options, _dialogue, mail, content) { Lmtp = Target.Lmtp };
        var answers = await RunAsync(transaction);
        _resetFirst = transaction.LeavesReset;
        if (transaction.Finished)
            MailsSent++;
        var usable = !_wire.IsLost && (Capabilities.MaxMails == 0 || MailsSent < Capabilities.MaxMails);
        return new SendResult(answers, usable, _dialogue.ToLines(failed: Failed(answers)))
        {
            SessionWasStale = _wire.IsLost && MailsSent > 0 && transaction.NothingHeard && !cancel.IsCancellationRequested,
        };
    }

    private async Task<ImmutableArray<RecipientAnswer>> RunAsync(MailTransaction transaction)
    {
        try
        {
            return await transaction.RunAsync(_resetFirst);
        }
        catch
        {
            // The content could not be read (a lost database): what has gone out so far must never look like a whole mail.
            _wire.Cut();
            throw;
        }
    }

    /// <summary>What can be known without asking the host; nothing is sent then.</summary>
    private Reply? LocalRefusal(OutboundMail mail)
    {
        if (!Capabilities.SmtpUtf8 && NeedsSmtpUtf8(mail))
            return new Reply(550, new EnhancedStatus(5, 6, 7), "Host does not support SMTPUTF8");
        if (Capabilities.MaxSize > 0 && mail.Content.Length > Capabilities.MaxSize)
            return new Reply(552, new EnhancedStatus(5, 3, 4), $"Message size exceeds the host's limit of {Capabilities.MaxSize} octets");
        if (MailCommands.IsUnsafe(mail.ReversePath.Mailbox) || MailCommands.IsUnsafe(mail.EnvelopeId))
            return new Reply(553, new EnhancedStatus(5, 1, 7), "Reverse-path cannot be sent by SMTP");
        return null;
    }

    private SendResult All(OutboundMail mail, FailureClass failure, Reply reply)
    {
        _dialogue.Note($"not sent: {reply}");
        var answer = new RecipientAnswer(failure, reply);
        return new SendResult([.. Enumerable.Repeat(answer, mail.Recipients.Length)], !_wire.IsLost, _dialogue.ToLines(failed: true));
    }

    private static bool Failed(ImmutableArray<RecipientAnswer> answers)
    {
        foreach (var answer in answers)
            if (!answer.Delivered)
                return true;
        return false;
    }
}

/// <summary>How far an attempt to open a session got.</summary>
/// <param name="Connection">Null when it failed; then class and reply say why.</param>
/// <param name="Class">NoAnswer: no TCP connection. LineError: dropped, silent or 4xx afterwards. Refused: 5xx to greeting, EHLO or AUTH.</param>
/// <param name="Dialogue">Lines exchanged so far, for senderlog.</param>
public sealed record ConnectResult(HostConnection? Connection, FailureClass Class, Reply? Reply, ImmutableArray<string> Dialogue)
{
    /// <summary>Why TLS did not come about where the host offered it; null when it did, or was not tried. With a connection: it is in clear (opportunistic).</summary>
    public string? TlsFailure { get; init; }

    /// <summary>It is our credential the host refused, not the mail or its recipients.</summary>
    public bool AuthRefused { get; init; }
}

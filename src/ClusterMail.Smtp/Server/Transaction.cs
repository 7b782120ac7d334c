using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Smtp.Server;

/// <summary>Where a session stands between HELO and the end of a mail. Order and count only: no socket, no clock, no policy.</summary>
public abstract record Transaction
{
    /// <summary>Recipients of one mail where no setting limits them (LIMIT-3 with 0): the queue counts them with 16 bits. The rest is asked for again.</summary>
    public const int MostRecipients = 16_000;

    private Transaction() { }

    /// <summary>Before HELO or EHLO.</summary>
    public sealed record Unnamed : Transaction;

    /// <summary>Named, no mail begun.</summary>
    public sealed record Idle : Transaction;

    /// <summary>After MAIL, with the recipients so far.</summary>
    public sealed record Open(Envelope Envelope) : Transaction;

    /// <summary>One recipient too many was named: the mail is refused, not trimmed (LIMIT-4).</summary>
    public sealed record Overfull(Envelope Envelope) : Transaction;

    /// <summary>Between BDAT chunks.</summary>
    public sealed record Chunking(Envelope Envelope) : Transaction;

    /// <summary>A chunk was refused: until RSET or a new HELO every command of this mail is (RFC 3030 §2).</summary>
    public sealed record Spoiled : Transaction;

    public static Transaction Start { get; } = new Unnamed();
    public static Transaction None { get; } = new Idle();
    public static Transaction Lost { get; } = new Spoiled();

    /// <summary>The envelope so far; null outside a mail.</summary>
    public Envelope? Begun => this switch
    {
        Open(var e) => e,
        Overfull(var e) => e,
        Chunking(var e) => e,
        _ => null,
    };

    /// <summary>Whether <paramref name="command"/> may come now. Without refusal, <c>Next</c> holds once policy has agreed; with one, at once.</summary>
    public (Transaction Next, Reply? Refusal) On(SmtpCommand command, ReceiveOptions options) => (this, command) switch
    {
        (_, SmtpCommand.Helo or SmtpCommand.Ehlo) => (None, null),                                     // RFC 5321 §4.1.4
        (Unnamed, SmtpCommand.Rset) => (this, null),
        (_, SmtpCommand.Rset) => (None, null),
        (Unnamed, _) => (this, ServerReplies.HelloFirst),
        (Idle, SmtpCommand.Mail mail) => (new Open(mail.ToEnvelope()), null),
        (Open, SmtpCommand.Rcpt rcpt) => OnRecipient(rcpt.To, options),
        (Overfull, SmtpCommand.Rcpt or SmtpCommand.Data or SmtpCommand.Bdat) => (this, ServerReplies.TooManyRecipients),     // LIMIT-4
        (Open({ ForwardPaths.IsEmpty: false }), SmtpCommand.Data) => (this, null),
        (Open({ ForwardPaths.IsEmpty: false } e), SmtpCommand.Bdat) => (new Chunking(e), null),
        (Chunking, SmtpCommand.Bdat) => (this, null),
        (Open, SmtpCommand.Data or SmtpCommand.Bdat) => (this, ServerReplies.NoRecipients),
        _ => (this, ServerReplies.BadSequence),                                                        // RECV-27
    };

    private (Transaction Next, Reply? Refusal) OnRecipient(ForwardPath recipient, ReceiveOptions options)
    {
        var open = (Open)this;
        if (recipient.Mailbox.NeedsSmtpUtf8 && !open.Envelope.SmtpUtf8)
            return (this, ServerReplies.NeedsSmtpUtf8);
        if (open.Envelope.ForwardPaths.Length == MostRecipients)
            return (this, ServerReplies.LaterRecipients);
        if (options.MaxRecipients > 0 && open.Envelope.ForwardPaths.Length + 1 >= options.MaxRecipients)          // LIMIT-3
            return options.DeferExtraRecipients ? (this, ServerReplies.LaterRecipients) : (new Overfull(open.Envelope), ServerReplies.TooManyRecipients);
        return (new Open(open.Envelope.With(recipient)), null);
    }
}

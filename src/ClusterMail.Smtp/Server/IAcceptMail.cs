using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>Takes responsibility for finished mails. Implemented by Queue.</summary>
public interface IAcceptMail
{
    /// <summary>Whether mail can be taken now; null when yes. Otherwise the 4xx to answer MAIL with (database lost, lease lost, bytes waiting at their limit).</summary>
    Reply? Unavailable { get; }

    /// <summary>The number for the 354 line (MSGID-1). False when none can be had: answer 451.</summary>
    bool TryAllot(out MessageId id);

    /// <summary>
    /// Completes after the mail is committed, or cannot be (PIPE-20). The reply is the one to send: positive only after commit.
    /// Takes over <paramref name="mail"/>'s content. Does not throw for trouble; unknown trouble is a 4xx reply.
    /// </summary>
    ValueTask<Reply> AcceptAsync(ReceivedMail mail, CancellationToken cancel);
}

/// <summary>A mail whose last octet has arrived and which passed every check; nothing has been promised yet.</summary>
public sealed record ReceivedMail(MessageId Id, Envelope Envelope, MailContent Content, ContentFacts Facts, ClientConnection Client)
{
    /// <summary>The checks it passed, for what is still to be asked of them; null: it came without a session.</summary>
    public ITransactionPolicy? Transaction { get; init; }

    /// <summary>Recipients as the client named them; <see cref="Envelope"/> has them as they are stored.</summary>
    public Envelope Given { get; init; } = Envelope;
}

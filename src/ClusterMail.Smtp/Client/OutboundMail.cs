using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Client;

/// <summary>One mail for one host: the recipients that go there in this session (OUT-1).</summary>
public sealed record OutboundMail(ReversePath ReversePath, ImmutableArray<ForwardPath> Recipients, MailContent Content)
{
    public BodyType Body { get; init; }

    /// <summary>The content has octets above 127: without 8BITMIME at the host it is converted to quoted-printable (RECV-26).</summary>
    public bool Has8Bit { get; init; }

    /// <summary>An address or header needs SMTPUTF8: without it at the host the mail is refused locally with 5.6.7 (RECV-26).</summary>
    public bool NeedsSmtpUtf8 { get; init; }

    public Ret Ret { get; init; }
    public string? EnvelopeId { get; init; }

    /// <summary>
    /// Asked directly before the final dot is written: false when this node has lost the right to deliver. Then the connection is cut
    /// and no recipient counts as delivered (P4: two nodes never deliver one recipient at the same time).
    /// </summary>
    public Func<bool> MayFinish { get; init; } = static () => true;
}

/// <summary>What became of one mail at one host: one answer per recipient, in their order.</summary>
/// <param name="Answers">As many as the mail has recipients.</param>
/// <param name="ConnectionUsable">The session may carry another mail.</param>
/// <param name="Dialogue">The lines exchanged for this mail, for senderlog (LOG-25, LOG-26): <c>-&gt; MAIL FROM:…</c>, <c>&lt;- 250 …</c>. Never content, AUTH as ***.</param>
public sealed record SendResult(ImmutableArray<RecipientAnswer> Answers, bool ConnectionUsable, ImmutableArray<string> Dialogue)
{
    /// <summary>
    /// The session had carried mail before and was gone when this one began, without a word to it: the host closes idle sessions. The mail
    /// may go over a fresh session at once, and this does not count as an attempt.
    /// </summary>
    public bool SessionWasStale { get; init; }
}

/// <summary>How a host answered for one recipient.</summary>
/// <param name="Class">None when delivered.</param>
/// <param name="Reply">The host's own reply, or the one OUT-5 prescribes for a lost or silent session.</param>
/// <param name="DotWasSent">The final dot had gone out before the trouble: the host may have the mail (P4 "possible duplicate").</param>
public sealed record RecipientAnswer(FailureClass Class, Reply Reply, bool DotWasSent = false)
{
    public bool Delivered => Class == FailureClass.None;

    /// <summary>
    /// Not refused, only one too many for this transaction (452, RFC 5321 §4.5.3.1.10): the recipient may go in a further mail to the same host at
    /// once. Only set when others of the mail were taken or answered, so that sending again always gets further.
    /// </summary>
    public bool TryAgainNow { get; init; }
}

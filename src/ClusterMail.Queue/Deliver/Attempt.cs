using System.Collections.Immutable;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Dsn;
using ClusterMail.Queue.Schedule;
using ClusterMail.Routing;
using ClusterMail.Smtp.Client;
using ClusterMail.Store;

namespace ClusterMail.Queue.Deliver;

/// <summary>One attempt at one work over one or more hosts: which recipients still need an answer, and the answers so far.</summary>
public sealed class Attempt(Work work)
{
    private readonly Answer?[] _answers = new Answer?[work.Recipients.Length];
    private readonly List<string> _dialogue = [];
    private readonly int[] _same = work.Deliveries();
    private int[] _asked = [];

    /// <param name="SupportsDsn">The host passes NOTIFY on, so a success report is its business (RFC 3461 §5.2.2).</param>
    public sealed record Answer(RecipientAnswer Reply, string Host, string Address, int Port, string? Tls, bool SupportsDsn);

    public Work Work => work;

    /// <summary>Whose login the session has; null: nobody's own.</summary>
    public Mailbox? LoggedInAs { get; init; }
    public IReadOnlyList<Answer?> Answers => _answers;
    public ImmutableArray<string> Dialogue => [.. _dialogue];

    /// <summary>Some host has answered already: what it said must be recorded.</summary>
    public bool IsBegun => _answers.Any(answer => answer is not null);

    /// <summary>Some recipients were one too many for the transaction and go at once in another.</summary>
    public bool Again => _answers.Any(answer => answer?.Reply.TryAgainNow == true);

    public bool HasLineErrors => _answers.Any(answer => answer is null || IsOpen(answer));

    // A host that may have the mail already is not doubled by asking its neighbour.
    private static bool IsOpen(Answer answer) => answer.Reply is { Class: FailureClass.LineError or FailureClass.NoAnswer, DotWasSent: false };

    /// <summary>The mail for the recipients that have no final answer yet.</summary>
    public OutboundMail ToMail(MailContent content)
    {
        _asked = [.. Enumerable.Range(0, _answers.Length).Where(i => _same[i] == i && (_answers[i] is null || IsOpen(_answers[i]!)))];
        var mail = work.Mail;
        return new OutboundMail(Sender(), [.. _asked.Select(i => ToPath(work.Recipients[i], work.Way(i)))], content)
        {
            Body = mail.Body,
            Has8Bit = mail.Has8Bit,
            NeedsSmtpUtf8 = mail.SmtpUtf8,
            Ret = mail.Ret,
            EnvelopeId = mail.EnvelopeId,
            MayFinish = () => work.Lease.IsValid,
        };
    }

    /// <summary>
    /// APPROVE-426: what we wrote and could not send with its sender's login goes with another's, and then in the name of that one, because a provider takes no other
    /// MAIL FROM from it. Whoever reads it sees the same From: as ever.
    /// </summary>
    private ReversePath Sender()
    {
        var sender = ReversePath.FromStored(work.Mail.ReversePath);
        return !sender.IsNull && LoggedInAs is { } account && work.Route.Gateways is [{ Login.Instead: { } instead }, ..] && instead.SameAs(account) ? new ReversePath(account) : sender;
    }

    public void Note(HostConnection connection, SendResult result)
    {
        var target = connection.Target;
        for (var i = 0; i < _asked.Length; i++)
            _answers[_asked[i]] = new Answer(result.Answers[i], target.Host, target.Address.ToString(), target.Port, connection.TlsVersion, connection.Capabilities.Dsn);
        for (var i = 0; i < _same.Length; i++)
            _answers[i] = _answers[_same[i]];
        _dialogue.AddRange(result.Dialogue);
    }

    /// <summary>A further host could not be reached: what the first one said stands (RETRY-15), only the dialogue grows.</summary>
    public void NoteFailure(OutboundWorker.Failure failure) => _dialogue.AddRange(failure.Dialogue);

    // A mail store knows its mailboxes by the accounts' own addresses. Where an alias changed the address, the one the sender wrote goes along (RFC 3461 §4.2).
    private static ForwardPath ToPath(ClaimedRecipient recipient, Route way) => new(way.Account?.Address ?? way.Envelope ?? Mailbox.FromStored(recipient.ForwardPath))
    {
        Notify = recipient.Notify,
        OriginalRecipient = recipient.OriginalRecipient ?? (way.Envelope is null || !System.Text.Ascii.IsValid(recipient.ForwardPath) ? null : $"rfc822;{Xtext.Encode(recipient.ForwardPath)}"),
    };
}

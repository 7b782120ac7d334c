using ClusterMail.Policy.Relay;
using ClusterMail.Protocol;

namespace ClusterMail.Policy;

/// <summary>
/// The checks of one transaction in the order of chapter 01 F: <see cref="Mail"/> once, then <see cref="Recipient"/> for each recipient.
/// Pure but for the memory of MAIL; used by one session at a time.
/// </summary>
public sealed class AcceptancePipeline
{
    private readonly PolicySnapshot _snapshot;
    private readonly ClientFacts _client;
    private readonly ICollection<PolicyStep>? _trace;
    private RelayDecision? _relay;

    internal AcceptancePipeline(PolicySnapshot snapshot, ClientFacts client, ICollection<PolicyStep>? trace)
    {
        _snapshot = snapshot;
        _client = client;
        _trace = trace;
    }

    /// <summary>PIPE-3 to PIPE-8.</summary>
    /// <param name="blank">Nothing at all stood after <c>FROM:</c> (RECV-25).</param>
    /// <param name="declaredSize">SIZE= in octets; 0 when not declared.</param>
    public Verdict Mail(ReversePath sender, bool blank, long declaredSize = 0)
    {
        var match = _snapshot.Relay.Match(_client.Address, SenderFacts.Of(sender, blank));
        var relay = new RelayDecision(match, _snapshot.ClassifySender(sender), _client.Authenticated, _snapshot.Switches);
        _relay = relay;

        var verdict = Told("MAIL", "PIPE-3 relay list", relay.List());
        // Before the sender is looked up, so that a stranger on a users' port cannot ask who exists here.
        if (verdict.Accepted)
            verdict = Told("MAIL", "PIPE-6 AUTH demand", Submission());
        if (verdict.Accepted)
            verdict = Told("MAIL", "PIPE-4 sender", relay.Sender(sender.Mailbox));
        if (verdict.Accepted)
            verdict = Told("MAIL", "PIPE-8 declared size", Size(declaredSize));
        return Counted("MAIL", verdict.Accepted ? Verdict.Accept(relay.Decided) : verdict);
    }

    /// <summary>PIPE-10 to PIPE-13 for one recipient.</summary>
    /// <exception cref="InvalidOperationException">Without a <see cref="Mail"/> before it: our bug.</exception>
    public Verdict Recipient(Mailbox recipient)
    {
        var relay = _relay ?? throw new InvalidOperationException("A recipient before MAIL.");
        // Whoever the administrator is and wherever: his mail is ours to take, not a stranger's to relay.
        if (PolicySnapshot.IsBarePostmaster(recipient) && _snapshot.Postmaster is not null)
            return Counted("RCPT", Told("RCPT", "bare postmaster", Verdict.Accept("RFC 5321 4.5.1")));
        var kind = _snapshot.ClassifyRecipient(recipient);
        var verdict = Told("RCPT", "PIPE-11 relay table", relay.Recipient(recipient, kind));
        if (verdict.Accepted && kind == AddressClass.LocalExisting && NamesAWayOn(recipient) && !relay.Trusted)
            verdict = Told("RCPT", "PIPE-11 routed local part", Verdict.Refuse(PolicyReplies.NoRelay, "RELAY-31"));
        return Counted("RCPT", verdict);
    }

    /// <summary>
    /// CONF-23: a listener for users takes mail after AUTH only. No line of the relay list waives it: those lines are about port 25, and
    /// whoever may send without AUTH has that port.
    /// </summary>
    private Verdict Submission() => _client is { Submission: true, Authenticated: false }
        ? Verdict.Refuse(PolicyReplies.AuthenticationRequired, "CONF-23")
        : Verdict.Accept("CONF-23");

    private Verdict Size(long declared) => _snapshot.MaxBytes > 0 && declared > _snapshot.MaxBytes
        ? Verdict.Refuse(PolicyReplies.TooLarge, "LIMIT-1")
        : Verdict.Accept("LIMIT-1");

    /// <summary>
    /// <c>user%other.example@example.jp</c>, <c>host!user@…</c>, <c>"user@other.example"@…</c>: refused to strangers, because the server
    /// behind us might follow the way, and we would have been the open door (outside to outside in Table I).
    /// </summary>
    private static bool NamesAWayOn(Mailbox recipient) => recipient.LocalPart.AsSpan().ContainsAny('%', '!', '@');

    private Verdict Told(string stage, string check, in Verdict verdict)
    {
        _trace?.Add(new PolicyStep(stage, check, verdict.Rule, verdict.Refusal?.ToString() ?? "passed"));
        return verdict;
    }

    private Verdict Counted(string stage, in Verdict verdict)
    {
        // A dry run is no refusal of anybody.
        if (_trace is null && !verdict.Accepted)
            PolicyMetrics.Refused(stage, verdict.Rule);
        return verdict;
    }
}

using ClusterMail.Accounts;
using ClusterMail.Approval.Policies;
using ClusterMail.Policy.Auth;
using ClusterMail.Policy.Personal;
using ClusterMail.Policy.Relay;
using ClusterMail.Policy.Trust;
using ClusterMail.Protocol;

namespace ClusterMail.Policy;

/// <summary>
/// The checks of one transaction in the order of chapter 01 F: <see cref="Mail"/> once, <see cref="Recipient"/> for each recipient, <see cref="Data"/>, then
/// <see cref="Content"/>. Remembers what it has seen since MAIL; used by one session at a time.
/// </summary>
public sealed class AcceptancePipeline
{
    private readonly PolicySnapshot _snapshot;
    private readonly ClientFacts _client;
    private readonly DateTimeOffset _now;
    private readonly ICollection<PolicyStep>? _trace;
    private readonly Account? _identity;
    private readonly bool _inside;
    private readonly List<(Mailbox Recipient, Account Account)> _local = [];
    private RelayDecision? _relay;
    private SenderFacts _facts;
    private Resolution _sender = null!;
    private ReversePath _path;
    private Verdict? _forbidden;

    internal AcceptancePipeline(PolicySnapshot snapshot, ClientFacts client, ICollection<PolicyStep>? trace)
    {
        _snapshot = snapshot;
        _client = client;
        _now = client.At ?? DateTimeOffset.UtcNow;
        _trace = trace;
        _identity = snapshot.Authenticated(client.AuthenticatedAs);
        _inside = snapshot.Internal.Contains(client.Address);
        Approval = snapshot.Approval;
    }

    private bool IsAuthenticated => _identity is not null;

    /// <summary>The client is an internal server: its users have logged in there (APPROVE-447).</summary>
    public bool IsInside => _inside;

    /// <summary>What approval decides by to the end of this transaction (APPROVE-23).</summary>
    public ApprovalPolicy Approval { get; }

    /// <summary>Whose policies the mail has to pass; of the last <see cref="Mail"/>.</summary>
    public OutgoingMail Outgoing { get; private set; } = new(ReversePath.Null, [], false);

    /// <summary>Whoever sends this proved who he is, or the operator named his address: what DNS says of senders is not asked (CONF-19). After <see cref="Mail"/>.</summary>
    public bool IsKnown => IsAuthenticated || _relay is { IsNamed: true };

    /// <summary>PIPE-3 to PIPE-8.</summary>
    /// <param name="blank">Nothing at all stood after <c>FROM:</c> (RECV-25).</param>
    /// <param name="declaredSize">SIZE= in octets; 0 when not declared.</param>
    public Verdict Mail(ReversePath sender, bool blank, long declaredSize = 0)
    {
        (_path, _facts, _sender, _forbidden) = (sender, SenderFacts.Of(sender, blank), Inside(_snapshot.ResolveSender(sender)), null);
        _local.Clear();
        var relay = new RelayDecision(
            _snapshot.Relay.Match(_client.Address, _facts), ClassOfSender(), IsAuthenticated, _snapshot.Switches, _snapshot.IsDenied(_client.Address, _now), _inside);
        _relay = relay;
        Outgoing = new OutgoingMail(sender, Requesters.AtMail(_identity, sender, _sender), relay.Trusted || _snapshot.Switches.TrustEnvelopeSender) { IsFromInside = _inside };

        var verdict = Told("MAIL", "PIPE-3 relay list", relay.List());
        // Before the sender is looked up, so that a stranger on a users' port cannot ask who exists here.
        if (verdict.Accepted)
            verdict = Told("MAIL", "PIPE-6 AUTH on a users' port", Submission());
        if (verdict.Accepted && !_snapshot.Internal.IsEmpty)
            verdict = Told("MAIL", "PIPE-4 sender of ours", Claim(relay));
        if (verdict.Accepted)
            verdict = Told("MAIL", "PIPE-4 sender", relay.Sender(sender.Mailbox, _sender.Rule));
        if (verdict.Accepted)
            verdict = Hours();
        if (verdict.Accepted)
            verdict = Told("MAIL", "PIPE-6 AUTH demand", Demand(relay));
        if (verdict.Accepted)
            verdict = Told("MAIL", "PIPE-7 sender trust", EnvelopeTrust());
        if (verdict.Accepted)
            verdict = Told("MAIL", "PIPE-8 declared size", Size(declaredSize));
        return Counted("MAIL", verdict.Accepted ? Verdict.Accept(relay.Decided) : verdict);
    }

    /// <summary>PIPE-10 to PIPE-12 for one recipient; what must be asked for is <see cref="MailboxAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">Without a <see cref="Mail"/> before it: our bug.</exception>
    public Verdict Recipient(Mailbox recipient)
    {
        var relay = _relay ?? throw new InvalidOperationException("A recipient before MAIL.");
        // Whoever the administrator is and wherever: his mail is ours to take, not a stranger's to relay.
        if (PolicySnapshot.IsBarePostmaster(recipient) && _snapshot.Postmaster is not null)
            return Counted("RCPT", Told("RCPT", "bare postmaster", Verdict.Accept("RFC 5321 4.5.1")));
        if (_snapshot.Directory.SubDomain.Contains(recipient))
            return Counted("RCPT", Told("RCPT", "PIPE-11 sub-domain", Decisions(relay, recipient)));
        var resolution = _snapshot.ResolveRecipient(recipient);
        var verdict = Destination(recipient, resolution);
        if (verdict.Accepted)
            verdict = Told("RCPT", "PIPE-11 relay table", Cell(relay, recipient, resolution));
        var decided = verdict.Rule;
        if (verdict.Accepted && resolution.Class == AddressClass.LocalExisting && NamesAWayOn(recipient) && !relay.Trusted)
            verdict = Told("RCPT", "PIPE-11 routed local part", Verdict.Refuse(PolicyReplies.NoRelay, "RELAY-31"));
        if (verdict.Accepted && resolution.Account is { } account)
            verdict = Told("RCPT", Of("PIPE-12 relay list", account), Personal(account));
        if (verdict.Accepted && resolution.Account is { } taken)
            _local.Add((recipient, taken));
        return Counted("RCPT", verdict.Accepted ? Verdict.Accept(decided) : verdict);
    }

    /// <summary>STORE-1 and PIPE-13, for a recipient that <see cref="Recipient"/> has accepted.</summary>
    public async ValueTask<Verdict> MailboxAsync(Mailbox recipient, long declaredSize, CancellationToken cancel)
    {
        if (_local.Count == 0 || _local[^1].Recipient != recipient)
            return Verdict.Accept("QUOTA-3");
        var account = _local[^1].Account;
        if (_snapshot.Directory.Domains.ByLdap(account.Address.Domain) && await MemberAsync(recipient, account, cancel).ConfigureAwait(false) is { Accepted: false } refused)
        {
            _local.RemoveAt(_local.Count - 1);
            return Counted("RCPT", Told("RCPT", "PIPE-12 directory group", refused));
        }
        var full = await _snapshot.Usage.IsFullAsync(account, declaredSize, exempt: _path.IsNull, cancel).ConfigureAwait(false);
        if (full)
            _local.RemoveAt(_local.Count - 1);
        return Counted("RCPT", Told("RCPT", "PIPE-13 mailbox size", full ? Verdict.Refuse(PolicyReplies.MailboxFull, "QUOTA-3") : Verdict.Accept("QUOTA-3")));
    }

    /// <summary>A stranger hears of somebody the directory does not let receive what he hears of somebody who does not exist.</summary>
    private async ValueTask<Verdict> MemberAsync(Mailbox recipient, Account account, CancellationToken cancel) =>
        await _snapshot.Receivers.MayReceiveAsync(account, cancel).ConfigureAwait(false) switch
        {
            true => Verdict.Accept("STORE-1"),
            null => Verdict.Refuse(PolicyReplies.Trouble, "STORE-2"),
            false => Verdict.Refuse(_relay!.Value.Recipient(recipient, AddressClass.LocalMissing).Refusal ?? PolicyReplies.UserUnknown(recipient), "STORE-1"),
        };

    /// <summary>PIPE-14, before the 354.</summary>
    public Verdict Data()
    {
        var verdict = _forbidden is { } forbidden && _snapshot.RejectWholeTransaction ? forbidden : Verdict.Accept("UTIME-5");
        if (verdict.Accepted && _snapshot.HoursForRecipients)
            foreach (var (recipient, account) in _local)
                if (verdict.Accepted && ClosedBy(account) is { } line)
                    verdict = Verdict.Refuse(PolicyReplies.RecipientOutOfHours(recipient), Closed("UTIME-5", line));
        return Counted("DATA", Told("DATA", "PIPE-14 transaction as a whole", verdict));
    }

    /// <summary>PIPE-17, after the final dot.</summary>
    public Verdict Content(in ContentFacts facts)
    {
        var verdict = _identity is not { } identity || _snapshot.Auth.Trust != SenderTrust.Header ? Verdict.Accept("TRUST-4")
            : facts is { FromHeaders: 1, From: { } text } && FromHeader.Single(text) is { } from && IsAddressOf(identity, from) ? Verdict.Accept("TRUST-3")
            : Verdict.Refuse(PolicyReplies.SenderMismatch, "TRUST-3");
        return Counted(".", Told(".", "PIPE-17 From: header", verdict));
    }

    /// <summary>
    /// PIPE-21: what is stored of the recipients. An alias that replaces its name stands as its real address (ALIAS-4); of several that lead to one real address
    /// the first stays, with the wishes of all.
    /// </summary>
    public Envelope Merge(Envelope envelope)
    {
        var merged = new List<(string Key, ForwardPath Path)>(envelope.ForwardPaths.Length);
        foreach (var path in envelope.ForwardPaths)
        {
            var resolution = _snapshot.ResolveRecipient(path.Mailbox);
            var key = resolution.Account is { } account ? $"#{account.Id}" : $"{resolution.Real.LocalPart}@{DomainName.Normalize(resolution.Real.Domain)}";
            var known = envelope.ForwardPaths.Length == 1 ? -1 : merged.FindIndex(other => other.Key == key);
            if (known < 0)
                merged.Add((key, resolution.Envelope == path.Mailbox ? path : path with { Mailbox = resolution.Envelope }));
            else
                merged[known] = (key, merged[known].Path with { Notify = Both(merged[known].Path.Notify, path.Notify) });
        }
        return envelope with { ForwardPaths = [.. merged.Select(one => one.Path)] };
    }

    /// <summary>RFC 3461: not said counts as "on failure"; NEVER stands alone, so it lasts only when both say it.</summary>
    private static Notify Both(Notify first, Notify second) =>
        first == second ? first : ((first == Notify.Unspecified ? Notify.Failure : first) | (second == Notify.Unspecified ? Notify.Failure : second)) & ~Notify.Never;

    /// <summary>
    /// CONF-23: a listener for users takes mail after AUTH only. No line of the relay list waives it: those lines are about port 25, and
    /// whoever may send without AUTH has that port.
    /// </summary>
    private Verdict Submission() => _client.Submission && !IsAuthenticated
        ? Verdict.Refuse(PolicyReplies.AuthenticationRequired, "CONF-23")
        : Verdict.Accept("CONF-23");

    /// <summary>APPROVE-456: whoever an internal server knows under a domain of ours is ours, registered here or not; a suspended account stays suspended.</summary>
    private Resolution Inside(Resolution sender) =>
        _inside && sender is { Class: AddressClass.LocalMissing, Rule: "RELAY-26" } ? sender with { Class = AddressClass.LocalExisting, Rule = "APPROVE-456" } : sender;

    /// <summary>Reports and receipts of an internal server's users have no sender and go out all the same; approval looks into them (APPROVE-9).</summary>
    private AddressClass ClassOfSender() => _inside && _facts.Kind == SenderKind.Null ? AddressClass.LocalExisting : _sender.Class;

    /// <summary>APPROVE-448: where the users of our domains have their own server, nobody else speaks for them unless he has logged in or was named by the operator.</summary>
    private Verdict Claim(in RelayDecision relay) =>
        relay.Trusted || _path.Mailbox is not { } mailbox || !(_snapshot.Directory.Domains.Contains(mailbox.Domain) || _snapshot.Directory.SubDomain.Contains(mailbox))
            ? Verdict.Accept("APPROVE-448")
            : Verdict.Refuse(PolicyReplies.InvalidSender, "APPROVE-448");

    /// <summary>
    /// APPROVE-448: the sub-domain takes decisions and commands of people we know; whether it is one is seen at its end. No policy is asked: a superior whose own mail is
    /// checked can still decide (APPROVE-141).
    /// </summary>
    private static Verdict Decisions(in RelayDecision relay, Mailbox recipient) =>
        relay.Trusted ? Verdict.Accept("APPROVE-448") : Verdict.Refuse(PolicyReplies.UserUnknown(recipient), "APPROVE-448");

    /// <summary>UTIME-4: of the account MAIL FROM names, and of the one that authenticated, so that another's name opens no door.</summary>
    private Verdict Hours()
    {
        if (_sender.Account is null && _identity is null)
            return Told("MAIL", "PIPE-5 usage hours", Verdict.Accept("UTIME-4"));
        var verdict = _sender.Account is { } sender ? Hours(sender) : Verdict.Accept("UTIME-4");
        return verdict.Accepted && _identity is { } identity && identity.Id != _sender.Account?.Id ? Hours(identity) : verdict;
    }

    private Verdict Hours(Account account) => Told("MAIL", Of("PIPE-5 usage hours", account), ClosedBy(account) is { } line
        ? Verdict.Refuse(PolicyReplies.SenderOutOfHours(_path.Stored), Closed("UTIME-4", line))
        : Verdict.Accept("UTIME-4"));

    /// <summary>The line of the account's hours that closes it now, 0 when its weekday has none; null: it is open.</summary>
    private int? ClosedBy(Account account) =>
        PersonalRules.Of(account).Hours is { } hours && _snapshot.ZoneOf(account) is var zone && !hours.Allow(_now, zone) ? hours.Line(_now, zone) : null;

    private static string Closed(string rule, int line) => line == 0 ? rule : $"{rule} line {line}";

    /// <summary>Whose table is asked; said only to whoever listens, because this runs for each recipient.</summary>
    private string Of(string check, Account account) => _trace is null ? check : $"{check} of {account.Address}";

    /// <summary>AUTH-3 to AUTH-6, AUTH-9, AUTH-15; waived by AUTH-14.</summary>
    private Verdict Demand(in RelayDecision relay)
    {
        var rules = _snapshot.Auth;
        if (!rules.Enabled || IsAuthenticated)
            return Verdict.Accept(rules.Enabled ? "AUTH-5" : "AUTH-1");
        if (relay.AuthWaived)
            return Verdict.Accept("AUTH-14");
        var rule = rules.Level == SecurityLevel.All ? "AUTH-4"
            : rules.Requires(_facts) ? "AUTH-15"
            : rules.Level == SecurityLevel.PerAccount && _sender.Account is { } account ? DemandOf(account)
            : null;
        return rule is null ? Verdict.Accept(rules.Level == SecurityLevel.Open ? "AUTH-3" : "AUTH-5")
            : Verdict.Refuse(_client.AuthFailed ? PolicyReplies.NeedAuthBeforeMail : PolicyReplies.NeedEhloBeforeAuth, rule);
    }

    private string? DemandOf(Account account) =>
        account.SmtpAuth ? account.Address.SameAs(_path.Mailbox!) ? "AUTH-5" : "AUTH-10"
        : _client.AuthFailed ? "AUTH-9"
        : null;

    /// <summary>
    /// TRUST-2, TRUST-5: MAIL FROM names the account that authenticated, itself or by an alias. The null path claims nobody, and receipts need it (RFC 8098 §3),
    /// so it passes.
    /// </summary>
    private Verdict EnvelopeTrust() => _identity is not { } identity || _snapshot.Auth.Trust == SenderTrust.Identity ? Verdict.Accept("TRUST-1")
        : _facts.Kind == SenderKind.Null || _sender.Account?.Id == identity.Id ? Verdict.Accept("TRUST-2")
        : Verdict.Refuse(PolicyReplies.SenderMismatch, "TRUST-2");

    // An account of shared domains has one address in each of them (DOM-9); an alias of it is not its address (TRUST-5).
    private bool IsAddressOf(Account identity, Mailbox from) =>
        _snapshot.Directory.Account(new Mailbox(AddressKey.Unquote(from.LocalPart), from.Domain))?.Id == identity.Id;

    private Verdict Size(long declared) => _snapshot.MaxBytes > 0 && declared > _snapshot.MaxBytes
        ? Verdict.Refuse(PolicyReplies.TooLarge, "LIMIT-1")
        : Verdict.Accept("LIMIT-1");

    /// <summary>
    /// PIPE-10, DEST-2: system, domain and account; all must allow. Mail that none of ours sends is not asked. The account that authenticated counts as well:
    /// another's name in MAIL FROM is no way around (APPROVE-7). What only the content can tell is decided at its end.
    /// </summary>
    private Verdict Destination(Mailbox recipient, Resolution resolution)
    {
        if (Outgoing.Requesters.IsEmpty)
            return Verdict.Accept("DEST-3");
        var judgement = Approval.AtRcpt(Outgoing, Offered(recipient, resolution));
        var reply = judgement switch { Judgement.Refuse refuse => refuse.Reply, Judgement.Trouble => PolicyReplies.Trouble, _ => null };
        if (judgement is Judgement.Refuse)
            _forbidden = Verdict.Refuse(reply!, $"DEST-9, {judgement.Rule}");
        return Told("RCPT", "PIPE-10 destination restriction", new Verdict(reply, judgement.Rule));
    }

    /// <summary>What approval has to know of a recipient: the address as given, and where an alias takes it when that lies outside (APPROVE-31).</summary>
    public OutgoingRecipient Offered(Mailbox recipient) => Offered(recipient, _snapshot.ResolveRecipient(recipient));

    private OutgoingRecipient Offered(Mailbox recipient, Resolution resolution) =>
        resolution.Account is null && resolution.Real != recipient && !_snapshot.Directory.Domains.Contains(resolution.Real.Domain)
            ? new OutgoingRecipient(recipient, [resolution.Real])
            : new OutgoingRecipient(recipient);

    private static Verdict Cell(in RelayDecision relay, Mailbox recipient, Resolution resolution)
    {
        var verdict = relay.Recipient(recipient, resolution.Class);
        return !verdict.Accepted && resolution.Rule == "ACCT-14" ? verdict with { Rule = "ACCT-14" } : verdict;
    }

    /// <summary>RELAY-40 to RELAY-43; the other recipients are not concerned.</summary>
    private Verdict Personal(Account account) => PersonalRules.Of(account).Relay.MatchPersonal(_client.Address, _facts) switch
    {
        null => Verdict.Accept("RELAY-43"),
        { Action: RelayAction.False } rule => Verdict.Refuse(PolicyReplies.InvalidSender, rule.Decided),
        var rule => Verdict.Accept(rule.Decided),
    };

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

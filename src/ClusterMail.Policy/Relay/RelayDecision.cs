using ClusterMail.Accounts;
using ClusterMail.Protocol;

namespace ClusterMail.Policy.Relay;

/// <summary>
/// The relay tables as one pure function: which line matched, who asks, from whom, to whom (RELAY-30 to RELAY-39, RELAY-60, RELAY-61).
/// Made per transaction; the recipients of it are asked one by one.
/// </summary>
internal readonly struct RelayDecision
{
    private readonly RelayMatch _match;
    private readonly RelaySwitches _switches;
    private readonly AddressClass _sender;
    private readonly bool _authenticated;
    private readonly bool _denied;
    private readonly bool _inside;

    /// <param name="sender">Class of MAIL FROM; the null and the empty path are outside.</param>
    /// <param name="denied">The client is on the list of dynamic denies.</param>
    /// <param name="inside">The client is an internal server.</param>
    public RelayDecision(in RelayMatch match, AddressClass sender, bool authenticated, RelaySwitches switches, bool denied = false, bool inside = false)
    {
        // APPROVE-448: as if it stood as default above all lines. A line that names it by its address was written for it and stands.
        _match = inside && match.Client is null or { Everyone: true } ? default : match;
        _inside = inside;
        // RELAY-51: after the # lines, before everything else; an IP that a static line now marks true or default was set free by that.
        _denied = denied && !match.Special && !match.KnownClient && !inside;
        _switches = switches;
        _authenticated = authenticated;
        // RELAY-38: whoever proved who he is has the rights of an existing local sender.
        _sender = authenticated ? AddressClass.LocalExisting : sender;
    }

    /// <summary>Printed as the deciding rule.</summary>
    public string Decided => _denied ? "RELAY-51" : _match.Deciding?.Decided ?? _match.Only?.Decided ?? (_inside ? "APPROVE-448" : "RELAY-31");

    /// <summary>Somebody answers for what is sent: the session is authenticated, or the operator named this client.</summary>
    public bool Trusted => _authenticated || _inside || _match.KnownClient || Action == RelayAction.True;

    /// <summary>The operator named this client by its address, and no filter denies it. A line about senders names nobody: anybody can claim one.</summary>
    public bool IsNamed => !_denied && (_inside || _match.KnownClient);

    /// <summary>RELAY-24: the AUTH a local sender owes at MAIL is waived. Users of an internal server have logged in there (APPROVE-448).</summary>
    public bool AuthWaived => _inside || Action == RelayAction.True || _match.Deciding?.Option == NoRelayOption.AuthWaived;

    private bool LowerHalf => _match is { Deciding: null, Only: not null };

    /// <summary>RELAY-61: anybody can claim a sender, so <c>true</c> for one is worth no more than <c>default</c>.</summary>
    private RelayAction Action => _denied ? RelayAction.False : _match.Deciding switch
    {
        null => RelayAction.Default,
        { ByClient: false, Action: RelayAction.True } when !_switches.EnvelopeTrue => RelayAction.Default,
        var rule => rule.Action,
    };

    /// <summary>PIPE-3: a <c>false</c> line. An IP line also ends the connection (RELAY-22).</summary>
    public Verdict List() => Action == RelayAction.False
        ? Verdict.Refuse(PolicyReplies.InvalidSender, Decided, close: _denied || _match.Deciding!.ByClient)
        : Verdict.Accept(Decided);

    /// <summary>PIPE-4: rows of the table that are all "no" end here (RELAY-30).</summary>
    /// <param name="missing">Why a local sender counts as missing: RELAY-26, ACCT-14, ACCT-4.</param>
    public Verdict Sender(Mailbox? mailbox, string missing) => (_sender, Action) switch
    {
        (_, RelayAction.True) => Verdict.Accept(Decided),
        (AddressClass.LocalMissing, _) => Verdict.Refuse(PolicyReplies.UserUnknown(mailbox!), missing),
        (AddressClass.LocalExisting, _) when LowerHalf => Verdict.Refuse(PolicyReplies.InvalidSender, Decided),
        _ => Verdict.Accept(Decided),
    };

    /// <summary>PIPE-11: one cell of the table.</summary>
    public Verdict Recipient(Mailbox mailbox, AddressClass recipient) => recipient switch
    {
        AddressClass.LocalMissing => Verdict.Refuse(PolicyReplies.UserUnknown(mailbox), Decided),
        AddressClass.LocalExisting => Verdict.Accept(Decided),
        _ => ToOutside(),
    };

    private Verdict ToOutside() => Action switch
    {
        RelayAction.True => Verdict.Accept(Decided),
        _ when LowerHalf || _sender != AddressClass.LocalExisting => Refused(Decided),
        RelayAction.NoRelay => _authenticated && _match.Deciding!.Option != NoRelayOption.NotEvenAuthenticated ? Verdict.Accept(Decided) : Refused(Decided),
        // Table I, local+ to outside: in the original the sender's own word is enough.
        _ => Trusted || _switches.TrustEnvelopeSender ? Verdict.Accept(Decided) : Refused("RELAY-60"),
    };

    private static Verdict Refused(string rule) => Verdict.Refuse(PolicyReplies.NoRelay, rule);
}

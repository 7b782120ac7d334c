using ClusterMail.Policy.Relay;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Policy;

/// <summary>Everything policy decides by, of one settings version. Built once per version, shared by all sessions, never changed (ADMIN-24).</summary>
public sealed class PolicySnapshot
{
    private readonly Func<Mailbox, AddressClass> _classify;

    private PolicySnapshot(SettingSet set, Func<Mailbox, AddressClass>? directory)
    {
        Version = set.Version;
        Switches = RelaySwitches.From(set);
        (Relay, var relayErrors) = RelayList.Parse(set.Text("relay.rules"), Switches);
        (Domains, var domainErrors) = OperatedDomains.Parse(set.Text("domain.table"));
        Errors = [.. relayErrors, .. domainErrors];
        MaxBytes = set.Integer("receive.max_bytes");
        Postmaster = set.Text("admin.address") is { Length: > 0 } administrator ? Mailbox.FromStored(administrator)
            : Domains.First is { } domain ? new Mailbox("postmaster", domain)
            : null;
        _classify = directory ?? Domains.Classify;
    }

    /// <summary>Checkers for the tables of this room, to register with <see cref="SettingsValidator"/>.</summary>
    public static IReadOnlyDictionary<string, TableCheck> TableChecks { get; } = new Dictionary<string, TableCheck>(StringComparer.Ordinal)
    {
        ["relay.rules"] = static (text, set) => RelayList.Parse(text, RelaySwitches.From(set)).Errors,
        ["domain.table"] = static (text, _) => OperatedDomains.Parse(text).Errors,
    };

    public long Version { get; }
    public RelaySwitches Switches { get; }
    public RelayList Relay { get; }
    public OperatedDomains Domains { get; }

    /// <summary>Lines that were left out, and warnings. A saved set has no errors; an imported one may.</summary>
    public IReadOnlyList<SettingError> Errors { get; }

    /// <summary>LIMIT-1, octets; 0: unlimited.</summary>
    public long MaxBytes { get; }

    /// <summary>
    /// Who gets mail for the bare <c>postmaster</c>, which every server must take (RFC 5321 §4.5.1): the administrator; else postmaster of the first
    /// operated domain; null, and the mail is refused, when there is neither.
    /// </summary>
    public Mailbox? Postmaster { get; }

    /// <summary>Gives the bare <c>postmaster</c> its domain; other addresses stay.</summary>
    public Mailbox Resolve(Mailbox recipient) => IsBarePostmaster(recipient) && Postmaster is { } postmaster ? postmaster : recipient;

    /// <summary>RFC 5321 §4.1.1.3: in any case, and no other name without a domain.</summary>
    internal static bool IsBarePostmaster(Mailbox recipient) =>
        recipient.Domain.Length == 0 && recipient.LocalPart.Equals("postmaster", StringComparison.OrdinalIgnoreCase);

    /// <param name="directory">Says the class of an address; null: by operated domains alone. Must not block.</param>
    public static PolicySnapshot Create(SettingSet set, Func<Mailbox, AddressClass>? directory = null) => new(set, directory);

    /// <summary>Starts a transaction on this version.</summary>
    /// <param name="trace">Gets each step with its rule and result; null on the hot path.</param>
    public AcceptancePipeline Begin(ClientFacts client, ICollection<PolicyStep>? trace = null) => new(this, client, trace);

    /// <summary>A sender without a domain, or none at all, is outside: <c>#nodomain</c> decides about it (RELAY-15).</summary>
    internal AddressClass ClassifySender(ReversePath path) =>
        path.Mailbox is { Domain.Length: > 0 } mailbox ? _classify(mailbox) : AddressClass.Outside;

    /// <summary>A recipient without a domain that is not <see cref="Postmaster"/> could only be one of ours, and is none: there is nowhere to send it.</summary>
    internal AddressClass ClassifyRecipient(Mailbox mailbox) =>
        mailbox.Domain.Length > 0 ? _classify(mailbox) : AddressClass.LocalMissing;
}

using System.Collections.Frozen;
using System.Net;
using ClusterMail.Accounts;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Policy.Auth;
using ClusterMail.Policy.Relay;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Policy;

/// <summary>Everything policy decides by, of one settings version. Built once per version, shared by all sessions, never changed (ADMIN-24).</summary>
public sealed class PolicySnapshot
{
    private readonly DynamicDenies _denies;
    private readonly FrozenDictionary<string, TimeZoneInfo> _zones;
    private readonly PolicyLevel _system;
    private readonly Func<PolicyLevel, PolicyBook> _book;
    private volatile ApprovalPolicy _approval;

    private PolicySnapshot(SettingSet set, AccountIndex accounts, AliasIndex aliases, DynamicDenies denies, IMailboxUsage usage, Func<PolicyLevel, PolicyBook> book)
    {
        (_denies, Usage) = (denies, usage);
        Version = set.Version;
        Switches = RelaySwitches.From(set);
        (Relay, var relayErrors) = RelayList.Parse(set.Text("relay.rules"), Switches);
        (var domains, var domainErrors) = OperatedDomains.Parse(set.Text("domain.table"));
        Directory = new MailDirectory(domains, accounts, aliases)
        {
            Administrator = set.Text("admin.address") is { Length: > 0 } address && !set.Switch("compat.postmaster.explicit_only") ? Mailbox.FromStored(address) : null,
            SubDomain = new SubDomain(set.Text("approval.sub_domain_label"), domains),
        };
        Internal = InternalServers.From(set);
        (var destinations, var destinationErrors) = ApprovalTable.Parse(set.Text("destination.rules"), "destination.rules");
        _system = new PolicyLevel(LevelKind.System, "", set.Version, destinations);
        _book = book;
        _approval = new ApprovalPolicy(ApprovalOptions.From(set), _book(_system));
        Auth = AuthRules.From(set);
        _zones = domains.All.Where(domain => domain.TimeZone.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(domain.TimeZone, out _))
            .ToFrozenDictionary(domain => domain.Name, domain => TimeZoneInfo.FindSystemTimeZoneById(domain.TimeZone));
        RejectWholeTransaction = set.Switch("compat.dest.reject_whole_transaction");
        HoursForRecipients = set.Switch("compat.usetime.receive");
        Errors = [.. relayErrors, .. domainErrors, .. destinationErrors];
        MaxBytes = set.Integer("receive.max_bytes");
        Postmaster = set.Text("admin.address") is { Length: > 0 } administrator ? Mailbox.FromStored(administrator)
            : domains.First is { } domain ? new Mailbox("postmaster", domain)
            : null;
    }

    /// <summary>Checkers for the tables and lists of this room, to register with <see cref="SettingsValidator"/>.</summary>
    public static IReadOnlyDictionary<string, TableCheck> TableChecks { get; } = new Dictionary<string, TableCheck>(StringComparer.Ordinal)
    {
        ["relay.rules"] = static (text, set) => RelayList.Parse(text, RelaySwitches.From(set)).Errors,
        ["domain.table"] = static (text, _) => OperatedDomains.Parse(text).Errors,
        ["destination.rules"] = static (text, _) => ApprovalTable.Parse(text, "destination.rules").Errors,
        ["approval.admins"] = static (text, _) => ApprovalOptions.CheckAddresses("approval.admins", text),
        ["approval.fallback"] = static (text, _) => ApprovalOptions.CheckAddresses("approval.fallback", text),
        ["approval.domains"] = static (text, _) => ApprovalDomains.Parse(text).Errors,
        ["approval.business_calendar"] = static (text, _) => BusinessCalendar.Parse(text).Errors,
        ["approval.sub_domain_label"] = CheckSubDomain,
        ["auth.methods"] = AuthRules.CheckMethods,
        ["auth.required_senders"] = static (text, _) => AuthRules.CheckRequired(text),
    };

    public long Version { get; }
    public RelaySwitches Switches { get; }
    public RelayList Relay { get; }

    /// <summary>Who brings mail of our users without AUTH (APPROVE-448).</summary>
    public InternalServers Internal { get; }

    /// <summary>Who must authenticate, and what is compared with it then.</summary>
    public AuthRules Auth { get; }

    /// <summary>Destination restrictions of server, domain and account, and their lines of approval (DEST-2, APPROVE-14).</summary>
    public ApprovalPolicy Approval
    {
        get
        {
            // Policies of domains and keyword lists change without a new version of the settings; whoever keeps them gives the same book while they have not.
            var (book, known) = (_book(_system), _approval);
            return ReferenceEquals(book, known.Book) ? known : _approval = new ApprovalPolicy(known.Options, book);
        }
    }

    /// <summary>DEST-9: one refused destination makes DATA fail for all.</summary>
    public bool RejectWholeTransaction { get; }

    /// <summary>UTIME-5: outside a recipient's hours DATA is answered 450.</summary>
    public bool HoursForRecipients { get; }

    /// <summary>Who knows whether a mailbox is full (PIPE-13).</summary>
    public IMailboxUsage Usage { get; }

    /// <summary>Who knows whether an account of a domain with <c>login=ldap</c> may receive (STORE-1).</summary>
    public IReceivers Receivers { get; private init; } = IReceivers.Unknown;

    /// <summary>Operated domains of this version, with accounts and aliases as they are now.</summary>
    public MailDirectory Directory { get; }

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

    /// <param name="accounts">Kept up to date by others, like all that follows; null: there are none.</param>
    /// <param name="book">All levels and keyword lists as they are now, with the system's level; null: there are only the system's and those of the accounts.</param>
    public static PolicySnapshot Create(
        SettingSet set, AccountIndex? accounts = null, AliasIndex? aliases = null, DynamicDenies? denies = null, IMailboxUsage? usage = null,
        Func<PolicyLevel, PolicyBook>? book = null, IReceivers? receivers = null) =>
        new(set, accounts ?? new AccountIndex(), aliases ?? new AliasIndex(), denies ?? new DynamicDenies(), usage ?? IMailboxUsage.Unlimited, book ?? OwnBook())
        {
            Receivers = receivers ?? IReceivers.Unknown,
        };

    /// <summary>Starts a transaction on this version.</summary>
    /// <param name="trace">Gets each step with its rule and result; null on the hot path.</param>
    public AcceptancePipeline Begin(ClientFacts client, ICollection<PolicyStep>? trace = null) => new(this, client, trace);

    /// <summary>
    /// Who MAIL FROM names. A sender without a domain, or none at all, is outside: <c>#nodomain</c> decides about it (RELAY-15). The account of a suspended
    /// user sends nothing (ACCT-4).
    /// </summary>
    internal Resolution ResolveSender(ReversePath path)
    {
        if (path.Mailbox is not { Domain.Length: > 0 } mailbox)
            return new Resolution(AddressClass.Outside, Nobody, Nobody, null, "outside");
        var resolution = Directory.Resolve(mailbox);
        return resolution.Account is { Suspended: true } ? resolution with { Class = AddressClass.LocalMissing, Account = null, Rule = "ACCT-4" } : resolution;
    }

    /// <summary>A recipient without a domain that is not <see cref="Postmaster"/> could only be one of ours, and is none: there is nowhere to send it.</summary>
    internal Resolution ResolveRecipient(Mailbox mailbox) =>
        mailbox.Domain.Length > 0 ? Directory.ResolveRecipient(mailbox) : new Resolution(AddressClass.LocalMissing, mailbox, mailbox, null, "RELAY-26");

    /// <summary>The account an earlier AUTH proved, if it may still use it: a session does not outlive the right to open it.</summary>
    internal Account? Authenticated(Mailbox? identity) =>
        identity is not null && Directory.Account(identity) is { Suspended: false, SmtpDisabled: false } account && (account.SmtpAuth || Auth.Level != SecurityLevel.PerAccount)
            ? account
            : null;

    /// <summary>RELAY-51: an address the operator named as <c>true</c>, <c>default</c> or <c>only</c>, or as internal server, is never denied by a filter, nor locked out.</summary>
    public bool IsNamed(IPAddress client) => Relay.Match(client, default).KnownClient || Internal.Contains(client);

    /// <summary>APPROVE-442: the sub-domain is not created as a domain; mail for that domain would be refused.</summary>
    private static IReadOnlyList<SettingError> CheckSubDomain(string label, SettingSet set) =>
        OperatedDomains.Parse(set.Text("domain.table")).Domains is var domains && domains.All.FirstOrDefault(domain => domains.Contains($"{label}.{domain.Name}")) is { } taken && label.Length > 0
            ? [new SettingError("approval.sub_domain_label", 0, 0, "APPROVE-442", $"{label}.{taken.Name} is an operated domain; take another label, or take that domain out of domain.table")]
            : [];

    private static Func<PolicyLevel, PolicyBook> OwnBook()
    {
        PolicyBook? book = null;
        return system => book ??= PolicyBook.OfSystem(system.Table, system.Version);
    }

    internal bool IsDenied(IPAddress client, DateTimeOffset now) => _denies.Find(client, now) is not null;

    /// <summary>UTIME-3: the zone of the account's domain, or the server's.</summary>
    internal TimeZoneInfo ZoneOf(Account account) => _zones.GetValueOrDefault(account.Address.Domain, TimeZoneInfo.Local);

    private static readonly Mailbox Nobody = new("", "");
}

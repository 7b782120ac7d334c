using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using ClusterMail.Settings;

namespace ClusterMail.Accounts;

/// <summary>
/// The setting <c>domain.table</c>: the operated domains, one a line, <c>'</c> or a blank in front for a comment.
/// <code>
/// example.jp relay
/// example.net routed
/// example.com local max_accounts=50 shared_with=example.net address=192.0.2.10,192.0.2.11 zone=Asia/Tokyo delivery=lmtp:192.0.2.20:24 login=ldap
/// </code>
/// </summary>
public sealed class OperatedDomains
{
    private const string Setting = "domain.table";
    private readonly FrozenDictionary<string, OperatedDomain> _domains;

    private OperatedDomains(IReadOnlyList<OperatedDomain> domains) =>
        (All, _domains) = (domains, domains.ToFrozenDictionary(domain => domain.Name, StringComparer.Ordinal));

    public static OperatedDomains None { get; } = new([]);

    /// <summary>In the order of the table.</summary>
    public IReadOnlyList<OperatedDomain> All { get; }

    /// <summary>The first line's domain; null when none is operated.</summary>
    public string? First => All.Count > 0 ? All[0].Name : null;

    public int Count => All.Count;

    /// <summary>Ignores case, a trailing dot, and whether the name came as U-labels or A-labels.</summary>
    public OperatedDomain? Find(string domain) => domain.Length == 0 ? null : _domains.GetValueOrDefault(DomainName.Normalize(domain));

    public bool Contains(string domain) => Find(domain) is not null;

    /// <summary>DOM-9: the domain under which the accounts of this one are kept; itself when it shares them with nobody.</summary>
    public string MailboxDomain(string domain) => Find(domain)?.SharedWith ?? domain;

    /// <summary>STORE-2: the directory proves the passwords of the accounts kept under this domain.</summary>
    public bool ByLdap(string domain) => Find(MailboxDomain(domain)) is { ByLdap: true };

    /// <summary>Faulty lines are left out and told.</summary>
    public static (OperatedDomains Domains, IReadOnlyList<SettingError> Errors) Parse(string text)
    {
        var domains = new List<OperatedDomain>();
        var errors = new List<SettingError>();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsEmpty || line[0] is '\'' or ' ')
                continue;
            var (domain, rule, complaint) = ParseLine(line.ToString());
            if (domain is not null && domains.Any(other => other.Name == domain.Name))
                (rule, complaint) = ("DOM-1", $"{domain.Name} stands above already");
            if (complaint is null)
                domains.Add(domain!);
            else
                errors.Add(new SettingError(Setting, number, 0, rule, complaint));
        }
        foreach (var lost in domains.Where(domain => domain.SharedWith is { } other && domains.All(d => d.Name != other || !d.Keeps || d.SharedWith is not null)).ToArray())
        {
            errors.Add(new SettingError(Setting, 0, 0, "DOM-9", $"{lost.Name}: shared_with={lost.SharedWith} names no local domain of this table that keeps its own accounts"));
            domains.Remove(lost);
        }
        return (new OperatedDomains(domains), errors);
    }

    private static (OperatedDomain? Domain, string Rule, string? Complaint) ParseLine(string line)
    {
        var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var name, "relay" or "local" or "routed" or "mixed", ..] || (words[1] == "relay" && words.Length > 2))
            return (null, "DOM-1", "must read: domain relay, or: domain local|routed|mixed [max_accounts=N] [shared_with=DOMAIN] [address=IP,IP] [zone=ZONE] [delivery=store|lmtp:HOST:PORT|route] [login=database|ldap]");
        if (!IsDomain(DomainName.Normalize(name)))
            return (null, "DOM-1", $"'{name}' is no domain name");
        var domain = new OperatedDomain(DomainName.Normalize(name))
        {
            Keeps = words[1] != "relay",
            PassesOn = words[1] is "routed" or "mixed",
            Delivery = words[1] == "routed" ? MailStore.Elsewhere : "",
        };
        foreach (var word in words.AsSpan(2))
        {
            var (next, rule, complaint) = Option(domain, word);
            if (complaint is not null)
                return (null, rule, complaint);
            domain = next!;
        }
        return (domain, "", null);
    }

    private static (OperatedDomain? Domain, string Rule, string? Complaint) Option(OperatedDomain domain, string word)
    {
        var sign = word.IndexOf('=', StringComparison.Ordinal);
        var (key, value) = sign < 0 ? (word, "") : (word[..sign], word[(sign + 1)..]);
        switch (key)
        {
            case "max_accounts":
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var most)
                    ? (domain with { MaxAccounts = most }, "", null) : (null, "DOM-2", $"max_accounts={value}: a whole number, 0 for unlimited");
            case "shared_with":
                return IsDomain(DomainName.Normalize(value)) ? (domain with { SharedWith = DomainName.Normalize(value) }, "", null) : (null, "DOM-9", $"shared_with={value}: a domain of this table");
            case "address":
                var addresses = value.Split(',').Select(text => IPAddress.TryParse(text, out var address) ? address : null).ToArray();
                return addresses.Contains(null) ? (null, "DOM-7", $"address={value}: addresses separated by commas") : (domain with { Addresses = addresses! }, "", null);
            case "zone":
                return TimeZoneInfo.TryFindSystemTimeZoneById(value, out _) ? (domain with { TimeZone = value }, "", null) : (null, "UTIME-3", $"zone={value}: no such time zone; write it like Asia/Tokyo");
            case "delivery":
                return IsDelivery(value) ? (domain with { Delivery = value }, "", null) : (null, "DELIV-10", $"delivery={value}: store, lmtp:HOST:PORT, or route");
            case "login":
                return value is "database" or "ldap" ? (domain with { ByLdap = value == "ldap" }, "", null) : (null, "STORE-2", $"login={value}: database, or ldap");
            default:
                return (null, "DOM-1", $"'{word}' is unknown here: max_accounts, shared_with, address, zone, delivery, login");
        }
    }

    /// <summary><c>store</c>, <c>lmtp:host:port</c> or <c>route</c>.</summary>
    public static bool IsDelivery(string text) =>
        text is "store" or MailStore.Elsewhere || MailStore.TryParse(text, out _);

    /// <summary>A normalised name of two labels or more: a domain without a dot, an address or a wildcard would make us answer for mail that is not ours.</summary>
    public static bool IsDomain(string name)
    {
        var labels = name.Split('.');
        return name.Length <= 253 && labels.Length >= 2 && !labels[^1].All(char.IsAsciiDigit) && labels.All(IsLabel);
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}

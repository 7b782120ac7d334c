using System.Collections.Frozen;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Policy;

/// <summary>
/// The setting <c>domain.table</c>: the operated domains, one a line as <c>example.jp relay</c>. Every address of such a domain exists
/// (local+) and is passed on by its route; <c>'</c> or a blank in front makes a comment.
/// </summary>
public sealed class OperatedDomains
{
    private const string Setting = "domain.table";
    private readonly FrozenSet<string> _domains;

    private OperatedDomains(HashSet<string> domains, string? first) => (_domains, First) = (domains.ToFrozenSet(StringComparer.Ordinal), first);

    /// <summary>The first line's domain; null when none is operated.</summary>
    public string? First { get; }

    public int Count => _domains.Count;

    /// <summary>Ignores case, a trailing dot, and whether the name came as U-labels or A-labels.</summary>
    public bool Contains(string domain) => _domains.Contains(DomainName.Normalize(domain));

    /// <summary>The class of an address as far as domains alone tell.</summary>
    public AddressClass Classify(Mailbox mailbox) => mailbox.Domain.Length > 0 && Contains(mailbox.Domain) ? AddressClass.LocalExisting : AddressClass.Outside;

    /// <summary>Faulty lines are left out and told.</summary>
    public static (OperatedDomains Domains, IReadOnlyList<SettingError> Errors) Parse(string text)
    {
        var domains = new HashSet<string>(StringComparer.Ordinal);
        string? first = null;
        var errors = new List<SettingError>();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsEmpty || line[0] is '\'' or ' ')
                continue;
            if (ParseLine(line.ToString(), domains) is { } complaint)
                errors.Add(new SettingError(Setting, number, 0, "DOM-1", complaint));
            else
                first ??= domains.Single();
        }
        return (new OperatedDomains(domains, first), errors);
    }

    private static string? ParseLine(string line, HashSet<string> domains)
    {
        var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var domain, "relay"])
            return "must read: domain relay";
        // A domain without a dot, an address or a wildcard would make us answer for mail that is not ours.
        var name = DomainName.Normalize(domain);
        var labels = name.Split('.');
        if (name.Length > 253 || labels.Length < 2 || labels[^1].All(char.IsAsciiDigit) || !labels.All(IsLabel))
            return $"'{domain}' is no domain name";
        return domains.Add(name) ? null : $"{domain} stands above already";
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}

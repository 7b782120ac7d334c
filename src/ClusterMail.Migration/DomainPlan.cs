using ClusterMail.Accounts;
using ClusterMail.Migration.Profiles;

namespace ClusterMail.Migration;

/// <summary>Which operated domains the tree has, and the lines of <c>domain.table</c> for them beside those the farm has.</summary>
internal sealed class DomainPlan
{
    private const string Setting = "domain.table";
    private readonly OperatedDomains _present;
    private readonly string _text;
    private readonly List<(string Name, List<int> Findings)> _found = [];

    public DomainPlan(EpostOptions options)
    {
        _text = options.Current.GetValueOrDefault(Setting) ?? "";
        _present = OperatedDomains.Parse(_text).Domains;
        Only = options.Domains.Count == 0 ? null : options.Domains.Select(domain => DomainName.Normalize(domain.Domain)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Null: whatever the tree names.</summary>
    public IReadOnlySet<string>? Only { get; }

    public IReadOnlyList<string> Names => [.. _found.Select(domain => domain.Name)];

    /// <summary>A domain that something in the tree names; asked again it is the same one.</summary>
    /// <param name="finding">That says so; -1: it has none of its own.</param>
    public void Add(string name, int finding, FindingLog log)
    {
        var domain = DomainName.Normalize(name.Trim());
        var told = finding >= 0 ? new List<int> { finding } : [];
        if (_found.Find(known => known.Name == domain) is { Name: not null } known)
            known.Findings.AddRange(told);
        else if (Only?.Contains(domain) == false)
        {
            if (finding >= 0)
                log.Replace(finding, FindingOutcome.Ignored, "not asked for (--domain)", "DOM-1");
        }
        else if (OperatedDomains.Parse($"{domain} local").Domains.Count == 0)
        {
            if (finding >= 0)
                log.Replace(finding, FindingOutcome.Ignored, $"'{Finding.Shown(domain)}' is no domain name", "DOM-1", isFault: true);
        }
        else if (_present.Find(domain) is { Keeps: false })
        {
            if (finding >= 0)
                log.Replace(finding, FindingOutcome.Ignored, $"the farm passes {domain} on and keeps no accounts for it: clustermail domain set {domain} --local, then import again", "DOM-1", isFault: true);
        }
        else
            _found.Add((domain, told));
    }

    /// <summary>The lines that are not there yet, behind those that are: no domain of the farm goes.</summary>
    /// <param name="common">Mailboxes are those of the user's name in every domain (mode 1, DOM-4, DOM-9).</param>
    public void Draft(SettingsDraft draft, FindingLog log, bool common)
    {
        var first = _found.Select(domain => domain.Name).FirstOrDefault(name => _present.Find(name) is null or { SharedWith: null });
        var added = _found.Where(domain => _present.Find(domain.Name) is null)
            .Select(domain => common && domain.Name != first ? $"{domain.Name} local shared_with={first}" : $"{domain.Name} local").ToArray();
        if (common && _found.Count > 1)
            foreach (var (name, finding) in _found.Where(domain => domain.Name != first).SelectMany(domain => domain.Findings.Select(finding => (domain.Name, finding))))
                log.Replace(finding, FindingOutcome.Changed, $"common mailboxes (共通ボックス): every account of {first} is one of {name} too", "DOM-9");
        var findings = _found.SelectMany(domain => domain.Findings).ToArray();
        if (added.Length > 0)
            draft.Put(Setting, string.Concat(_text.Length > 0 && !_text.EndsWith('\n') ? _text + "\n" : _text, string.Join('\n', added), "\n"), findings);
        else
            foreach (var finding in findings)
                log.Present(finding);
    }
}

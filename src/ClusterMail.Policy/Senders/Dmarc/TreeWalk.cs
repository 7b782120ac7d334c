using ClusterMail.Protocol;

namespace ClusterMail.Policy.Senders.Dmarc;

/// <summary>
/// The DNS tree walk of RFC 9989 §4.10: which records stand at a domain and above it, and from them the organisational domain. No list of public suffixes is
/// needed, so none has to be fetched and grows old.
/// </summary>
/// <param name="Found">From the domain upwards.</param>
/// <param name="Failed">DNS did not answer at some step.</param>
internal sealed record TreeWalk(string Domain, IReadOnlyList<(string Domain, DmarcRecord Record)> Found, bool Failed)
{
    /// <summary>Questions of one walk, and labels it starts its jump from (RFC 9989 §4.10).</summary>
    private const int MaxQueries = 8;

    /// <summary>Of the domain itself; null: it has none.</summary>
    public DmarcRecord? Own => Found is [var (domain, record), ..] && domain == Domain ? record : null;

    /// <summary>RFC 9989 §4.10.2; the domain itself when nothing is published.</summary>
    public string Organizational { get; } = OrganizationalOf(Domain, Found);

    /// <param name="domain">A-labels, lower case.</param>
    public static async Task<TreeWalk> FromAsync(IDnsRecords dns, string domain, CancellationToken cancel)
    {
        var found = new List<(string, DmarcRecord)>();
        var failed = false;
        var labels = domain.Split('.');
        for (var left = labels.Length; left > 0; left = left == labels.Length && left >= MaxQueries ? MaxQueries - 1 : left - 1)
        {
            var name = string.Join('.', labels[^left..]);
            var answer = DnsName.IsName($"_dmarc.{name}") ? await dns.TextAsync($"_dmarc.{name}", cancel).ConfigureAwait(false) : new(LookupEnd.NoSuchName, []);
            failed |= answer.End == LookupEnd.Failed;
            var records = answer.Records.Select(DmarcRecord.Parse).OfType<DmarcRecord>().Take(2).ToList();
            // Several contradict each other, so none counts.
            if (records.Count != 1)
                continue;
            found.Add((name, records[0]));
            if (records[0].PublicSuffix is not null)
                break;
        }
        return new TreeWalk(domain, found, failed);
    }

    private static string OrganizationalOf(string domain, IReadOnlyList<(string Domain, DmarcRecord Record)> found)
    {
        foreach (var (name, record) in found)
        {
            if (record.PublicSuffix == false)
                return name;
            if (record.PublicSuffix == true && name != domain)
                return string.Join('.', domain.Split('.')[^(name.Count(c => c == '.') + 2)..]);
        }
        return found.Count == 0 ? domain : found[^1].Domain;
    }
}

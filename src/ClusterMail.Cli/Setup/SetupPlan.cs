using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Setup;

/// <summary>From what is set and what was answered to what is to be saved. Only what is not there yet: repeating it changes nothing that exists (ADMIN-4). Pure.</summary>
/// <param name="Kept">What was answered otherwise than it is set, and stays as it is.</param>
internal sealed record SetupPlan(long Version, IReadOnlyList<SettingChange> Changes, IReadOnlyList<string> Kept)
{
    public const string HostName = "net.host_name";
    public const string AdminAddress = "admin.address";
    public const string DnsServers = "dns.servers";
    public const string DomainTable = "domain.table";

    public static SetupPlan Of(SettingsList current, SetupAnswers answers)
    {
        var changes = new List<SettingChange>();
        var kept = new List<string>();
        Take(current, HostName, answers.HostName, changes, kept);
        Take(current, AdminAddress, answers.AdminAddress, changes, kept);
        Take(current, DnsServers, answers.DnsServers is { Count: > 0 } servers ? string.Join(' ', servers) : null, changes, kept);
        var table = Value(current, DomainTable);
        var fresh = new List<string>();
        foreach (var domain in answers.Domains ?? [])
            if (Find(table, domain.Name) is not { } line)
                fresh.Add(Line(domain));
            else if (!line.Equals(Line(domain), StringComparison.OrdinalIgnoreCase))
                kept.Add(Words.Say($"{DomainTable} stays as it is for {domain.Name}: {line}"));
        if (fresh.Count > 0)
            changes.Add(new SettingChange(DomainTable, Joined(table, fresh)));
        return new SetupPlan(current.Version, changes, kept);
    }

    /// <summary>The table of domains with further lines.</summary>
    public static string Joined(string table, IEnumerable<string> lines) => $"{(table.Length == 0 || table.EndsWith('\n') ? table : table + "\n")}{string.Concat(lines.Select(line => line + "\n"))}";

    public static string Line(SetupDomain domain) => $"{domain.Name} {(string.IsNullOrWhiteSpace(domain.Kind) ? "relay" : domain.Kind.Trim())}";

    /// <summary>The line of a domain in the table; null: it has none.</summary>
    public static string? Find(string table, string name) =>
        Lines(table).FirstOrDefault(line => line.Split(' ', 2)[0].TrimEnd('.').Equals(name.TrimEnd('.'), StringComparison.OrdinalIgnoreCase));

    public static IEnumerable<string> Lines(string table) => table.ReplaceLineEndings("\n").Split('\n').Where(line => line.Length > 0 && line[0] is not ('\'' or ' '));

    /// <summary>The text that is set; empty: none is.</summary>
    public static string Value(SettingsList current, string name) => current.Settings.FirstOrDefault(s => s.Name == name)?.Value ?? "";

    private static void Take(SettingsList current, string name, string? answer, List<SettingChange> changes, List<string> kept)
    {
        var set = Value(current, name);
        if (set.Length == 0 && !string.IsNullOrWhiteSpace(answer))
            changes.Add(new SettingChange(name, answer.Trim()));
        else if (set.Length > 0 && !string.IsNullOrWhiteSpace(answer) && set != answer.Trim())
            kept.Add(Words.Say($"{name} stays as it is: {set}"));
    }
}

using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Approval.Policies;
using ClusterMail.Policy.Hours;
using ClusterMail.Policy.Relay;
using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>
/// Accounts in an archive: a line of the original's form for each (IMP-1, ten columns), and a section of its own for one that has what the form has no column for.
/// </summary>
internal static class ArchiveAccounts
{
    private const int MostFaults = 100;
    private const string Suspended = "suspended";
    private const string SmtpDisabled = "smtp_disabled";
    private const string Delivery = "delivery";
    private const string Hours = "hours";
    private const string Destinations = "destinations";
    private const string RelayRules = "relay_rules";
    private const string Superior = "superior";

    private static readonly Dictionary<string, string> Nothing = [];

    public static string Line(AccountRow row) => AccountFile.Write(
        new AccountFileRow(row.Name, null, row.FullName, row.Domain, row.Home, row.SmtpAuth, row.Apop, row.BoxLimit) { Pop3 = row.Pop3, Imap4 = row.Imap4 });

    /// <summary>What the line does not say; empty for most accounts.</summary>
    public static IReadOnlyDictionary<string, string> Rest(AccountRow row) => new (string Name, string Value)[]
    {
        (Suspended, row.Suspended ? "true" : ""), (SmtpDisabled, row.SmtpDisabled ? "true" : ""), (Delivery, row.Delivery), (Hours, row.Hours), (Destinations, row.Destinations), (RelayRules, row.RelayRules),
        (Superior, row.Superior),
    }.Where(pair => pair.Value.Length > 0).ToDictionary(pair => pair.Name, pair => pair.Value);

    /// <summary>All accounts of the archive, or what is wrong with it, by line of the file.</summary>
    /// <param name="domains">As they will be with the archive's settings.</param>
    /// <param name="credentials">By key of the address; an account that is not here keeps its password, or has none yet.</param>
    public static (IReadOnlyList<ArchivedAccount> Accounts, IReadOnlyList<Fault> Faults) Read(
        SettingsDocument document, OperatedDomains domains, IReadOnlyDictionary<string, StoredCredentials> credentials)
    {
        var accounts = new Dictionary<string, ArchivedAccount>(StringComparer.Ordinal);
        var faults = new List<Fault>();
        var number = document.LinesBefore.GetValueOrDefault(ArchiveParts.Accounts);
        foreach (var line in document.Parts.GetValueOrDefault(ArchiveParts.Accounts, "").Split('\n'))
        {
            number++;
            if (line.Length == 0 || faults.Count == MostFaults)
                continue;
            var (row, column, rule, complaint) = AccountFile.Parse(line);
            if (row is null)
                faults.Add(new Fault(ArchiveParts.Accounts, number, column == 0 ? null : column, rule, complaint!));
            else if (Keeper(domains, row.Domain) is not { } keeper)
                faults.Add(new Fault(ArchiveParts.Accounts, number, null, "DOM-1", $"'{Requests.Printable(row.Domain, 80)}' keeps no accounts by domain.table"));
            else if (!accounts.TryAdd(AccountIndex.Key(row.Name, keeper), Account(row, keeper, Of(document, row), credentials.GetValueOrDefault(AccountIndex.Key(row.Name, row.Domain)))))
                faults.Add(new Fault(ArchiveParts.Accounts, number, 1, "ACCT-1", $"{Requests.Printable(row.Name, 64)}@{keeper} stands above already"));
        }
        faults.AddRange(document.Accounts.SelectMany(account => Judge(document, account.Key, account.Value)).Take(MostFaults));
        return ([.. accounts.Values], faults);
    }

    private static IReadOnlyDictionary<string, string> Of(SettingsDocument document, AccountFileRow row) => document.Accounts.GetValueOrDefault($"{row.Name}@{row.Domain}", Nothing);

    private static string? Keeper(OperatedDomains domains, string name) => domains.Find(name) is { Keeps: true } domain ? domain.SharedWith ?? domain.Name : null;

    private static ArchivedAccount Account(AccountFileRow row, string domain, IReadOnlyDictionary<string, string> rest, StoredCredentials? credentials) => new(domain, new NewAccount(row.Name)
    {
        FullName = row.FullName,
        Home = row.Home,
        BoxLimit = row.BoxLimit,
        SmtpAuth = row.SmtpAuth,
        Apop = row.Apop,
        Pop3 = row.Pop3,
        Imap4 = row.Imap4,
        Delivery = rest.GetValueOrDefault(Delivery, ""),
        Credentials = credentials,
    })
    {
        Suspended = rest.GetValueOrDefault(Suspended) == "true",
        SmtpDisabled = rest.GetValueOrDefault(SmtpDisabled) == "true",
        Hours = rest.GetValueOrDefault(Hours, ""),
        Destinations = rest.GetValueOrDefault(Destinations, ""),
        RelayRules = rest.GetValueOrDefault(RelayRules, ""),
        Superior = rest.GetValueOrDefault(Superior, ""),
    };

    private static IEnumerable<Fault> Judge(SettingsDocument document, string address, IReadOnlyDictionary<string, string> values) =>
        values.SelectMany(value => Judge(value.Key, value.Value).Where(error => !error.IsWarning).Select(error =>
        {
            var line = document.LinesBefore.GetValueOrDefault($"{address} {value.Key}");
            return new Fault($"{Requests.Printable(address, 80)} {value.Key}", line + error.Line, error.Column == 0 ? null : error.Column, error.Rule, error.Message);
        }));

    private static IReadOnlyList<SettingError> Judge(string name, string value) => name switch
    {
        Hours => UsageHours.Parse(value).Errors,
        Destinations => ApprovalTable.Parse(value).Errors,
        RelayRules => RelayList.ParsePersonal(value).Errors,
        Delivery when !OperatedDomains.IsDelivery(value) => [new SettingError(name, 0, 0, "DELIV-10", "is no place to deliver to: store, lmtp:HOST:PORT, or route")],
        Superior when AccountDesk.SuperiorFault(value) is { } fault => [new SettingError(name, 0, 0, "APPROVE-20", fault)],
        Suspended or SmtpDisabled when value is not ("true" or "false") => [new SettingError(name, 0, 0, "ACCT-4", "must be true or false")],
        Suspended or SmtpDisabled or Delivery or Superior => [],
        _ => [new SettingError(name, 0, 0, "CONF-60", "is nothing an account has")],
    };
}

namespace ClusterMail.Store;

/// <summary>What there is to archive, as of one moment.</summary>
/// <param name="Upstream">Logins of the accounts at the next server, sealed; empty without the accounts.</param>
public sealed record ArchiveContent(SettingsSnapshot Settings, IReadOnlyList<AliasRow> Aliases, IReadOnlyList<ArchivedRow> Accounts, IReadOnlyList<NewUpstreamLogin> Upstream);

/// <param name="Credentials">Null: it has no password.</param>
public sealed record ArchivedRow(AccountRow Row, StoredCredentials? Credentials);

/// <summary>An account as an archive says it is.</summary>
/// <param name="Domain">As in the database: lower case, A-labels.</param>
public sealed record ArchivedAccount(string Domain, NewAccount Account)
{
    public bool Suspended { get; init; }
    public bool SmtpDisabled { get; init; }
    public string Hours { get; init; } = "";
    public string Destinations { get; init; } = "";
    public string RelayRules { get; init; } = "";
    public string Superior { get; init; } = "";
}

/// <summary>What an import writes.</summary>
/// <param name="Basis">Version of the settings that must still be the newest.</param>
/// <param name="WritesSettings">False: they are what they shall be, and no version is made.</param>
/// <param name="Aliases">The whole table as it shall be; null: it stays.</param>
/// <param name="Accounts">Created, or given these values where they exist. All others stay.</param>
/// <param name="MaxAccounts">By domain (DOM-2); one that is not here is unlimited.</param>
/// <param name="Upstream">Logins at the next server of some of these accounts; those of all others stay.</param>
/// <param name="Notes">What the audit is to say of the settings; accounts and aliases are noted as they are written.</param>
public sealed record ArchiveChange(
    long Basis, bool WritesSettings, IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Overrides,
    IReadOnlyList<AliasRow>? Aliases, IReadOnlyList<ArchivedAccount> Accounts, IReadOnlyDictionary<string, int> MaxAccounts, IReadOnlyList<NewUpstreamLogin> Upstream, Author By, string Comment,
    IReadOnlyList<AuditNote> Notes);

/// <summary>How an import went.</summary>
public abstract record ArchiveOutcome
{
    /// <param name="Aliases">Null: the archive has none.</param>
    public sealed record Applied(long Version, AliasDifference? Aliases, int Created, int Updated) : ArchiveOutcome;

    public sealed record Conflict(SaveResult.Conflict With) : ArchiveOutcome;

    public sealed record OverLimit(string Domain) : ArchiveOutcome;
}

namespace ClusterMail.Store;

/// <summary>An account to be created. Its domain is said once for all of a batch.</summary>
public sealed record NewAccount(string Name)
{
    public string FullName { get; init; } = "";

    /// <summary>For import and export only (STORE-3).</summary>
    public string Home { get; init; } = "";

    /// <summary>Octets; 0: the server's (QUOTA-1).</summary>
    public long BoxLimit { get; init; }
    public bool SmtpAuth { get; init; } = true;
    public bool Apop { get; init; }

    /// <summary>Null: on for a new account, as it is for one that exists (the import form of 8 columns does not say).</summary>
    public bool? Pop3 { get; init; }
    public bool? Imap4 { get; init; }
    public string Delivery { get; init; } = "";

    /// <summary>Null: no password, no login, until one is set (IMP-6); one that exists keeps its own.</summary>
    public StoredCredentials? Credentials { get; init; }
}

/// <summary>The forms in which a password is kept; all null: none.</summary>
public sealed record StoredCredentials(string? Hash, string? Scram, byte[]? Recoverable);

/// <summary>What became of one account of a batch.</summary>
public enum CreateOutcome : byte
{
    Created,

    /// <summary>Existed, and was changed because that was asked for.</summary>
    Updated,

    /// <summary>Existed, and was left as it is (IMP-4).</summary>
    Exists,

    /// <summary>DOM-2: the domain has as many accounts as it may have.</summary>
    OverLimit,
}

/// <summary>Changes to one account; what is null stays.</summary>
public sealed record AccountEdit
{
    public string? FullName { get; init; }
    public string? Home { get; init; }
    public long? BoxLimit { get; init; }
    public bool? SmtpAuth { get; init; }
    public bool? Apop { get; init; }
    public bool? Pop3 { get; init; }
    public bool? Imap4 { get; init; }
    public bool? Suspended { get; init; }
    public bool? SmtpDisabled { get; init; }
    public string? Delivery { get; init; }
    public string? Hours { get; init; }
    public string? Destinations { get; init; }
    public string? RelayRules { get; init; }
    public string? Superior { get; init; }
    public StoredCredentials? Credentials { get; init; }
}

/// <summary>An account as an administrator sees it. Never its password.</summary>
public sealed record AccountRow
{
    public required long Id { get; init; }
    public required string Domain { get; init; }
    public required string Name { get; init; }
    public required string FullName { get; init; }
    public required string Home { get; init; }
    public required long BoxLimit { get; init; }
    public required bool SmtpAuth { get; init; }
    public required bool Apop { get; init; }
    public required bool Pop3 { get; init; }
    public required bool Imap4 { get; init; }
    public required bool Suspended { get; init; }
    public required bool SmtpDisabled { get; init; }
    public required string Delivery { get; init; }
    public required string Hours { get; init; }
    public required string Destinations { get; init; }
    public required string RelayRules { get; init; }
    public required string Superior { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ChangedAt { get; init; }
    public required string ChangedBy { get; init; }

    /// <summary>Null: it is in force.</summary>
    public required DateTimeOffset? RemovedAt { get; init; }

    /// <summary>When its password was set; null: it has none.</summary>
    public required DateTimeOffset? PasswordAt { get; init; }

    /// <summary>The recoverable form; null: none is kept, or it was not asked for.</summary>
    public byte[]? Recoverable { get; init; }
}

/// <summary>Which accounts are wanted.</summary>
/// <param name="Domains">Null: all.</param>
/// <param name="Pattern">For the local part, <c>*</c> for anything; null: all. Compared without case.</param>
/// <param name="Removed">Those removed in the last 30 days instead of those in force.</param>
/// <param name="Suspended">Only those that are, or are not; null: both.</param>
/// <param name="After">Only those behind this one; null: from the first.</param>
/// <param name="Recoverable">With the recoverable form of the password.</param>
public sealed record AccountFilter(
    IReadOnlyCollection<string>? Domains, string? Pattern = null, bool Removed = false, bool? Suspended = null, AccountKey? After = null, int Limit = 100, bool Recoverable = false);

/// <summary>A place in the list of accounts.</summary>
public sealed record AccountKey(string Domain, string Name, long Id);

public enum RestoreOutcome : byte
{
    Restored,

    /// <summary>Nothing of that name was removed in the last 30 days.</summary>
    NotFound,

    /// <summary>An account of that address was created since.</summary>
    Exists,

    /// <summary>DOM-2.</summary>
    OverLimit,
}

namespace ClusterMail.Admin.Contract;

/// <summary>
/// <c>account list</c>. Query: <c>domain=</c>, <c>pattern=</c> (local part, <c>*</c> for anything), <c>removed=true</c>, <c>suspended=</c>, <c>limit=</c> (default 100, at
/// most 1000), <c>after=</c> (the <see cref="Next"/> of the page before).
/// </summary>
public sealed record AccountPage(IReadOnlyList<AccountEntry> Accounts, string? Next);

/// <summary>An account (ACCT-1). Its password is never shown.</summary>
/// <param name="BoxLimit">Octets; 0: the server's.</param>
/// <param name="Delivery">Empty: as its domain says.</param>
/// <param name="RemovedAt">Null: it is in force; else it can be restored for 30 days.</param>
/// <param name="PasswordAt">When its password was set; null: it has none, and cannot log in.</param>
public sealed record AccountEntry(
    string Address, string FullName, string Home, long BoxLimit, bool SmtpAuth, bool Apop, bool Pop3, bool Imap4, bool Suspended, bool SmtpDisabled, string Delivery,
    DateTimeOffset CreatedAt, DateTimeOffset ChangedAt, string ChangedBy, DateTimeOffset? RemovedAt, DateTimeOffset? PasswordAt)
{
    /// <summary>Tables it has of its own, by the words of <see cref="AccountTableNames"/>.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>Whom <c>@manager</c> of a policy asks for its mail; empty: nobody is named here.</summary>
    public string Superior { get; init; } = "";
}

/// <summary>What an administrator says of an account; what is null is left as it is, or for a new account at its default.</summary>
public record AccountFields
{
    /// <summary>Full name (氏名).</summary>
    public string? FullName { get; init; }

    /// <summary>For import and export only.</summary>
    public string? Home { get; init; }
    public long? BoxLimit { get; init; }
    public bool? SmtpAuth { get; init; }
    public bool? Apop { get; init; }
    public bool? Pop3 { get; init; }
    public bool? Imap4 { get; init; }

    /// <summary>ACCT-4: neither logs in nor sends; mail for it is still kept.</summary>
    public bool? Suspended { get; init; }

    /// <summary>ACCT-14: does not exist for SMTP.</summary>
    public bool? SmtpDisabled { get; init; }

    /// <summary>Empty: as its domain says; <c>store</c>; <c>lmtp:host:port</c>.</summary>
    public string? Delivery { get; init; }

    /// <summary>Whom <c>@manager</c> of a policy asks (APPROVE-20): an address; empty: nobody.</summary>
    public string? Superior { get; init; }
}

/// <summary>POST of a new account.</summary>
public sealed record AccountAdd : AccountFields
{
    public required string Address { get; init; }

    /// <summary>Null: none, until one is set.</summary>
    public string? Password { get; init; }
}

public sealed record AccountPassword(string Password);

/// <param name="Message">One line for the terminal.</param>
public sealed record AccountDone(string Address, string Message);

/// <summary>
/// What became of the lines of one part of a file of accounts. POST of its octets, at most 4 MiB and 1000 lines; a file is sent part by part, each split behind a line's end. Query:
/// <c>first=</c> (number of the part's first line), <c>encoding=</c> (utf-8, shift_jis, auto), <c>update=true</c>, <c>dryRun=true</c>.
/// </summary>
public sealed record AccountImportResult(IReadOnlyList<AccountImportLine> Lines);

/// <param name="Address">Empty where the line could not be read.</param>
/// <param name="Outcome">A word of <see cref="ImportOutcomes"/>.</param>
/// <param name="Reason">Null: as was asked for.</param>
public sealed record AccountImportLine(int Line, string Address, string Outcome, string? Reason = null, string? Rule = null);

/// <summary>What became of a line.</summary>
public static class ImportOutcomes
{
    public const string Created = "created";
    public const string Updated = "updated";

    /// <summary>IMP-4: the account exists, and stays as it is.</summary>
    public const string Skipped = "skipped";
    public const string Refused = "refused";
}

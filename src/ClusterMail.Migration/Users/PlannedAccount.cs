using ClusterMail.Accounts;

namespace ClusterMail.Migration.Users;

/// <summary>An account that is to be there. Its password, if it has one, is in the row and nowhere else.</summary>
/// <param name="Domain">Operated domain it belongs to, lower case, A-labels (IMP-3).</param>
/// <param name="Finding">Of its line.</param>
public sealed record PlannedAccount(string Domain, AccountFileRow Row, int Finding)
{
    public string Address => $"{Row.Name}@{Domain}";

    /// <summary>As the farm's import of accounts reads it (IMP-1), with its LF. Holds the password.</summary>
    public string Line => AccountFile.Write(Row);
    internal string Key => AccountIndex.Key(Row.Name, Domain);
}

/// <param name="Finding">Of its line.</param>
public sealed record PlannedAlias(Alias Alias, int Finding);

/// <summary>What an account has of its own beside its row; null: nothing of it is said.</summary>
public sealed record PlannedTables(string Address)
{
    /// <summary>As a <c>usetime.dat</c> (UTIME-3).</summary>
    public string? Hours { get; init; }

    /// <summary>As a <c>sender.dat</c> (05 G).</summary>
    public string? Destinations { get; init; }

    /// <summary>As an <c>effect.dat</c> (RELAY-40).</summary>
    public string? RelayRules { get; init; }

    /// <summary>ACCT-14.</summary>
    public bool SmtpDisabled { get; init; }

    /// <summary>Of the lines all this comes from.</summary>
    public IReadOnlyList<int> Findings { get; init; } = [];
}

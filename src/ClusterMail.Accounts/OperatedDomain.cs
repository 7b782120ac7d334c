namespace ClusterMail.Accounts;

/// <summary>One operated domain: a line of <c>domain.table</c> (05 A).</summary>
/// <param name="Name">Lower case, A-labels.</param>
public sealed record OperatedDomain(string Name)
{
    /// <summary>True: it has accounts, and an address without one does not exist. False (<c>relay</c>): every address exists and is passed on by its route.</summary>
    public bool Keeps { get; init; }

    /// <summary>
    /// APPROVE-400: <c>routed</c> and <c>mixed</c>. An address without an account exists all the same, on the server behind, and its mail is passed on; with accounts
    /// that are registered for what they may send.
    /// </summary>
    public bool PassesOn { get; init; }

    /// <summary>DOM-2: accounts it may have; 0: unlimited.</summary>
    public int MaxAccounts { get; init; }

    /// <summary>DOM-9: the domain under which its accounts are kept when it shares them with others (mode 1, 共通ボックス); else null.</summary>
    public string? SharedWith { get; init; }

    /// <summary>DOM-7: local addresses on which a login without a domain means this one.</summary>
    public IReadOnlyList<System.Net.IPAddress> Addresses { get; init; } = [];

    /// <summary>UTIME-3: IANA name; empty: the server's.</summary>
    public string TimeZone { get; init; } = "";

    /// <summary>STORE-2: passwords of its accounts are proved by the directory (<c>ldap.*</c>), and who receives stands there too (STORE-1). Default: both are the database's.</summary>
    public bool ByLdap { get; init; }

    /// <summary>Where the mail of its accounts is kept: empty or <c>store</c> here, <c>lmtp:host:port</c>, or <see cref="MailStore.Elsewhere"/> (a <c>routed</c> domain).</summary>
    public string Delivery { get; init; } = "";
}

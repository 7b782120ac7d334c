namespace ClusterMail.Ldap;

/// <summary>How a directory is asked: the settings <c>ldap.*</c> of one version (STORE-2, CONF-13).</summary>
public sealed record LdapOptions
{
    /// <summary>The word for <see cref="Group"/> that asks for no group.</summary>
    public const string Everybody = "*";

    /// <summary>Tried in this order; never empty.</summary>
    public required IReadOnlyList<LdapServer> Servers { get; init; }

    /// <summary>On <c>ldap://</c>: TLS before anything else is said (RFC 4511 §4.14). Default on; without it passwords cross the network in clear text.</summary>
    public bool StartTls { get; init; } = true;

    /// <summary>PEM file of the authorities trusted for the servers' certificates; empty: those of the machine.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>Who searches; empty: nobody in particular (anonymous).</summary>
    public string BindDn { get; init; } = "";
    public string BindPassword { get; init; } = "";

    /// <summary>DN below which accounts are searched, the whole subtree.</summary>
    public string Base { get; init; } = "";

    /// <summary>Finds an account's entry.</summary>
    public required LdapFilter Filter { get; init; }

    /// <summary>Attribute of the entry that must hold the account's address; empty: not compared.</summary>
    public string AddressAttribute { get; init; } = "mail";

    /// <summary>Attribute with the superior of an account, as DN of his entry or as his address; empty: it is not asked for.</summary>
    public string SuperiorAttribute { get; init; } = "manager";

    /// <summary>DN of the group whose members may receive and log in; empty: nobody (STORE-1); <see cref="Everybody"/>: whoever is found.</summary>
    public string Group { get; init; } = "";

    /// <summary>For connecting, and for each answer. Default 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections of one node at once. Default 4.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>How long an answer is believed without asking again. Default 60 s; zero: never.</summary>
    public TimeSpan CacheFor { get; init; } = TimeSpan.FromSeconds(60);
}

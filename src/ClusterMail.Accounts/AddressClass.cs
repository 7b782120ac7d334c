namespace ClusterMail.Accounts;

/// <summary>The three kinds of addresses in the relay tables (chapter 02 C).</summary>
public enum AddressClass : byte
{
    /// <summary>Its domain is not operated here, and no alias takes it.</summary>
    Outside = 0,

    /// <summary>local+: an operated domain, and the account, alias or list exists.</summary>
    LocalExisting = 1,

    /// <summary>local-: an operated domain, but nobody of that name.</summary>
    LocalMissing = 2,
}

namespace ClusterMail.Routing;

/// <summary>Where name and secret for a gateway come from.</summary>
public enum LoginKind : byte
{
    /// <summary>An entry of <c>route.credentials</c>, the same for all mail.</summary>
    Fixed = 0,

    /// <summary>The account's own name and password here (OUT-3), where passwords are kept recoverably (OUT-6).</summary>
    Own = 1,

    /// <summary>What the account has at the provider: a store of its own (APPROVE-424).</summary>
    PerUser = 2,
}

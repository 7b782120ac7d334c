namespace ClusterMail.Routing;

/// <summary>How much TLS a login needs (APPROVE-423).</summary>
public enum LoginTls : byte
{
    /// <summary>TLS or nothing; any certificate.</summary>
    Required = 0,

    /// <summary>TLS or nothing, and the certificate must be valid for the host's name.</summary>
    Verified = 1,

    /// <summary>TLS when it is offered; without it the secret goes in clear.</summary>
    Clear = 2,
}

namespace ClusterMail.Accounts.Passwords;

/// <summary>
/// Logins of accounts at the next server (APPROVE-424) are closed with a key of their own, derived from the nodes' file: what the recoverable store holds does not open as one, nor the other way round.
/// </summary>
public static class UpstreamSeal
{
    public const string Purpose = "clustermail upstream login";

    /// <summary>Characters of a secret at most: tokens are longer than passwords.</summary>
    public const int LongestSecret = 4096;

    /// <summary>Characters of a name at most.</summary>
    public const int LongestUser = 320;
}

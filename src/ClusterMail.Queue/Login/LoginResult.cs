namespace ClusterMail.Queue.Login;

/// <summary>What became of a login. A client is told the same for all but <see cref="Accepted"/> and <see cref="Busy"/>: 535; the log may know more.</summary>
public enum LoginResult : byte
{
    Accepted,
    WrongPassword,
    NoSuchAccount,

    /// <summary>IMP-6: it must be set first.</summary>
    NoPassword,

    /// <summary>ACCT-4.</summary>
    Suspended,

    /// <summary>Too many logins at once: 454, try again.</summary>
    Busy,
}

namespace ClusterMail.Ldap;

/// <summary>Result code and diagnostic message of an answer (RFC 4511 §4.1.9).</summary>
internal readonly record struct LdapResult(int Code, string Message)
{
    public const int Success = 0;
    public const int SizeLimitExceeded = 4;
    public const int NoSuchObject = 32;
    public const int InvalidCredentials = 49;

    /// <summary>
    /// The directory has judged the password or the account and says no: wrong, expired, locked, without a password. Everything else, "busy" and "unavailable"
    /// among it, says nothing about them.
    /// </summary>
    public bool Refuses => Code is InvalidCredentials or 19 /* constraintViolation */ or NoSuchObject or 48 /* inappropriateAuthentication */ or 50 /* insufficientAccessRights */
        or 53 /* unwillingToPerform */;

    /// <summary>Busy or unavailable: another server may know.</summary>
    public bool IsAway => Code is 51 or 52;

    /// <summary>Never with what was asked: a diagnostic message is the server's own words.</summary>
    public override string ToString() => Message.Length == 0 ? $"result code {Code}" : $"result code {Code}: {Message}";
}

namespace ClusterMail.Ldap;

/// <summary>What a directory says of an account. A client hears the same of all but <see cref="Good"/> and <see cref="Unclear"/>; the log knows more.</summary>
public enum LdapAnswer : byte
{
    Good,

    /// <summary>The directory has refused the password, or the account at this time.</summary>
    WrongPassword,

    /// <summary>The filter finds nothing, or an entry without this address.</summary>
    NotFound,

    /// <summary>Not in <c>ldap.group</c>; nobody is while that is empty (STORE-1).</summary>
    NotMember,

    /// <summary>The filter finds more than one entry, or the bind ended with a code that judges nobody: 454 for this account, and no fault of the server's.</summary>
    Unclear,
}

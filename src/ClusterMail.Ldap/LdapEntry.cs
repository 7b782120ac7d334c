namespace ClusterMail.Ldap;

/// <summary>What a search found: a name, and the values of the one attribute that was asked for.</summary>
internal sealed record LdapEntry(string Dn, IReadOnlyList<string> Values);

namespace ClusterMail.Admin.Contract;

/// <summary>Tries the directory of the newest settings, from the answering node.</summary>
/// <param name="Address">Null: only servers, TLS and the bind that searches.</param>
/// <param name="Password">Null: the last step, the bind as the account, is left out. Never logged.</param>
public sealed record LdapTest(string? Address = null, string? Password = null);

/// <param name="Node">Who asked.</param>
/// <param name="Configured">False: <c>ldap.servers</c> is empty, and there are no steps.</param>
/// <param name="Works">At least one server answered, and no step behind failed.</param>
public sealed record LdapTestResult(string Node, bool Configured, bool Works, IReadOnlyList<LdapTestStep> Steps);

/// <summary>One step of a login.</summary>
/// <param name="Stage">connect, tls, bind, search, group, login.</param>
/// <param name="Hint">What to do next; null: nothing.</param>
public sealed record LdapTestStep(string Stage, bool Good, string Detail, string? Hint);

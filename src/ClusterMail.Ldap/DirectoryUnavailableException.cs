namespace ClusterMail.Ldap;

/// <summary>The directory gave no answer that says anything about a password: down, silent, in trouble, or asked wrongly. Always temporary towards a client (454 4.7.0).</summary>
public sealed class DirectoryUnavailableException(string message, Exception? cause = null) : Exception(message, cause);

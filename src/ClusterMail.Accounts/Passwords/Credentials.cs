namespace ClusterMail.Accounts.Passwords;

/// <summary>A password in the forms in which it is kept.</summary>
/// <param name="Hash">PHC string, see <see cref="PasswordHash"/>.</param>
/// <param name="Scram">See <see cref="ScramCredential"/>; null: none is kept.</param>
/// <param name="Recoverable">See <see cref="PasswordSeal"/>; null without <c>compat.auth.recoverable_store</c>.</param>
public sealed record Credentials(string Hash, string? Scram, byte[]? Recoverable);

namespace ClusterMail.Accounts.Passwords;

/// <summary>The key of the recoverable store as this node has it from its own file.</summary>
/// <param name="Seal">Null: the node's file names none.</param>
public sealed record RecoverableKey(PasswordSeal? Seal);

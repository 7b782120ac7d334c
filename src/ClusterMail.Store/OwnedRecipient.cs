namespace ClusterMail.Store;

/// <summary>A recipient that an epoch owns.</summary>
/// <param name="Turn">See <see cref="ClaimedRecipient.Turn"/>.</param>
public readonly record struct OwnedRecipient(RecipientKey Key, int Turn);

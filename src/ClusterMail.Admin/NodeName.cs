namespace ClusterMail.Admin;

/// <summary>The name of the node that answers, for the audit.</summary>
public sealed record NodeName(string Name);

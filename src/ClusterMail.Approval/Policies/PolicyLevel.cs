namespace ClusterMail.Approval.Policies;

/// <summary>The levels of a policy (APPROVE-14). The numbers are stored in the database: never change them. A larger one is more specific.</summary>
public enum LevelKind : byte
{
    System = 0,
    Domain = 1,
    Account = 2,
}

/// <summary>One level of a policy, of one version (APPROVE-15, APPROVE-24).</summary>
/// <param name="Owner">Empty for the system, else the domain or the account's address.</param>
/// <param name="Version">Of the saved text; recorded with what it catches.</param>
public sealed record PolicyLevel(LevelKind Kind, string Owner, long Version, ApprovalTable Table)
{
    /// <summary>A line of it; 0: the level as a whole.</summary>
    public PolicyPlace Place(int line) => new(Kind, Owner, Version, line);

    /// <summary><c>system</c>, <c>domain example.jp</c>, <c>account taro@example.jp</c>.</summary>
    public override string ToString() => Kind == LevelKind.System ? "system" : $"{Kind.ToString().ToLowerInvariant()} {Owner}";
}

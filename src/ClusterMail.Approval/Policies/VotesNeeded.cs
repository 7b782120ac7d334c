using System.Globalization;

namespace ClusterMail.Approval.Policies;

/// <summary>How many approvers of a stage must approve. One rejection always rejects (APPROVE-44).</summary>
/// <param name="Count">-1: all; else so many, from 1.</param>
public readonly record struct VotesNeeded(int Count)
{
    /// <summary><c>;any</c>: the first approval suffices (APPROVE-43).</summary>
    public static VotesNeeded Any => new(1);

    /// <summary><c>;all</c></summary>
    public static VotesNeeded All => new(-1);

    /// <summary>Approvals needed of a stage with so many approvers; never more than there are.</summary>
    public int Of(int approvers) => Count < 0 ? approvers : Math.Min(Count, approvers);

    public override string ToString() => Count switch { 1 => "any", -1 => "all", _ => $"n={Count.ToString(CultureInfo.InvariantCulture)}" };
}

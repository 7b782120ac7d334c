using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>What the checks say of a decision.</summary>
/// <param name="Failure">Null: everything is right, commit it. <see cref="ResultCode.Late"/> and <see cref="ResultCode.Duplicate"/>: audit and inform.</param>
/// <param name="Decider">The approver whose decision it is, as the held mail names him; null where nobody was proven.</param>
public readonly record struct DecisionVerdict(ResultCode? Failure, Mailbox? Decider)
{
    public bool MayCommit => Failure is null;
}

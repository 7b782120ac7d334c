using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>Approvers asked together, as they were when the mail was held (APPROVE-53).</summary>
/// <param name="Approvers">In the order of the line, none twice.</param>
/// <param name="Needed">Approvals needed, from 1 to the number of approvers (APPROVE-44).</param>
public sealed record HeldStage(ImmutableArray<CurrentApprover> Approvers, int Needed)
{
    /// <summary>The approver this person votes as; null: none.</summary>
    /// <param name="proxyFor">For whom the person is proxy now (APPROVE-206).</param>
    public CurrentApprover? SeatOf(Mailbox person, ImmutableArray<Mailbox> proxyFor)
    {
        foreach (var approver in Approvers)
            if (approver.Address.SameAs(person))
                return approver;
        foreach (var approver in Approvers)
            if ((approver.Principal is { } principal && approver.PrincipalMayDecide && principal.SameAs(person))
                || proxyFor.Any(other => approver.Address.SameAs(other) || approver.Principal?.SameAs(other) == true))
                return approver;
        return null;
    }

    public bool Equals(HeldStage? other) => other is not null && Needed == other.Needed && Approvers.SequenceEqual(other.Approvers);

    public override int GetHashCode() => HashCode.Combine(Needed, Approvers.Length);
}

/// <summary>A current approver (現行承認者, 代理を含む): who is asked (APPROVE-52).</summary>
/// <param name="Address">Main address of the account that gets the request; of the proxy when there is one (APPROVE-206).</param>
/// <param name="Principal">Whom the proxy stands for; null: the approver is asked himself.</param>
/// <param name="PrincipalMayDecide"><c>approval.principal_keeps_right</c> when the mail was held.</param>
public sealed record CurrentApprover(Mailbox Address, Mailbox? Principal = null, bool PrincipalMayDecide = true);

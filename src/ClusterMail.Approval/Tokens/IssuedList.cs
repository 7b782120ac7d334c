using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>Which list P stands in the text for whom (APPROVE-137). Every list issued for a held mail is recorded; the check compares with those.</summary>
public static class IssuedList
{
    /// <summary>A proxy who opens an older mail: the recorded list with him in the approver's place. One who is in it already counts once (APPROVE-211).</summary>
    public static ImmutableArray<Mailbox> ForProxy(ImmutableArray<Mailbox> recorded, Mailbox principal, Mailbox proxy) =>
        Distinct(recorded.Select(one => one.SameAs(principal) ? proxy : one));

    /// <summary>An approver who keeps his right besides a proxy (APPROVE-206): the list with his own address in the proxy's place.</summary>
    public static ImmutableArray<Mailbox> ForPrincipal(ImmutableArray<Mailbox> recorded, Mailbox proxy, Mailbox principal) =>
        Distinct(recorded.Select(one => one.SameAs(proxy) ? principal : one));

    /// <summary>An escalation target: the recorded list with the target at the end.</summary>
    public static ImmutableArray<Mailbox> ForEscalation(ImmutableArray<Mailbox> recorded, Mailbox target) =>
        Distinct([.. recorded, target]);

    private static ImmutableArray<Mailbox> Distinct(IEnumerable<Mailbox> approvers)
    {
        var list = ImmutableArray.CreateBuilder<Mailbox>();
        foreach (var approver in approvers)
        {
            if (!list.Any(approver.SameAs))
                list.Add(approver);
        }
        return list.ToImmutable();
    }
}

using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>The two texts one approver gets for one held mail. Computed, never stored (APPROVE-137).</summary>
public sealed record DecisionTexts(DecisionText Approve, DecisionText Reject)
{
    /// <param name="approvers">The list issued to him: the current approvers, himself among them (<see cref="IssuedList"/>).</param>
    public static DecisionTexts Issue(HoldId hold, ImmutableArray<Mailbox> approvers, Mailbox approver, string contentSha256, TokenKey key)
    {
        var list = ApproverText.Encode(approvers);
        var listKey = ApproverText.Key(approvers.Select(one => one.ToString()));
        DecisionText Text(Verb verb) => new(verb, hold, list, key.Id, new DecisionClaim(verb, hold, approver, listKey, contentSha256).Sign(key));
        return new DecisionTexts(Text(Verb.Approve), Text(Verb.Reject));
    }

    public DecisionText For(Verb verb) => verb == Verb.Approve ? Approve : Reject;
}

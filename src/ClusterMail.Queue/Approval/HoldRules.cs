using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;

namespace ClusterMail.Queue.Approval;

/// <summary>What acts on held mails need to know of this moment: who stands for whom, and whether senders may take back.</summary>
/// <param name="MayWithdraw"><c>approval.allow_withdraw</c>.</param>
public sealed record HoldRules(Func<ApprovalLists> Lists, Func<bool> MayWithdraw, TimeProvider Time)
{
    /// <summary>People find the pages (<c>approval.web.url</c>).</summary>
    public Func<bool> HasPage { get; init; } = () => false;

    public Trigger ToTrigger(HoldAct act)
    {
        var (who, now) = (Mailbox.FromStored(act.Who), Time.GetUtcNow());
        return act.Kind switch
        {
            HoldActKind.Approve => new Trigger.Ballot(who, Verb.Approve, ProxyFor(who, now), now, act.Channel, act.Text),
            HoldActKind.Reject => new Trigger.Ballot(who, Verb.Reject, ProxyFor(who, now), now, act.Channel, act.Text),
            HoldActKind.Release => new Trigger.AdminRelease(who, act.Text, now),
            HoldActKind.Discard => new Trigger.AdminDiscard(who, act.Text, now),
            HoldActKind.SendNow => new Trigger.SendNow(who, HasPage(), now, act.Channel),
            HoldActKind.Withdraw => new Trigger.Withdraw(who, MayWithdraw(), now, act.Channel),
            _ => new Trigger.Reassign(act.Actor.Administrator is { } administrator ? Mailbox.FromStored(administrator) : null, who, Mailbox.FromStored(act.Other ?? ""), now, act.Channel),
        };
    }

    private ImmutableArray<Mailbox> ProxyFor(Mailbox person, DateTimeOffset now) => Lists().Register.PrincipalsOf(person, now);
}

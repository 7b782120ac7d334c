using System.Collections.Immutable;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>What becomes of a submission at the end of DATA (section 6 of chapter 20).</summary>
public abstract record SubmissionPlan
{
    /// <summary>The whole mail is refused.</summary>
    /// <param name="Rule">For logs.</param>
    public sealed record Refused(Reply Reply, string Rule) : SubmissionPlan;

    /// <summary>Nobody's approval is needed: the mail goes its usual way, and nothing of this is visible (APPROVE-58).</summary>
    public sealed record Unheld : SubmissionPlan;

    /// <summary>Some or all recipients are held.</summary>
    /// <param name="SendNow">Get the mail at once. With <see cref="HoldGroup.WholeMail"/> they wait for the last decision (APPROVE-55).</param>
    /// <param name="Groups">In the order in which their first recipients were named; the first carries the number of the submission (APPROVE-56).</param>
    public sealed record Held(ImmutableArray<Mailbox> SendNow, ImmutableArray<HoldGroup> Groups) : SubmissionPlan
    {
        /// <summary><c>split=no</c>: nothing leaves before the last decision.</summary>
        public bool WholeMail => Groups[0].WholeMail;
    }

    /// <summary>Recipients with the same policy line, approvers, stages and votes form one group (APPROVE-54).</summary>
    /// <param name="recipients">All that were accepted, with what <see cref="ApprovalPolicy.AtEndOfData"/> says of them.</param>
    public static SubmissionPlan Of(OutgoingMail mail, IReadOnlyList<(Mailbox Recipient, Judgement Judgement)> recipients, ApproverResolver resolver, ApprovalOptions options)
    {
        foreach (var (_, judgement) in recipients)
            switch (judgement)
            {
                case Judgement.Refuse refuse: return new Refused(refuse.Reply, refuse.Rule);
                case Judgement.Trouble trouble: return new Refused(RefuseReply.Trouble, trouble.Rule);
            }
        ImmutableArray<Mailbox> barred = [.. mail.Requesters.Select(requester => requester.Address)];
        var (sendNow, groups) = (ImmutableArray.CreateBuilder<Mailbox>(), new List<HoldGroup>());
        foreach (var (recipient, judgement) in recipients)
        {
            if (judgement is not Judgement.Hold hold)
            {
                sendNow.Add(recipient);
                continue;
            }
            if (hold.IsDelay)
            {
                Add(groups, recipient, Own(hold, recipient, barred, resolver, options));
                continue;
            }
            switch (resolver.Resolve(hold.Catches, barred))
            {
                case ResolvedApprovers.Nobody: return new Refused(RefuseReply.NobodyToApprove, "APPROVE-50");
                case ResolvedApprovers.ReleasedAtOnce: sendNow.Add(recipient); break;
                case ResolvedApprovers.Asked asked: Add(groups, recipient, Group(hold, asked.Stages, recipient, barred, resolver, options)); break;
            }
        }
        if (groups.Count == 0)
            return new Unheld();
        var whole = groups.Exists(group => group.WholeMail);
        return new Held(sendNow.ToImmutable(), [.. groups.Select(group => group with { WholeMail = whole })]);
    }

    private static void Add(List<HoldGroup> groups, Mailbox recipient, HoldGroup group)
    {
        var known = groups.FindIndex(other => other.Places.SequenceEqual(group.Places) && other.Stages.SequenceEqual(group.Stages));
        if (known < 0)
            groups.Add(group);
        else
            groups[known] = groups[known] with { Recipients = groups[known].Recipients.Add(recipient) };
    }

    /// <summary>Mode 3: nobody is asked. Of two lines the longer delay counts, and a confirmation before a delay (APPROVE-7, APPROVE-510, APPROVE-511).</summary>
    private static HoldGroup Own(Judgement.Hold hold, Mailbox recipient, ImmutableArray<Mailbox> barred, ApproverResolver resolver, ApprovalOptions options)
    {
        var group = Group(hold, [new HeldStage([], 1)], recipient, barred, resolver, options);
        var confirms = hold.Catches.Any(caught => caught.Line.Options.Confirm);
        var timing = group.Timing with { Remind = null, Escalate = null, OnExpire = ExpiryAction.Reject };
        return group with { IsOwn = true, Timing = timing, Delay = confirms ? null : group.Delay };
    }

    private static HoldGroup Group(
        Judgement.Hold hold, ImmutableArray<HeldStage> stages, Mailbox recipient, ImmutableArray<Mailbox> barred, ApproverResolver resolver, ApprovalOptions options) => new()
        {
            // The mail is that of MAIL FROM, whose policy comes last; who only authenticated must not decide either.
            Requester = barred[^1],
            Recipients = [recipient],
            Places = [.. hold.Catches.Select(caught => caught.Place)],
            Reasons = [.. hold.Catches.SelectMany(caught => caught.Reasons).Distinct()],
            Stages = stages,
            Barred = barred,
            Timing = TimingRules.Of(hold.Catches, options),
            Note = string.Join(' ', hold.Catches.Select(caught => caught.Line.Options.Note).Where(note => note.Length > 0)),
            Delay = hold.Catches.Max(caught => caught.Line.Options.Delay),
            Copies = [.. hold.Catches.Select(caught => Copy(caught.Line.Options, resolver)).OfType<HoldCopy>().DistinctBy(copy => copy.Address.ToString(), StringComparer.OrdinalIgnoreCase)],
            WholeMail = hold.Catches.Any(caught => !(caught.Line.Options.Split ?? options.Split)),
        };

    private static HoldCopy? Copy(LineOptions line, ApproverResolver resolver) =>
        line.Bcc is { } address && resolver.Inside(address) is { } inside ? new HoldCopy(inside, line.BccSilent) : null;
}

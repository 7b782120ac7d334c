using System.Collections.Immutable;
using ClusterMail.Accounts;
using ClusterMail.Approval.Content;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;

namespace ClusterMail.Queue.Approval;

/// <summary>The test box of APPROVE-231: what would become of a mail that is described and not sent. Judged by the code that judges mails, on the policies in force on this node.</summary>
public static class PolicyTrial
{
    public static PolicyTrialAnswer Of(PolicyTrialMail mail, NodeView view, ApprovalLists lists, DateTimeOffset now, bool japanese)
    {
        var (policy, directory) = (view.Policy.Approval, view.Policy.Directory);
        var path = new ReversePath(mail.Sender);
        var outgoing = new OutgoingMail(path, Requesters.AtMail(null, path, directory.Resolve(mail.Sender)), IsOurs: true);
        if (outgoing.Requesters.IsEmpty)
            return new PolicyTrialAnswer(policy.Options.Enabled, IsOurs: false, []);
        var evidence = new ContentEvidence(Content(mail), mail.Recipients.Count(recipient => directory.Classify(recipient) == AddressClass.Outside));
        var resolver = new ApproverResolver(directory, lists.Register, policy.Options, now);
        return new PolicyTrialAnswer(policy.Options.Enabled, IsOurs: true, [.. mail.Recipients.Select(recipient =>
        {
            var explained = PolicyExplanation.Of(policy, outgoing, Offered(recipient, directory), evidence, japanese);
            return new PolicyTrialRecipient(recipient, explained, explained.Judgement is Judgement.Hold hold ? resolver.Resolve(hold.Catches, [.. outgoing.Requesters.Select(one => one.Address)]) : null);
        })]);
    }

    private static InspectedContent Content(PolicyTrialMail mail) => new()
    {
        Length = mail.Size,
        Subject = mail.Subject,
        Text = mail.Text,
        Attachments = [.. mail.Attachments.Select(name => new AttachedPart(name, "application/octet-stream", -1))],
    };

    /// <summary>As a session offers it (APPROVE-31).</summary>
    internal static OutgoingRecipient Offered(Mailbox recipient, MailDirectory directory) =>
        directory.Resolve(recipient) is { Account: null, Real: var real } && real != recipient && !directory.Domains.Contains(real.Domain) ? new OutgoingRecipient(recipient, [real]) : new OutgoingRecipient(recipient);
}

/// <summary>A mail as somebody describes it.</summary>
/// <param name="Attachments">Names; empty: nothing is attached.</param>
public sealed record PolicyTrialMail(Mailbox Sender, ImmutableArray<Mailbox> Recipients, string Subject, string Text, ImmutableArray<string> Attachments, long Size);

/// <param name="IsEnabled"><c>approval.enabled</c>.</param>
/// <param name="IsOurs">False: the sender is none of ours, and no policy is asked.</param>
public sealed record PolicyTrialAnswer(bool IsEnabled, bool IsOurs, ImmutableArray<PolicyTrialRecipient> Recipients);

/// <param name="Approvers">Of a mail that would be held; else null.</param>
public sealed record PolicyTrialRecipient(Mailbox Address, PolicyExplanation Explained, ResolvedApprovers? Approvers);

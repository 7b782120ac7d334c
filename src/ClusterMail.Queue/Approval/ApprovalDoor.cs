using System.Collections.Immutable;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Approval;

/// <summary>What approval makes of a mail whose last octet has arrived.</summary>
/// <param name="Answer">Answered instead of accepting it: refused, or a decision mail, which is never delivered (APPROVE-142). Null: it is accepted.</param>
/// <param name="SendNow">Recipients that go to the queue at once.</param>
/// <param name="Held">What waits for approval; null: nothing does.</param>
public sealed record Admission(Reply? Answer, ImmutableArray<ForwardPath> SendNow, NewHeldMail? Held)
{
    /// <summary>Nothing about it concerns approval.</summary>
    public static Admission Ordinary(ReceivedMail mail) => new(null, mail.Envelope.ForwardPaths, null);
}

/// <summary>Stands between the last dot and the queue: catches decisions and commands, and holds what needs approval. Fails closed (APPROVE-13).</summary>
/// <param name="held">A held mail was committed: its notices are waiting.</param>
/// <param name="commands">Commands by mail (chapter 22).</param>
/// <param name="again">Knows what was released before.</param>
public sealed partial class ApprovalDoor(HoldPlanner planner, DecisionDesk decisions, CommandDesk commands, ReleasedAgain again, Action held, ILogger<ApprovalDoor> log)
{
    private static readonly Reply NoSuchAddress = new(550, new EnhancedStatus(5, 1, 1), "This address takes decisions and commands of approval only.");

    public async ValueTask<Admission> AdmitAsync(ReceivedMail mail, CancellationToken cancel)
    {
        if (mail.Transaction is not MailTransaction transaction)
            return Admission.Ordinary(mail);
        // Also where approval was never switched on: there is nobody behind the address.
        if (!transaction.Concerns)
            return IsToSubDomain(mail, transaction) ? new Admission(NoSuchAddress, [], null) : Admission.Ordinary(mail);
        try
        {
            // Before the policy of whoever sends it: a superior whose own mail is checked can still decide (APPROVE-141).
            var subject = await RawSubject.FindAsync(mail.Content, cancel).ConfigureAwait(false);
            if (await decisions.TryAsync(mail, subject, transaction, cancel).ConfigureAwait(false) is { } answer)
                return new Admission(answer, [], null);
            if (await commands.TryAsync(mail, subject, transaction, cancel).ConfigureAwait(false) is { } done)
                return new Admission(done, [], null);
            if (transaction.Full is { } full)
                return new Admission(full, [], null);
            if (IsToSubDomain(mail, transaction))
                return new Admission(NoSuchAddress, [], null);
            if (transaction.Approval is not { } approval || await again.IsAsync(mail, transaction, cancel).ConfigureAwait(false))
                return Admission.Ordinary(mail);
            return approval.IsReady
                ? await planner.AdmitAsync(approval, mail, Given(mail, transaction), cancel).ConfigureAwait(false)
                : new Admission(RefuseReply.Trouble, [], null);
        }
        catch (Exception trouble) when (trouble is not OperationCanceledException)
        {
            if (!Database.IsLost(trouble))
                Failed(log, mail.Id, trouble);
            return new Admission(RefuseReply.Trouble, [], null);
        }
    }

    /// <summary>APPROVE-448: the sub-domain is for decisions and commands; nobody is to begin using it as an address.</summary>
    private static bool IsToSubDomain(ReceivedMail mail, MailTransaction transaction) =>
        mail.Given.ForwardPaths.Any(path => transaction.View.Policy.Directory.SubDomain.Contains(path.Mailbox));

    /// <summary>Called after the commit.</summary>
    public void Committed(NewHeldMail? what)
    {
        if (what is not null)
            held();
    }

    /// <summary>The addresses of RCPT behind each recipient as it is stored: an alias may have been replaced, and several merged into one.</summary>
    private static IReadOnlyList<ImmutableArray<Mailbox>> Given(ReceivedMail mail, MailTransaction transaction)
    {
        var given = mail.Given.ForwardPaths.ToLookup(path => transaction.Merge(mail.Given with { ForwardPaths = [path] }).ForwardPaths[0].Mailbox, path => path.Mailbox);
        // The stored address itself is asked as well: whatever it is, it is what the mail goes to.
        return [.. mail.Envelope.ForwardPaths.Select(path => given[path.Mailbox].Append(path.Mailbox).Distinct().ToImmutableArray())];
    }

    [LoggerMessage(5531, LogLevel.Error, "Approval of {Mail} could not be judged; the client was told to come again")]
    private static partial void Failed(ILogger log, MessageId mail, Exception cause);
}

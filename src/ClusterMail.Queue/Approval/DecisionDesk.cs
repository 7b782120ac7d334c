using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tokens;
using ClusterMail.Approval.Viewing;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>Decisions that come by mail: recognised by their subject, judged in the order of APPROVE-150, never delivered (APPROVE-142).</summary>
public sealed class DecisionDesk(IHoldActs acts, HoldDesk desk, HoldReader reader, HoldStore store, HoldJobs jobs, Func<ApprovalLists> lists, TimeProvider time)
{
    /// <summary>Octets of a decision mail that are read for its comment.</summary>
    private const int BodyLimit = 262_144;

    /// <summary>A mail of this requester is not decided yet, so that a decision may come. Asked only when his mailbox is full (APPROVE-436).</summary>
    public async ValueTask<bool> IsAwaitedAsync(Mailbox requester, CancellationToken cancel)
    {
        try
        {
            return (await reader.ListAsync(new HoldFilter { State = "open", Sender = requester.ToString(), Limit = 1 }, cancel).ConfigureAwait(false)).Count > 0;
        }
        catch (Exception trouble) when (Database.IsLost(trouble))
        {
            return false;
        }
    }

    /// <summary>The answer to a decision mail; null: it is none.</summary>
    /// <param name="subject">As <see cref="RawSubject"/> finds it.</param>
    public async Task<Reply?> TryAsync(ReceivedMail mail, byte[] subject, MailTransaction transaction, CancellationToken cancel)
    {
        var recognised = DecisionSubject.Recognise(subject, transaction.Pipeline.Outgoing.IsOurs);
        // Not read yet, or closed to this node: another node, or this one in a moment, can judge it. Delivered it would decide nothing, and its approver would never know.
        if (lists().Keys is not { } keys)
            return recognised is DecisionSubject.Decision or DecisionSubject.Disclosing ? DecisionReply.For(ResultCode.DbDown, Verb.Approve, default) : null;
        switch (recognised)
        {
            case DecisionSubject.Decision decision:
                return await DecideAsync(mail, transaction, decision.Text, keys, cancel).ConfigureAwait(false);
            case DecisionSubject.Disclosing:
                await desk.RefuseAsync(default, null, "ATTEMPT", Channel.Mail, Who(mail, null), ResultCode.BadToken, "A decision text with something in front of it (APPROVE-140).", cancel).ConfigureAwait(false);
                return DecisionReply.For(ResultCode.BadToken, Verb.Approve, default);
            default:
                return null;
        }
    }

    private async Task<Reply> DecideAsync(ReceivedMail mail, MailTransaction transaction, DecisionText text, TokenKeyRing keys, CancellationToken cancel)
    {
        try
        {
            var row = await reader.FindAsync(text.Hold.Number, cancel).ConfigureAwait(false);
            var attempt = Attempt(mail, transaction, text);
            var actor = Who(mail, text);
            var hold = row is null ? null : DecidableHolds.Of(row, lists().Register, time.GetUtcNow());
            var rules = ApprovalRules.Of(transaction.View);
            var verdict = DecisionCheck.Judge(attempt, hold, keys, rules, await IsLockedAsync(text.Hold, actor, cancel).ConfigureAwait(false));
            var code = verdict.Failure is { } failure
                ? (await desk.RefuseAsync(text.Hold, row, "ATTEMPT", Channel.Mail, actor with { Claims = verdict.Decider?.ToString() ?? actor.Claims }, failure, Why(attempt), cancel).ConfigureAwait(false)).Code
                : await CommitAsync(mail, text, row!, verdict.Decider!, actor, rules, cancel).ConfigureAwait(false);
            await InformAsync(code, text, row, hold, attempt, cancel).ConfigureAwait(false);
            return DecisionReply.For(code, text.Verb, text.Hold);
        }
        catch (Exception trouble) when (Database.IsLost(trouble) || trouble is TimeoutException or InvalidOperationException)
        {
            return DecisionReply.For(ResultCode.DbDown, text.Verb, text.Hold);
        }
    }

    private async Task<ResultCode> CommitAsync(ReceivedMail mail, DecisionText text, HoldRow row, Mailbox decider, Actor actor, DecisionRules rules, CancellationToken cancel)
    {
        var comment = DecisionComment.From(await BodyAsync(mail.Content, cancel).ConfigureAwait(false), row.Mail.Subject);
        if (text.Verb == Verb.Reject && rules.IsReasonRequired && comment.Length == 0)
            return (await desk.RefuseAsync(text.Hold, row, "ATTEMPT", Channel.Mail, actor, ResultCode.NotAllowed, "A rejection needs a reason (APPROVE-144).", cancel).ConfigureAwait(false)).Code;
        var act = new HoldAct(text.Hold.ToString(), text.Verb == Verb.Approve ? HoldActKind.Approve : HoldActKind.Reject, decider.ToString(), null, comment, Channel.Mail, actor);
        return (await acts.ActAsync(act, cancel).ConfigureAwait(false)).Code;
    }

    /// <summary>处理結果: to a person who has logged in, and to nobody else (APPROVE-85, APPROVE-119); at most one in ten minutes (APPROVE-84).</summary>
    private async Task InformAsync(ResultCode code, DecisionText text, HoldRow? row, DecidableHold? hold, DecisionAttempt attempt, CancellationToken cancel)
    {
        if (attempt.Authenticated is not { } person || row is null)
            return;
        var isOther = attempt.EnvelopeSender is { } sender && !sender.SameAs(person) && attempt.SenderAccount?.SameAs(person) != true;
        if (NoActionReasons.For(code, isAuthenticated: true, hold!.Deciders.Any(person.SameAs), isOther) is { } reason)
            await jobs.AddAsync(row.Id, [NoticeJobs.NoAction(reason, text.Verb, person, time.GetUtcNow())], cancel).ConfigureAwait(false);
    }

    private Task<bool> IsLockedAsync(HoldId hold, Actor actor, CancellationToken cancel) => store.IsLockedAsync(
        [("hold", hold.ToString()), ("client", actor.Client ?? ""), ("approver", (actor.Claims ?? "").ToLowerInvariant())], cancel);

    private static DecisionAttempt Attempt(ReceivedMail mail, MailTransaction transaction, DecisionText text)
    {
        var directory = transaction.View.Policy.Directory;
        var sender = mail.Given.ReversePath.Mailbox;
        var account = mail.Client.AuthenticatedAs is { } identity ? directory.Account(Mailbox.FromStored(identity)) : null;
        return new DecisionAttempt
        {
            Text = text,
            Path = ApprovalRules.PathOf(transaction, account),
            IsAuthOffered = !transaction.View.Receive.AuthMethods.IsEmpty,
            EnvelopeSender = sender,
            Recipients = [.. mail.Given.ForwardPaths.Select(path => path.Mailbox)],
            Authenticated = account?.Address,
            SenderAccount = sender is null ? null : directory.Resolve(sender).Account?.Address,
        };
    }

    private static Actor Who(ReceivedMail mail, DecisionText? text) =>
        new(mail.Client.Remote.Address.ToString(), mail.Client.AuthenticatedAs) { Claims = mail.Given.ReversePath.Mailbox?.ToString(), Key = text?.KeyId };

    private static string Why(DecisionAttempt attempt) =>
        $"{attempt.Text.Verb.Word()} by mail from <{attempt.EnvelopeSender}> to {string.Join(", ", attempt.Recipients)}, path {attempt.Path}";

    private static async Task<string> BodyAsync(MailContent content, CancellationToken cancel)
    {
        var octets = new byte[Math.Min(content.Length, BodyLimit)];
        await using var stream = content.OpenRead();
        await stream.ReadExactlyAsync(octets, cancel).ConfigureAwait(false);
        return MailReader.Read(new MemoryStream(octets, writable: false)).Text;
    }
}

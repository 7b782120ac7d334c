using ClusterMail.Accounts;
using ClusterMail.Approval;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// Commands by mail (chapter 22): a mail to oneself with the command as subject. It is delivered to nobody; the answer is a mail of the outbox, which makes it
/// from what is true when it is written (APPROVE-204).
/// </summary>
public sealed class CommandDesk(CommandParts parts)
{
    private static readonly Reply Taken = new(250, new EnhancedStatus(2, 0, 0), "Command taken; the answer comes by mail.");
    private static readonly Reply TryAgain = new(451, new EnhancedStatus(4, 3, 0), "Nothing was changed: the approval service is not available. Try again later.");

    /// <summary>The answer to a command mail; null: it is ordinary mail, and goes on as such (APPROVE-203).</summary>
    /// <param name="subject">As <see cref="RawSubject"/> finds it.</param>
    public async Task<Reply?> TryAsync(ReceivedMail mail, byte[] subject, MailTransaction transaction, CancellationToken cancel)
    {
        var text = DecisionSubject.Decode(subject);
        if (CommandReader.Read(text) is not { } command)
            return null;
        var given = new Given(mail, transaction, text, Mail(mail, transaction));
        var passage = CommandGate.Judge(given.Mail, ApprovalRules.Of(transaction.View));
        try
        {
            if (passage.Asker is not { } asker)
            {
                await AuditAsync(given, given.Mail.EnvelopeSender?.ToString(), passage.Code, "ordinary mail with the form of a command", cancel).ConfigureAwait(false);
                return null;
            }
            await DoAsync(given, asker, command, cancel).ConfigureAwait(false);
            parts.Done();
            return Taken;
        }
        catch (Exception trouble) when (Database.IsLost(trouble) || trouble is TimeoutException or InvalidOperationException)
        {
            return TryAgain;
        }
    }

    /// <param name="Text">The subject, decoded.</param>
    private sealed record Given(ReceivedMail Received, MailTransaction Transaction, string Text, CommandMail Mail)
    {
        public MessageId Id => Received.Id;
        public NodeView View => Transaction.View;
        public MailDirectory Directory => View.Policy.Directory;
    }

    private Task DoAsync(Given given, Mailbox asker, ApprovalCommand command, CancellationToken cancel) => command switch
    {
        ApprovalCommand.WaitingList list => WaitingListAsync(given, asker, list.IsFull, cancel),
        ApprovalCommand.SetProxy set => SetProxyAsync(given, asker, set, cancel),
        ApprovalCommand.ClearProxy => ClearProxyAsync(given, asker, cancel),
        ApprovalCommand.History history => HistoryAsync(given, asker, history, cancel),
        ApprovalCommand.Withdraw withdraw => WithdrawAsync(given, asker, withdraw.Hold, cancel),
        ApprovalCommand.SendNow send => SendNowAsync(given, asker, send.Hold, cancel),
        ApprovalCommand.Unreadable wrong => RefuseAsync(given, asker, new CommandRefusal.Unreadable(wrong.Column, wrong.Fault), ResultCode.NotAllowed, cancel),
        _ => throw new System.Diagnostics.UnreachableException(command.ToString()),
    };

    /// <summary>APPROVE-215; one a minute, and who asks again sooner reads when the last one went (APPROVE-218).</summary>
    private async Task WaitingListAsync(Given given, Mailbox asker, bool isFull, CancellationToken cancel)
    {
        var (last, now) = await parts.Jobs.LastAsync(asker.ToString(), $"{NoticeKind.WaitingList.Word()}:", cancel).ConfigureAwait(false);
        var tooSoon = WaitingListPace.TooSoonAfter(last, now);
        var job = tooSoon is null
            ? new NewAnswer(NoticeJobs.Answer(NoticeKind.WaitingList, given.Id, isFull ? NoticeJobs.Full : ""), asker.ToString(), "")
            // Under a name of its own, so that asking again and again does not put the next list off for ever; and once a minute, so that it makes no more mails than lists do.
            : new NewAnswer(NoticeJobs.TooSoon(tooSoon.Value), asker.ToString(), new CommandAnswer { Number = given.Id.ToString(), At = tooSoon }.Write());
        await parts.Jobs.AnswerAsync(0, [job], cancel).ConfigureAwait(false);
        await AuditAsync(given, asker.ToString(), ResultCode.Ok, given.Text, cancel).ConfigureAwait(false);
    }

    private async Task SetProxyAsync(Given given, Mailbox asker, ApprovalCommand.SetProxy command, CancellationToken cancel)
    {
        if (await parts.Proxies.SetAsync(Order(given, asker), command, null, cancel).ConfigureAwait(false) is ProxyAnswer.Refused refused)
            await RefuseAsync(given, asker, new CommandRefusal.Proxy(refused.Why), ResultCode.NotAllowed, cancel).ConfigureAwait(false);
    }

    private async Task ClearProxyAsync(Given given, Mailbox asker, CancellationToken cancel)
    {
        if (!await parts.Proxies.ClearAsync(Order(given, asker), cancel).ConfigureAwait(false))
            await RefuseAsync(given, asker, new CommandRefusal.Proxy(ProxyRefusal.NotAnApprover), ResultCode.NotAllowed, cancel).ConfigureAwait(false);
    }

    private ProxyOrder Order(Given given, Mailbox asker) => new(asker, given.View, given.Id, Record("", given, asker.ToString()), "by command");

    /// <summary>APPROVE-220: only who is entered as administrator account.</summary>
    private async Task HistoryAsync(Given given, Mailbox asker, ApprovalCommand.History command, CancellationToken cancel)
    {
        if (!given.View.Policy.Approval.Options.Admins.Any(admin => given.Directory.Resolve(admin).Account?.Address.SameAs(asker) == true))
        {
            await RefuseAsync(given, asker, new CommandRefusal.NotAllowed(), ResultCode.NotAllowed, cancel).ConfigureAwait(false);
            return;
        }
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(parts.Time.GetUtcNow(), given.View.ZoneOf(asker)).DateTime);
        var days = HistoryFiles.Range(command, today);
        await parts.Jobs.AnswerAsync(0, [new NewAnswer(NoticeJobs.Answer(NoticeKind.History, given.Id), asker.ToString(), new CommandAnswer { First = days.First, Last = days.Last }.Write())], cancel).ConfigureAwait(false);
        await AuditAsync(given, asker.ToString(), ResultCode.Ok, given.Text, cancel).ConfigureAwait(false);
    }

    private async Task WithdrawAsync(Given given, Mailbox asker, HoldId hold, CancellationToken cancel)
    {
        var answer = await parts.Acts.ActAsync(new HoldAct(hold.ToString(), HoldActKind.Withdraw, asker.ToString(), null, "", Channel.Mail,
            new Actor(given.Received.Client.Remote.Address.ToString(), given.Received.Client.AuthenticatedAs)), cancel).ConfigureAwait(false);
        if (answer.IsDone)
            await parts.Jobs.AddAsync(hold.Number, [new NewJob(NoticeKind.WithdrawalNotice.Word(), asker.ToString())], cancel).ConfigureAwait(false);
        else
            await parts.Jobs.AnswerAsync(0, [Refusal(given, asker, new CommandRefusal.Withdraw())], cancel).ConfigureAwait(false);
    }

    /// <summary>The mail itself is the answer; only what cannot be sent is answered.</summary>
    private async Task SendNowAsync(Given given, Mailbox asker, HoldId hold, CancellationToken cancel)
    {
        var answer = await parts.Acts.ActAsync(new HoldAct(hold.ToString(), HoldActKind.SendNow, asker.ToString(), null, "", Channel.Mail,
            new Actor(given.Received.Client.Remote.Address.ToString(), given.Received.Client.AuthenticatedAs)), cancel).ConfigureAwait(false);
        if (!answer.IsDone)
            await parts.Jobs.AnswerAsync(0, [Refusal(given, asker, new CommandRefusal.SendNow())], cancel).ConfigureAwait(false);
    }

    private async Task RefuseAsync(Given given, Mailbox asker, CommandRefusal why, ResultCode code, CancellationToken cancel)
    {
        await parts.Jobs.AnswerAsync(0, [Refusal(given, asker, why)], cancel).ConfigureAwait(false);
        await AuditAsync(given, asker.ToString(), code, given.Text, cancel).ConfigureAwait(false);
    }

    private static NewAnswer Refusal(Given given, Mailbox asker, CommandRefusal why) =>
        new(NoticeJobs.Answer(NoticeKind.CommandRefused, given.Id), asker.ToString(), CommandAnswer.Of(given.Text, why).Write());

    private static CommandMail Mail(ReceivedMail mail, MailTransaction transaction)
    {
        var directory = transaction.View.Policy.Directory;
        var login = mail.Client.AuthenticatedAs is { } identity ? directory.Account(Mailbox.FromStored(identity)) : null;
        var sender = mail.Given.ReversePath.Mailbox;
        return new CommandMail
        {
            Path = ApprovalRules.PathOf(transaction, login),
            IsAuthOffered = !transaction.View.Receive.AuthMethods.IsEmpty,
            EnvelopeSender = sender,
            SenderAccount = sender is null ? null : directory.Resolve(sender).Account?.Address,
            Authenticated = login?.Address,
            Recipients = [.. mail.Given.ForwardPaths.Select(path => path.Mailbox)],
            RecipientAccount = mail.Given.ForwardPaths is [var path] ? directory.Resolve(directory.SubDomain.Bare(path.Mailbox)).Account?.Address : null,
        };
    }

    private Task AuditAsync(Given given, string? who, ResultCode code, string why, CancellationToken cancel) =>
        parts.Holds.AuditAsync([(Record("COMMAND", given, who) with { Reason = why, Result = code }).Line()], cancel);

    private ApprovalRecord Record(string type, Given given, string? who) => new(type)
    {
        Node = parts.Node,
        Approver = who,
        Channel = Channel.Mail,
        Client = given.Received.Client.Remote.Address.ToString(),
        Auth = given.Received.Client.AuthenticatedAs,
        SubjectHash = ApprovalRecord.HashOf(given.Text),
    };
}

/// <summary>What commands work with.</summary>
public sealed record CommandParts
{
    public required string Node { get; init; }
    public required IHoldActs Acts { get; init; }
    public required HoldStore Holds { get; init; }
    public required HoldJobs Jobs { get; init; }
    public required ProxyDesk Proxies { get; init; }

    /// <summary>The outbox has something to do.</summary>
    public required Action Done { get; init; }
    public required TimeProvider Time { get; init; }
}

using System.Collections.Immutable;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Notices;

/// <summary>One mail of chapter 21 before it is put into words. To whom it goes and in which language is said beside it.</summary>
public abstract record Notice
{
    private Notice() { }

    public abstract NoticeKind Kind { get; }

    /// <summary>The held mail it is about; null: about none.</summary>
    public virtual HeldCase? Case => null;

    /// <summary>Who stands in MAIL FROM and From: (APPROVE-104); null: whoever it goes to.</summary>
    public virtual Mailbox? Author => null;

    /// <summary>What makes it another mail than the last of its kind about the same thing to the same person: its Message-ID is derived from this too (APPROVE-83).</summary>
    public string Serial { get; init; } = "";

    /// <summary>保留通知: one for the submission (APPROVE-57). Holds nothing one could decide with (APPROVE-111).</summary>
    /// <param name="Groups">At least one, in the order of their numbers.</param>
    /// <param name="AlreadySent">Recipients that needed no approval.</param>
    /// <param name="MayWithdraw"><c>approval.allow_withdraw</c>.</param>
    public sealed record Hold(ImmutableArray<HeldCase> Groups, ImmutableArray<Mailbox> AlreadySent, bool MayWithdraw) : Notice
    {
        public override NoticeKind Kind => NoticeKind.HoldNotice;
        public override HeldCase Case => Groups[0];
        public override Mailbox Author => Groups[0].Approvers[0].Address;

        /// <summary>Page on which the sender takes it back; null: no page.</summary>
        public string? WithdrawUrl { get; init; }

        /// <summary>Brought by an internal server, which has delivered to the recipients it keeps itself before we saw anything (APPROVE-451).</summary>
        public bool IsFromInside { get; init; }

        /// <summary>His link to the page on which he tells the approvers something (APPROVE-502); null: no page.</summary>
        public string? NoteUrl { get; init; }
    }

    /// <summary>送信ディレイ通知: a mail that its sender sends or discards himself (APPROVE-510, APPROVE-511).</summary>
    /// <param name="Confirms">It never leaves by itself.</param>
    /// <param name="Url">His link; null: no page, and he decides by mail.</param>
    public sealed record Delay(HeldCase Held, bool Confirms, string? Url) : Notice
    {
        public override NoticeKind Kind => NoticeKind.DelayNotice;
        public override HeldCase Case => Held;
    }

    /// <summary>承認依頼.</summary>
    /// <param name="Approver">For whom this copy is.</param>
    /// <param name="Texts">His own; null: he decides on the page only (APPROVE-46).</param>
    /// <param name="WebUrl">His link; null: no page.</param>
    public sealed record Request(HeldCase Held, CurrentApprover Approver, DecisionTexts? Texts, string? WebUrl) : Notice
    {
        /// <summary>He is asked because nobody answered (T5).</summary>
        public bool IsEscalated { get; init; }
        public override NoticeKind Kind => IsEscalated ? NoticeKind.EscalatedRequest : NoticeKind.Request;
        public override HeldCase Case => Held;
        public override Mailbox Author => Held.Requester;
    }

    /// <summary>承認通知, 却下通知 and 期限切れ通知.</summary>
    /// <param name="ToRequester">Otherwise to another approver, who hears that nothing is left to do.</param>
    public sealed record Result(HeldCase Held, Decision Decision, bool ToRequester) : Notice
    {
        public override NoticeKind Kind => Decision.Outcome switch
        {
            HoldStatus.Approved or HoldStatus.AdminReleased or HoldStatus.Sent => NoticeKind.ApprovalNotice,
            HoldStatus.Expired => NoticeKind.ExpiryNotice,
            HoldStatus.Withdrawn => NoticeKind.WithdrawalNotice,
            _ => NoticeKind.RejectionNotice,
        };

        public override HeldCase Case => Held;

        // Where nobody decided, the name of the first approver stands as in the hold notice; an upstream server that wants a user's login gets one.
        public override Mailbox? Author => Decision.By ?? Held.Approvers.FirstOrDefault()?.Address;
    }

    /// <summary>To the sender: somebody else is asked now, and since when (APPROVE-118).</summary>
    public sealed record Escalation(HeldCase Held, ImmutableArray<Mailbox> Targets, EscalationCause Cause, DateTimeOffset At) : Notice
    {
        public override NoticeKind Kind => NoticeKind.EscalationNotice;
        public override HeldCase Case => Held;
        public override Mailbox Author => Held.Approvers[0].Address;
    }

    /// <summary>処理結果: an attempt that did nothing, told to an authenticated person only (APPROVE-119).</summary>
    /// <param name="Tried">What was asked for; null: it could not be read.</param>
    /// <param name="Held">Null: no held mail of this number exists for this person.</param>
    public sealed record NoAction(NoActionReason Reason, Verb? Tried, HeldCase? Held) : Notice
    {
        /// <summary>For <see cref="NoActionReason.AlreadyDecided"/>.</summary>
        public Decision? Decision { get; init; }

        /// <summary>For <see cref="NoActionReason.WrongAddress"/>: the one to send from (APPROVE-155).</summary>
        public Mailbox? RegisteredAddress { get; init; }
        public override NoticeKind Kind => NoticeKind.NoAction;
        public override HeldCase? Case => Held;
    }

    /// <summary>承認待ち一覧, and 督促 with the same content.</summary>
    /// <param name="Entries">Oldest first, at most <see cref="WaitingEntry.MailLimit"/>.</param>
    /// <param name="Total">Of all, also those that are not among the entries.</param>
    /// <param name="WebUrl">Page with the whole list; null: no page.</param>
    public sealed record Waiting(Mailbox Approver, ImmutableArray<WaitingEntry> Entries, int Total, string? WebUrl) : Notice
    {
        public bool IsReminder { get; init; }

        /// <summary>Set where the list is not sent, because the last one went at this time (APPROVE-218).</summary>
        public DateTimeOffset? LastSentAt { get; init; }
        public override NoticeKind Kind => IsReminder ? NoticeKind.Reminder : NoticeKind.WaitingList;
    }

    /// <summary>代理承認者設定, to the approver (APPROVE-212).</summary>
    /// <param name="Now">Null: cleared.</param>
    public sealed record ProxyChanged(Mailbox Approver, Mailbox? Before, Mailbox? Now, ProxyTerm? Term, int OpenMails, ImmutableArray<ProxyWarning> Warnings) : Notice
    {
        public override NoticeKind Kind => NoticeKind.ProxyChanged;
    }

    /// <summary>To the proxy: he is one, or no longer (<paramref name="Term"/> null).</summary>
    public sealed record ProxyInformation(Mailbox Approver, Mailbox Proxy, ProxyTerm? Term, int OpenMails) : Notice
    {
        public override NoticeKind Kind => NoticeKind.ProxyInformation;
        public override Mailbox Author => Approver;
    }

    /// <summary>To the approver, a day ahead (APPROVE-209).</summary>
    public sealed record ProxyEnding(Mailbox Approver, Mailbox Proxy, DateTimeOffset Until) : Notice
    {
        public override NoticeKind Kind => NoticeKind.ProxyEnding;
    }

    /// <summary>承認履歴, to an administrator (APPROVE-220).</summary>
    /// <param name="Files">Null: the history is off (APPROVE-222).</param>
    /// <param name="WebUrl">Where it is fetched when it is too large for a mail; null: no page.</param>
    public sealed record History(DayRange Days, HistoryFiles? Files, string? WebUrl) : Notice
    {
        public override NoticeKind Kind => NoticeKind.History;
    }

    /// <summary>Answer to a command that changed nothing.</summary>
    /// <param name="Subject">As it was sent.</param>
    public sealed record CommandRefused(string Subject, CommandRefusal Why) : Notice
    {
        public override NoticeKind Kind => NoticeKind.CommandRefused;
    }
}

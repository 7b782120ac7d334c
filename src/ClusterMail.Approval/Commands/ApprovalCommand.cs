using ClusterMail.Protocol;

namespace ClusterMail.Approval.Commands;

/// <summary>What somebody asks of the approval system by a mail to himself (APPROVE-200).</summary>
public abstract record ApprovalCommand
{
    private ApprovalCommand() { }

    /// <summary>The word the audit and the answer name: <c>waitlist</c>, <c>setproxyuser</c>, <c>approvalgetlog</c>, <c>withdraw</c>, <c>sendnow</c>.</summary>
    public abstract string Word { get; }

    /// <summary><c>waitlist_</c>, or <c>waitlist_full</c> with the mails attached (APPROVE-217).</summary>
    public sealed record WaitingList(bool IsFull) : ApprovalCommand
    {
        public override string Word => "waitlist";
    }

    /// <summary><c>setproxyuser_ADDRESS</c>, for the days given or until cleared (APPROVE-209).</summary>
    public sealed record SetProxy(Mailbox Proxy, DayRange? Days) : ApprovalCommand
    {
        public override string Word => "setproxyuser";
    }

    /// <summary><c>setproxyuser_</c>.</summary>
    public sealed record ClearProxy : ApprovalCommand
    {
        public override string Word => "setproxyuser";
    }

    /// <summary><c>approvalgetlog_</c>, of the last 90 days or the days given (APPROVE-221).</summary>
    public sealed record History(DayRange? Days) : ApprovalCommand
    {
        public override string Word => "approvalgetlog";
    }

    /// <summary><c>withdraw_HOLDID</c>: the sender takes his own mail back. The hold notice's mailto link prepares it (APPROVE-110).</summary>
    public sealed record Withdraw(HoldId Hold) : ApprovalCommand
    {
        public override string Word => "withdraw";
    }

    /// <summary><c>sendnow_HOLDID</c>: the sender lets his own delayed mail go (APPROVE-510).</summary>
    public sealed record SendNow(HoldId Hold) : ApprovalCommand
    {
        public override string Word => "sendnow";
    }

    /// <summary>Command word, but what follows cannot be read: answered with what is wrong, and nothing changes.</summary>
    /// <param name="Column">Of the subject, from 1.</param>
    public sealed record Unreadable(string CommandWord, int Column, CommandFault Fault) : ApprovalCommand
    {
        public override string Word => CommandWord;
    }
}

/// <summary>What is wrong with a command. The answer says it in the reader's language.</summary>
public enum CommandFault
{
    Address,
    Date,
    DateOrder,
    HoldId,
    TrailingText,
}

using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Policies;

/// <summary>What approval says of one recipient (APPROVE-28), and which rule made it say so.</summary>
/// <param name="Rule">For logs and <c>explain</c>: <c>APPROVE-28 account taro@example.jp v3 line 2</c>.</param>
public abstract record Judgement(string Rule)
{
    /// <summary>Order of strictness (APPROVE-7, APPROVE-31): the larger one wins.</summary>
    public abstract int Strictness { get; }

    /// <summary>Leaves at once.</summary>
    public sealed record Send(string Rule) : Judgement(Rule)
    {
        public override int Strictness => 0;
    }

    /// <summary>Only at RCPT: the content decides (mode 2, keywords, size). Nothing is answered but the usual positive reply.</summary>
    public sealed record Open(string Rule) : Judgement(Rule)
    {
        public override int Strictness => 1;
    }

    /// <summary>Kept until approvers decide.</summary>
    /// <param name="Catches">One for each policy that holds it, in the order in which their approvers are asked (APPROVE-7); at least one.</param>
    public sealed record Hold(string Rule, ImmutableArray<Catch> Catches) : Judgement(Rule)
    {
        /// <summary>Nobody's approval is needed: it leaves after a while, or by its sender's word (APPROVE-510, APPROVE-511). Approval is the stricter one (APPROVE-512).</summary>
        public bool IsDelay => Catches.All(caught => caught.Line.Mode == ApprovalMode.Delay);

        public override int Strictness => !IsDelay ? 4 : Catches.Any(caught => caught.Line.Options.Confirm) ? 3 : 2;

        public bool Equals(Hold? other) => other is not null && Rule == other.Rule && Catches.SequenceEqual(other.Catches);

        public override int GetHashCode() => HashCode.Combine(Rule, Catches.Length);
    }

    /// <summary>The policy cannot be evaluated at all: <c>451 4.3.0</c> (APPROVE-13).</summary>
    /// <param name="Cause">For the administrators, never for the client.</param>
    public sealed record Trouble(string Rule, string Cause) : Judgement(Rule)
    {
        public override int Strictness => 5;
    }

    /// <summary>Refused for good: at RCPT, or at the end of DATA where the content had to be seen first.</summary>
    /// <param name="Reply">What the client is answered (APPROVE-32), the same on every try (APPROVE-34).</param>
    public sealed record Refuse(string Rule, Reply Reply) : Judgement(Rule)
    {
        public override int Strictness => 6;
    }
}

/// <summary>One policy that wants a recipient held.</summary>
/// <param name="Requester">The account whose policy it is: the sender, or the one that authenticated (APPROVE-7).</param>
/// <param name="Place">Level, version and line.</param>
/// <param name="Line">The line, with approvers, votes and deadlines.</param>
/// <param name="Reasons">What was found, in the order of the line's terms.</param>
public sealed record Catch(Mailbox Requester, PolicyPlace Place, ApprovalLine Line, ImmutableArray<CatchReason> Reasons)
{
    public bool Equals(Catch? other) => other is not null && Requester.SameAs(other.Requester) && Place == other.Place && Line == other.Line && Reasons.SequenceEqual(other.Reasons);

    public override int GetHashCode() => HashCode.Combine(Place, Line.Number);
}

/// <summary>Why a line caught a mail, for requests, lists and logs.</summary>
/// <param name="Found">The keyword, the attachment's name, the number; empty when there is nothing to name.</param>
public sealed record CatchReason(CatchKind Kind, string Found = "");

/// <summary>Kinds of reasons. The numbers are stored in the database: never change them.</summary>
public enum CatchKind : byte
{
    /// <summary>The line has no condition.</summary>
    Destination = 0,
    Keyword = 1,
    Attachment = 2,
    Size = 3,
    Recipients = 4,
    Extension = 5,

    /// <summary>The line, or what it refers to, cannot be read (APPROVE-13).</summary>
    Unreadable = 6,
}

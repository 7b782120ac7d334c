using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>What a voter wants. The numbers are stored in the database: never change them.</summary>
public enum Verb : byte
{
    Approve = 1,
    Reject = 2,
}

/// <summary>How an act came in (APPROVE-89). The numbers are stored in the database: never change them.</summary>
public enum Channel : byte
{
    Mail = 1,
    Web = 2,
    Api = 3,
    Timer = 4,
    Admin = 5,
}

/// <summary>One vote that counts.</summary>
/// <param name="Stage">Of the group, from 0.</param>
/// <param name="Seat">Address of the current approver it was cast for.</param>
/// <param name="Voter">Who cast it: the same, his principal, or his proxy.</param>
/// <param name="At">By the database's clock.</param>
public sealed record Vote(int Stage, Mailbox Seat, Mailbox Voter, Verb Verb, DateTimeOffset At, Channel Channel, string Comment = "");

/// <summary>The one act that made a group final.</summary>
/// <param name="By">Who; null: the system, at a deadline.</param>
/// <param name="Principal">As whose proxy; null: for himself.</param>
/// <param name="Reason">What he wrote: required of administrators.</param>
public sealed record Decision(HoldStatus Outcome, Mailbox? By, Mailbox? Principal, DateTimeOffset At, Channel Channel, string Reason = "");

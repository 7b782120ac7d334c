using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>What the checks need to know of a held mail (APPROVE-150). Addresses are main addresses of accounts (APPROVE-47).</summary>
public sealed record DecidableHold
{
    public required HoldId Hold { get; init; }
    public required Mailbox Requester { get; init; }

    /// <summary>Every list issued so far, as <see cref="ApproverText.Key"/> gives it (APPROVE-137).</summary>
    public required ImmutableArray<string> IssuedLists { get; init; }

    /// <summary>Who may decide now: current approvers, escalation targets, proxies in force, principals who keep their right.</summary>
    public required ImmutableArray<Mailbox> Deciders { get; init; }

    /// <summary>Of the stored content, 64 hex digits.</summary>
    public required string ContentSha256 { get; init; }

    /// <summary>Null while the state is open.</summary>
    public Verb? Outcome { get; init; }
}

using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>The settings the checks need.</summary>
public sealed record DecisionRules
{
    /// <summary><c>approval.accept_legacy_tokens</c>: old unsigned texts, from logged-in approvers only. Default false (APPROVE-138).</summary>
    public bool AcceptsLegacy { get; init; }

    /// <summary><c>approval.require_auth_for_decision</c>. Default auto (APPROVE-152).</summary>
    public AuthDemand AuthDemand { get; init; }

    /// <summary><c>approval.reject_reason_required</c>. Default false (APPROVE-144).</summary>
    public bool IsReasonRequired { get; init; }

    /// <summary><c>approval.sub_domain_label</c>; empty: decisions go to the requester's own address (APPROVE-120).</summary>
    public string SubDomainLabel { get; init; } = "";

    /// <summary>Where a decision about a mail of this requester is sent.</summary>
    public Mailbox DecisionAddress(Mailbox requester) =>
        SubDomainLabel.Length == 0 ? requester : requester with { Domain = $"{SubDomainLabel}.{requester.Domain}" };
}

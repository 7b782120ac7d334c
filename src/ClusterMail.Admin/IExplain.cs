using ClusterMail.Admin.Contract;
using ClusterMail.Approval.Policies;

namespace ClusterMail.Admin;

/// <summary>The dry run (ADMIN-44): the same policy and routing that a real transaction meets, nothing written, nothing sent.</summary>
public interface IExplain
{
    Task<ExplainResult> ExplainAsync(ExplainRequest request, CancellationToken cancel);

    /// <summary>What would have become of the mails of a span under a draft (APPROVE-520).</summary>
    /// <param name="draft">Parsed, and good.</param>
    Task<PolicyWhatIfResult> WhatIfAsync(PolicyLevel draft, DateTimeOffset from, DateTimeOffset until, CancellationToken cancel);

    /// <summary>How SPF would go for a client (CONF-19).</summary>
    Task<ExplainSpfResult> SpfAsync(ExplainSpfRequest request, CancellationToken cancel);
}

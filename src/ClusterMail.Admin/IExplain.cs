using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin;

/// <summary>The dry run (ADMIN-44): the same policy and routing that a real transaction meets, nothing written, nothing sent.</summary>
public interface IExplain
{
    Task<ExplainResult> ExplainAsync(ExplainRequest request, CancellationToken cancel);

    /// <summary>How SPF would go for a client (CONF-19).</summary>
    Task<ExplainSpfResult> SpfAsync(ExplainSpfRequest request, CancellationToken cancel);
}

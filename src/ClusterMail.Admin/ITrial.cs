using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin;

/// <summary>What the guided check of a placement asks of a node (APPROVE-407, APPROVE-408); implemented by the node, because it is about the place it stands at.</summary>
public interface ITrial
{
    Task<HopAnswer> HopAsync(HopQuestion question, CancellationToken cancel);

    /// <exception cref="TimeoutException">The node cannot take mail now, or does not learn of the policy in time.</exception>
    Task<TrialAnswer> MailAsync(TrialMail mail, CancellationToken cancel);
}

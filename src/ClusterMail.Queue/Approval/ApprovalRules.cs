using ClusterMail.Accounts;
using ClusterMail.Approval.Tokens;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Settings;

namespace ClusterMail.Queue.Approval;

/// <summary>What the settings say of decisions and commands (APPROVE-138, APPROVE-144, APPROVE-152, APPROVE-440).</summary>
internal static class ApprovalRules
{
    public static DecisionRules Of(NodeView view) => new()
    {
        AcceptsLegacy = view.Settings.Switch("approval.accept_legacy_tokens"),
        AuthDemand = view.Settings.Choice("approval.require_auth_for_decision") == "yes" ? AuthDemand.Yes : AuthDemand.Auto,
        IsReasonRequired = view.Settings.Switch("approval.reject_reason_required"),
        SubDomainLabel = view.Policy.Directory.SubDomain.Label,
    };

    /// <summary>How a decision or command came in (step 2 of APPROVE-150).</summary>
    /// <param name="login">The account that has logged in; null: none.</param>
    public static SubmissionPath PathOf(MailTransaction transaction, Account? login) =>
        login is not null ? SubmissionPath.Authenticated
        : transaction.Pipeline.IsInside ? SubmissionPath.InternalServer
        : transaction.Pipeline.Outgoing.IsOurs ? SubmissionPath.TrustedNetwork
        : SubmissionPath.Outside;
}

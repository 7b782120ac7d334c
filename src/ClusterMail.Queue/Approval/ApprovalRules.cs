using ClusterMail.Approval.Tokens;
using ClusterMail.Queue.Settings;

namespace ClusterMail.Queue.Approval;

/// <summary>What the settings say of decisions (APPROVE-138, APPROVE-144, APPROVE-152, APPROVE-440).</summary>
internal static class ApprovalRules
{
    public static DecisionRules Of(NodeView view) => new()
    {
        AcceptsLegacy = view.Settings.Switch("approval.accept_legacy_tokens"),
        AuthDemand = view.Settings.Choice("approval.require_auth_for_decision") == "yes" ? AuthDemand.Yes : AuthDemand.Auto,
        IsReasonRequired = view.Settings.Switch("approval.reject_reason_required"),
    };
}

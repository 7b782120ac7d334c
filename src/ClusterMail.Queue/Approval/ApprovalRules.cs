using System.Net;
using ClusterMail.Accounts;
using ClusterMail.Approval.Tokens;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Queue.Approval;

/// <summary>What the settings say of decisions and commands (APPROVE-138, APPROVE-144, APPROVE-152, APPROVE-440).</summary>
internal static class ApprovalRules
{
    public static DecisionRules Of(NodeView view) => new()
    {
        AcceptsLegacy = view.Settings.Switch("approval.accept_legacy_tokens"),
        AuthDemand = view.Settings.Choice("approval.require_auth_for_decision") == "yes" ? AuthDemand.Yes : AuthDemand.Auto,
        IsReasonRequired = view.Settings.Switch("approval.reject_reason_required"),
        SubDomainLabel = view.Settings.Text("approval.sub_domain_label"),
    };

    /// <summary>How a decision or command came in (step 2 of APPROVE-150).</summary>
    /// <param name="login">The account that has logged in; null: none.</param>
    public static SubmissionPath PathOf(ReceivedMail mail, MailTransaction transaction, Account? login) =>
        login is not null ? SubmissionPath.Authenticated
        : transaction.View.Settings.List("approval.internal_servers").Any(server => Holds(server, mail.Client.Remote.Address)) ? SubmissionPath.InternalServer
        : transaction.Pipeline.Outgoing.IsOurs ? SubmissionPath.TrustedNetwork
        : SubmissionPath.Outside;

    private static bool Holds(string server, IPAddress client)
    {
        var address = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        return IPNetwork.TryParse(server, out var network) ? network.Contains(address) : IPAddress.TryParse(server, out var one) && one.Equals(address);
    }
}

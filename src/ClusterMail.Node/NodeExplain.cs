using System.Net;
using ClusterMail.Admin;
using ClusterMail.Admin.Contract;
using ClusterMail.Policy;
using ClusterMail.Policy.Senders;
using ClusterMail.Policy.Senders.Spf;
using ClusterMail.Protocol;
using ClusterMail.Approval.Policies;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Login;
using ClusterMail.Queue.Senders;
using ClusterMail.Queue.Settings;
using ClusterMail.Routing;

namespace ClusterMail.Node;

/// <summary>The dry run (ADMIN-44): the policy and routes in force on this node, DNS asked as a delivery would, nothing written, nothing sent.</summary>
public sealed class NodeExplain(NodeRuntime node, NodeOptions options) : IExplain
{
    public async Task<ExplainResult> ExplainAsync(Admin.Contract.ExplainRequest request, CancellationToken cancel)
    {
        var view = node.Settings.Current;
        var from = request.From is "" or "<>" ? ReversePath.Null : new ReversePath(Mailbox.FromStored(request.From.Trim('<', '>')));
        var to = request.To.Select(text => Mailbox.FromStored(text.Trim('<', '>'))).ToArray();
        var submission = request.Port is { } port && (port is 587 or 465 || port == options.Submission?.Port || port == options.Smtps?.Port);
        var identity = string.IsNullOrEmpty(request.Auth) ? null : Authenticator.Named(view.Policy.Directory, request.Auth, IPAddress.None) ?? Mailbox.FromStored(request.Auth);
        var asked = new Policy.ExplainRequest(IPAddress.Parse(request.Ip), request.Helo ?? "", from, to, submission, identity, request.Blank) { At = request.At };
        var said = await Explanation.OfAsync(view.Policy, asked, cancel);
        var recipients = new List<ExplainRecipient>();
        foreach (var recipient in said.Recipients)
            recipients.Add(await RecipientAsync(view, from, recipient, cancel));
        return new ExplainResult(
            view.Settings.Version, node.Lockout.Explain(asked.Client), said.Mail.Refusal?.ToString() ?? $"250 2.0.0 {from}... Sender ok.",
            [.. said.Steps.Select(ToRule), Senders(view.Senders, SenderDoor.IsExempt(asked.Client, asked.Submission) || said.IsKnown)], recipients, said.Data?.Refusal?.ToString());
    }

    public async Task<PolicyWhatIfResult> WhatIfAsync(PolicyLevel draft, DateTimeOffset from, DateTimeOffset until, CancellationToken cancel)
    {
        var tried = new PolicyWhatIf(draft, node.Settings.Current, node.Approval.Watch.Current, DateTimeOffset.UtcNow);
        await foreach (var envelope in node.Approval.Envelopes.AllAsync(from, until, cancel))
            tried.Add(envelope);
        return new PolicyWhatIfResult(tried.Mails, tried.Sent, tried.Held, tried.Refused, tried.DependsOnContent, tried.Approvers, []);
    }

    public async Task<ExplainSpfResult> SpfAsync(ExplainSpfRequest request, CancellationToken cancel)
    {
        var view = node.Settings.Current;
        var client = IPAddress.Parse(request.Ip);
        var path = request.From is "" or "<>" ? ReversePath.Null : new ReversePath(Mailbox.FromStored(request.From.Trim('<', '>')));
        var identities = new List<ExplainedIdentity>();
        async Task<SpfOutcome> CheckAsync(string name, SpfIdentity identity)
        {
            List<string> steps = [];
            var outcome = await SpfCheck.RunAsync(node.Hosts.Senders, identity, new SpfOptions { Receiver = view.HostName, WithExplanation = true, Trace = steps }, cancel);
            identities.Add(new ExplainedIdentity(name, outcome.Domain, outcome.Result.Word(), outcome.Reason, outcome.Explanation, steps));
            return outcome;
        }

        var mail = await CheckAsync(path.IsNull ? "HELO" : "MAIL FROM", SpfIdentity.OfMail(client, request.Helo, path));
        var helo = path.IsNull ? null : await CheckAsync("HELO", SpfIdentity.OfHelo(client, request.Helo));
        var enforced = SenderJudgement.Of(new SenderOptions { Spf = SenderMode.Enforce, HostName = view.HostName }, new SenderFindings { Spf = new SpfFindings(mail, helo) }, client);
        return new ExplainSpfResult(
            view.Settings.Choice("receive.spf"), !SenderDoor.IsExempt(client, submission: false) && !view.Policy.IsNamed(client), identities, enforced.Refusal?.ToLogText());
    }

    private static ExplainRule Senders(SenderOptions options, bool known) => new("CONF-19", known ? "SPF, DKIM, DMARC: not checked, this client is known"
        : $"SPF {Word(options.Spf)}, DKIM {Word(options.Dkim)}, DMARC {Word(options.Dmarc)}{(options.IsOff ? "" : options.BeforeAnswer ? ": before the answer to the content" : ": after the mail is accepted")}");

    private static string Word(SenderMode mode) => mode.ToString().ToLowerInvariant();

    private async Task<ExplainRecipient> RecipientAsync(NodeView view, ReversePath from, ExplainedRecipient said, CancellationToken cancel)
    {
        var (recipient, verdict, steps) = said;
        List<ExplainRule> rules = [.. steps.Select(ToRule), new(verdict.Rule, verdict.Accepted ? "accepted" : "refused")];
        if (!verdict.Accepted)
            return new ExplainRecipient(recipient.ToString(), verdict.Refusal!.ToString(), null, null, [], rules);
        var route = view.Router.Decide(from, view.Policy.Resolve(recipient));
        rules.Add(new ExplainRule(route.Rule, route.Failure ?? $"waits under {route.Destination}"));
        if (route.Failure is { } failure)
            return new ExplainRecipient(recipient.ToString(), $"250 2.0.0 <{recipient}>... Recipient ok.", $"none: {failure}", null, [], rules);
        if (route.Kind == RouteKind.Mailbox)
            return new ExplainRecipient(recipient.ToString(), $"250 2.0.0 <{recipient}>... Recipient ok.", $"mailbox of {route.Account!.Address}", route.Destination, [], rules);
        var hosts = await node.Hosts.ResolveAsync(route, cancel);
        rules.Add(new ExplainRule(route.Kind == RouteKind.Gateway ? "GWT-7" : "DELIV-20", hosts.Explanation));
        return new ExplainRecipient(
            recipient.ToString(), $"250 2.0.0 <{recipient}>... Recipient ok.", route.Kind == RouteKind.Gateway ? "gateway" : "MX", route.Destination,
            [.. hosts.Hosts.Select(host => $"{host.Name}:{host.Port}{(host.TlsOnConnect ? "*" : "")} [{string.Join(", ", host.Addresses.AsEnumerable())}]")], rules);
    }

    private static ExplainRule ToRule(PolicyStep step) => new(step.Rule, $"{step.Stage} {step.Check}: {step.Result}");
}

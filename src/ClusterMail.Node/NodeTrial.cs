using System.Globalization;
using System.Net;
using System.Text;
using ClusterMail.Admin;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Deliver;
using ClusterMail.Routing;
using ClusterMail.Routing.Dns;
using ClusterMail.Smtp.Client;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Node;

/// <summary>The guided check as this node sees it: its names, its connections, and a mail through the same door as a user's (APPROVE-407, APPROVE-408).</summary>
public sealed class NodeTrial(NodeRuntime node, NodeOptions options) : ITrial
{
    /// <summary>A person waits; a server that says nothing for so long does not work.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>Accounts and settings are in force on every node within 5 s (ADMIN-24).</summary>
    private static readonly TimeSpan InForce = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private static readonly IPEndPoint Nowhere = new(IPAddress.Loopback, 0);

    public async Task<HopAnswer> HopAsync(HopQuestion question, CancellationToken cancel)
    {
        var steps = new List<HopStep>();
        if (question.Name is { } name)
            steps.Add(await NameAsync(name, cancel));
        else
            await WalkAsync(ReversePath.FromStored(question.From), Mailbox.FromStored(question.To), steps, cancel);
        return new HopAnswer(options.Name, steps.All(step => step.Good), steps);
    }

    /// <summary>By its addresses, as a server finds it that has it in its hosts file or asks DNS.</summary>
    private async Task<HopStep> NameAsync(string name, CancellationToken cancel)
    {
        var own = node.Settings.Current.Router.Own;
        var port = options.Smtp?.Port ?? node.Settings.Current.Router.Port;
        var route = new Routing.Route { Kind = RouteKind.Gateway, Destination = $"[{name}]:{port}", Gateways = [new Gateway(name, port, TlsOnConnect: false)], Rule = "APPROVE-445" };
        node.Hosts.Forget(route);
        var hosts = await node.Hosts.ResolveAsync(route, cancel);
        var addresses = hosts.Hosts.SelectMany(host => host.Addresses).ToArray();
        return addresses.Any(address => own.Contains(address, port)) ? new HopStep("resolve", true, $"{name} leads to this farm")
            : new HopStep("resolve", false, addresses.Length == 0 ? hosts.Explanation : $"{name} leads to {addresses[0]}, which is not this node");
    }

    private async Task WalkAsync(ReversePath from, Mailbox to, List<HopStep> steps, CancellationToken cancel)
    {
        var route = node.Settings.Current.Router.Decide(from, to);
        if (route.Failure is { } failure)
        {
            steps.Add(new HopStep("route", false, $"{failure} ({route.Rule})", "Look at route.gateway, route.table and domain.table: clustermail explain shows which line decides."));
            return;
        }
        steps.Add(new HopStep("route", true, route.Kind == RouteKind.Mailbox ? $"a mailbox here ({route.Rule})" : $"{route.Destination} ({route.Rule})"));
        if (route.Kind == RouteKind.Mailbox)
            return;
        node.Hosts.Forget(route);
        var hosts = await node.Hosts.ResolveAsync(route, cancel);
        steps.Add(new HopStep("resolve", !hosts.Hosts.IsEmpty, hosts.Failure is { } refusal && hosts.Class == FailureClass.Refused ? refusal.ToString() : hosts.Explanation,
            hosts.Hosts.IsEmpty ? "Names must resolve on the nodes: look at dns.servers and dns.static_hosts, and at the name itself." : null));
        var worst = new List<HopStep>();
        foreach (var host in hosts.Hosts)
        {
            var attempt = await HostAsync(host, from, to, cancel);
            if (attempt.All(step => step.Good) || host == hosts.Hosts[^1])
            {
                steps.AddRange(attempt);
                return;
            }
            worst = attempt;
        }
        steps.AddRange(worst);
    }

    /// <param name="Hint">What to do when it is refused.</param>
    /// <param name="Grant">Of an account's own login: how it goes counts like any other try (APPROVE-426).</param>
    private sealed record Login(HostCredential? Credential, string Hint, UpstreamGrant? Grant = null);

    private async Task<List<HopStep>> HostAsync(MailHost host, ReversePath from, Mailbox to, CancellationToken cancel)
    {
        var worker = node.Worker;
        if (host.Login is not { IsPersonal: true } login)
            return await ConnectAsync(host, new Login(host.Login is { } named ? worker.Credential(named.Name) : null, "look at route.credentials"), from, to, cancel);
        var hint = $"clustermail account upstream set {login.Account}";
        var answer = login.Account is { } account ? await worker.Logins!.BeginAsync(account, login.Kind, cancel) : new UpstreamAnswer(null, UpstreamLogins.Nobody);
        return answer.Grant is { } grant
            ? await ConnectAsync(host, new Login(grant.Credential, hint, grant), from, to, cancel)
            : [new HopStep("login", false, answer.Refusal!.ToString(), hint)];
    }

    private async Task<List<HopStep>> ConnectAsync(MailHost host, Login login, ReversePath from, Mailbox to, CancellationToken cancel)
    {
        var worker = node.Worker;
        var target = worker.Target(host, host.Addresses[0], login.Credential);
        var opened = await HostConnection.OpenAsync(target, worker.Delivery with { ConnectTimeout = Silence, IdleTimeout = Silence }, cancel);
        if (login.Grant is { } grant)
            await worker.Logins!.EndAsync(grant, opened.Connection is not null ? null : opened is { AuthRefused: true, Class: FailureClass.Refused } ? $"{host.Name}: {opened.Reply}" : "");
        if (opened.Connection is null)
            return [new HopStep("connect", false, $"{target}: {opened.Reply}", opened.AuthRefused
                ? $"The server refuses the login: {login.Hint}"
                : "Look at host and port, whether the server runs, and whether a firewall or the provider blocks the port (587 instead of 25).")];
        await using var connection = opened.Connection;
        var steps = new List<HopStep> { new("connect", true, $"{target}{(connection.TlsVersion is { } tls ? $", {tls}" : ", no TLS")}{(login.Credential is { } credential ? $", logged in as {credential.User}" : "")}") };
        var (mail, recipient) = await connection.TryAsync(from, to, cancel);
        steps.Add(Asked("mail", mail, "The server refuses the sender: it must know its domain, or wants a login (route.gateway_credential, or on the line of route.table)."));
        if (mail is { IsPositive: true })
            steps.Add(Asked("rcpt", recipient, "The server must take mail of the nodes of this farm to this recipient: allow their addresses to relay there."));
        return steps;
    }

    private static HopStep Asked(string stage, Reply? reply, string hint) =>
        new(stage, reply is { IsPositive: true }, reply?.ToString() ?? "the connection was lost", reply is { IsPositive: true } ? null : hint);

    public async Task<TrialAnswer> MailAsync(TrialMail mail, CancellationToken cancel)
    {
        await KnowsAsync(mail, cancel);
        if (node.Acceptor.Unavailable is { } no)
            throw new TimeoutException($"This node cannot store mail now: {no}");
        var client = new ClientConnection { Remote = Nowhere, Local = Nowhere, Purpose = ListenerPurpose.Submission, SessionId = "check", Helo = "check", Extended = true, AuthenticatedAs = mail.From };
        var transaction = new MailTransaction(node.Settings.Current, node.Approval.Watch.Current);
        var envelope = new Envelope(ReversePath.FromStored(mail.From));
        var recipient = new ForwardPath(Mailbox.FromStored(mail.To));
        var verdict = await transaction.MailAsync(client, envelope, blank: false, cancel);
        if (verdict.Accepted)
            verdict = await transaction.RecipientAsync(client, envelope, recipient, cancel);
        envelope = envelope.With(recipient);
        if (verdict.Accepted)
            verdict = transaction.Data(client, envelope);
        if (!verdict.Accepted)
            return new TrialAnswer(options.Name, false, "", $"{verdict.Refusal} ({verdict.Rule})");
        if (!node.Acceptor.TryAllot(out var id))
            throw new TimeoutException("No mail number can be had from the database now.");
        var received = new ReceivedMail(id, transaction.Merge(envelope), Content(mail, id), new ContentFacts(), client) { Transaction = transaction, Given = envelope };
        var reply = await node.Acceptor.AcceptAsync(received, cancel);
        return new TrialAnswer(options.Name, reply.IsPositive, id.ToString(), reply.ToString());
    }

    /// <summary>The policy was saved a moment ago; without it the mail would prove nothing.</summary>
    private async Task KnowsAsync(TrialMail mail, CancellationToken cancel)
    {
        var until = TimeProvider.System.GetUtcNow() + InForce;
        while (node.Settings.Current.Policy.Directory.Account(Mailbox.FromStored(mail.From)) is not { } account || account.DestinationsVersion < mail.PolicyVersion)
        {
            if (TimeProvider.System.GetUtcNow() > until)
                throw new TimeoutException($"This node does not know {mail.From} with its policy yet.");
            await Task.Delay(Poll, cancel);
        }
    }

    private static MemoryContent Content(TrialMail mail, MessageId id) => new(Encoding.ASCII.GetBytes(string.Join(
        "\r\n",
        $"From: <{mail.From}>", $"To: <{mail.To}>", $"Subject: {mail.Subject}", $"Date: {DateTimeOffset.UtcNow.ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture)}",
        $"Message-ID: <check.{id}@{Mailbox.FromStored(mail.From).Domain}>", "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii", "",
        "This mail checks how this mail system is set up (clustermail approval preset check). It may be deleted.", "")));
}

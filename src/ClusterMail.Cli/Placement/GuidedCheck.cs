using System.Globalization;
using System.Net;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Placement;

/// <summary>
/// APPROVE-407, APPROVE-408: the way out first, then approval alone, forwarding alone, and both together, because everything at once is hard to analyse. Ends at the first
/// thing that fails, and leaves policy, held mails and queue as they were.
/// </summary>
/// <param name="told">Called with each line as it is known.</param>
internal sealed class GuidedCheck(AdminClient client, CheckOrder order, Action<CheckLine> told)
{
    private static readonly TimeSpan InForce = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private readonly List<CheckLine> _lines = [];
    private readonly TrialPolicy _policy = new(client, order.Sender);
    private readonly TrialMails _mails = new(client, order);
    private int _step;

    public async Task<CheckReport> RunAsync(CancellationToken cancel)
    {
        int? failed = null;
        try
        {
            Func<CancellationToken, Task<bool>>[] steps = [PrepareAsync, ApprovalAloneAsync, ForwardingAloneAsync, BothAsync];
            for (_step = 0; _step < steps.Length && failed is null; _step++)
                if (!await steps[_step](cancel))
                    failed = _step;
        }
        finally
        {
            await _policy.RestoreAsync();
            await _mails.ClearAsync();
        }
        return new CheckReport(order.Preset, failed is null, failed, _lines);
    }

    private string Policy => $"*:1::{order.Approver}\n";

    private async Task<bool> PrepareAsync(CancellationToken cancel)
    {
        foreach (var account in (string[])[order.Sender, order.Approver, order.Inside])
            await client.GetAsync(Routes.Fill(Routes.Account, account), AdminJson.Default.AccountEntry, cancel);
        if (!(await client.GetAsync(Routes.ApprovalStatus, AdminJson.Default.ApprovalStatus, cancel)).Value.Enabled)
            return Fail(Words.Of("approval is off (approval.enabled)"), Words.Of("clustermail settings set approval.enabled=true, or apply the preset."));
        foreach (var recipient in new[] { order.Inside, order.Target }.Distinct())
            if (!await HopAsync(recipient, cancel))
                return false;
        if (order.Preset == "exchange")
            await SubDomainAsync(cancel);
        if (order is { Preset: "front", Outside: not null })
            await BypassAsync(order.Outside, cancel);
        return true;
    }

    private async Task<bool> HopAsync(string recipient, CancellationToken cancel)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var answer = await AskAsync(new HopQuestion(order.Sender, recipient), cancel);
        // An account or a route of a moment ago is in force on every node within five seconds (ADMIN-24).
        for (; answer.Steps is [{ Stage: "route", Good: false }] && watch.Elapsed < InForce; answer = await AskAsync(new HopQuestion(order.Sender, recipient), cancel))
            await Task.Delay(Poll, cancel);
        foreach (var step in answer.Steps)
            Say(step.Good ? CheckLine.Good : CheckLine.Failed, $"{answer.Node}: {recipient}: {step.Stage}: {step.Detail}", step.Hint is { } hint ? Words.Of(hint) : null);
        return answer.Works;
    }

    /// <summary>APPROVE-454 (9): whether Exchange can find the sub-domain cannot be seen from here; that nobody can is seen.</summary>
    private async Task SubDomainAsync(CancellationToken cancel)
    {
        var label = (await client.GetAsync(Routes.Fill(Routes.Setting, "approval.sub_domain_label"), AdminJson.Default.SettingEntry, cancel)).Value.Value;
        var name = $"{label}.{order.Domain}";
        var answer = await AskAsync(new HopQuestion(order.Sender, "") { Name = name }, cancel);
        foreach (var step in answer.Steps)
            Say(step.Good ? CheckLine.Good : CheckLine.Doubtful, $"{answer.Node}: {name}: {step.Detail}",
                step.Good ? null : Words.Say($"On the Exchange server {name} must resolve to this farm: a line of its hosts file, or DNS. Without it no decision arrives."));
    }

    /// <summary>APPROVE-414. A server that lets it through is not broken; approval is.</summary>
    private async Task BypassAsync(string outside, CancellationToken cancel)
    {
        var host = (await client.GetAsync(Routes.Fill(Routes.Setting, "route.gateway"), AdminJson.Default.SettingEntry, cancel)).Value.Value.Trim('[', ']');
        var port = (await client.GetAsync(Routes.Fill(Routes.Setting, "delivery.port"), AdminJson.Default.SettingEntry, cancel)).Value.Value;
        if (host.Length == 0)
            return;
        var nodes = (await client.GetAsync(Routes.Cluster, AdminJson.Default.ClusterStatus, cancel)).Value.Nodes
            .Select(node => IPEndPoint.TryParse(node.Smtp, out var end) ? end.Address : null).OfType<IPAddress>().ToHashSet();
        var server = new DnsEndPoint(host, int.Parse(port, CultureInfo.InvariantCulture));
        switch (await BypassAttempt.RunAsync(server, order.Client, order.Sender, outside, nodes, cancel))
        {
            case null:
                Say(CheckLine.Good, Words.Say($"from here {host}:{port} cannot be reached: no way past approval"));
                break;
            case { FromNode: true }:
                Say(CheckLine.Doubtful, Words.Say($"the way past approval was not tried: this machine has the address of a node, which may relay through {host}:{port}"),
                    Words.Of("Run the check on a client's machine, or name another address of this one with --client-address."));
                break;
            case { Taken: true } taken:
                Say(CheckLine.Doubtful, Words.Say($"approval can be bypassed: {host}:{port} takes mail for {outside} directly from here ({taken.Reply})"),
                    Words.Of("Let the existing server relay to the outside for the nodes of this farm only, not for clients (Postfix: mynetworks; Exchange: the receive connector)."));
                break;
            case { } refused:
                Say(CheckLine.Good, Words.Say($"{host}:{port} refuses outside mail of clients: {refused.Reply}"));
                break;
        }
    }

    private async Task<bool> ApprovalAloneAsync(CancellationToken cancel)
    {
        var version = await _policy.SetAsync(Policy, cancel);
        if (await HeldMailAsync(order.Inside, "approval alone", version, cancel) is not { } id || !await ApproveAsync(id, cancel))
            return false;
        // Elsewhere the way to the mailbox is the next step's question.
        return !order.IsLocal || await ArrivedAsync((await _mails.HeldAsync(id, cancel))!.Jobs.First(job => job.Kind == "release").Mail!, order.Inside, cancel);
    }

    private async Task<bool> ForwardingAloneAsync(CancellationToken cancel)
    {
        var version = await _policy.SetAsync("*:0\n", cancel);
        var answer = await _mails.SendAsync(order.Target, "forwarding alone", version, cancel);
        if (!answer.Accepted)
            return Fail(Words.Say($"the mail to {order.Target} was refused: {answer.Reply}"), Words.Of("clustermail explain shows which rule decides."));
        if (await _mails.HeldAsync(answer.Id, cancel) is { } held)
            return Fail(Words.Say($"the mail was held although the account needs no approval: {string.Join("; ", held.Policy)}"), Words.Of("Look at the policies of the domain and of the system."));
        return await ArrivedAsync(answer.Id, order.Target, cancel);
    }

    private async Task<bool> BothAsync(CancellationToken cancel)
    {
        var version = await _policy.SetAsync(Policy, cancel);
        if (await HeldMailAsync(order.Target, "approval and forwarding", version, cancel) is not { } id)
            return false;
        var request = (await _mails.HeldAsync(id, cancel))!.Jobs.First(IsRequest);
        if (!await ArrivedAsync(request.Mail!, order.Approver, cancel) || !await ApproveAsync(id, cancel))
            return false;
        var held = await _mails.WaitAsync(id, mail => mail.Jobs.All(job => job.DoneAt is not null), cancel);
        foreach (var job in held!.Jobs.Where(job => job.Mail is not null && !IsRequest(job)))
            if (!await ArrivedAsync(job.Mail!, job.To is { Length: > 0 } addressee ? addressee : order.Target, cancel))
                return false;
        return true;
    }

    /// <summary>Sends a mail that must be held, and waits until its approver has been written to. Null: something failed.</summary>
    private async Task<string?> HeldMailAsync(string to, string what, long version, CancellationToken cancel)
    {
        var answer = await _mails.SendAsync(to, what, version, cancel);
        if (!answer.Accepted)
        {
            Fail(Words.Say($"the mail to {to} was refused: {answer.Reply}"), Words.Of("clustermail explain shows which rule decides."));
            return null;
        }
        var held = await _mails.WaitAsync(answer.Id, mail => mail.Jobs.Any(job => IsRequest(job) && job.Mail is not null), cancel);
        if (held is null)
        {
            Fail(Words.Say($"{answer.Id} was not held: it has gone without approval"), Words.Of("Look at the policies of the domain and of the system, and whether approval.enabled is in force on every node."));
            return null;
        }
        if (!held.Jobs.Any(job => IsRequest(job) && job.Mail is not null))
        {
            Fail(Words.Say($"{answer.Id} is held, but no request was written to {order.Approver}"), Words.Of("clustermail approval show tells who is asked."));
            return null;
        }
        Say(CheckLine.Good, Words.Say($"{answer.Id} is held, {order.Approver} is asked"));
        return answer.Id;
    }

    private async Task<bool> ApproveAsync(string id, CancellationToken cancel)
    {
        var act = await _mails.ApproveAsync(id, cancel);
        if (!act.Done)
            return Fail(Words.Say($"{order.Approver} could not approve {id}: {act.Result}. {act.Text}"), Words.Of("clustermail approval show tells who is asked."));
        var held = await _mails.WaitAsync(id, mail => mail.ReleasedAt is not null, cancel);
        if (held?.ReleasedAt is null)
            return Fail(Words.Say($"{id} is approved, but was not handed to the queue"), Words.Of("clustermail approval status shows what is left to do, the program log why."));
        Say(CheckLine.Good, Words.Say($"{id} is approved and released"));
        return true;
    }

    private async Task<bool> ArrivedAsync(string id, string whose, CancellationToken cancel)
    {
        if (await _mails.DeliveredAsync(id, cancel) is { } trouble)
            return Fail(Words.Say($"{id} to {whose} did not arrive: {trouble}"), Words.Of("The reply is that of the next server; clustermail trace shows the whole dialogue."));
        Say(CheckLine.Good, Words.Say($"{id} to {whose} was delivered"));
        return true;
    }

    private static bool IsRequest(HeldJob job) => job.Kind == "request";

    private async Task<HopAnswer> AskAsync(HopQuestion question, CancellationToken cancel) =>
        (await client.SendAsync(HttpMethod.Post, Routes.TrialHop, question, AdminJson.Default.HopQuestion, AdminJson.Default.HopAnswer, cancel)).Value;

    private bool Fail(string text, string hint)
    {
        Say(CheckLine.Failed, text, hint);
        return false;
    }

    private void Say(string result, string text, string? hint = null)
    {
        var line = new CheckLine(_step, result, text, hint);
        _lines.Add(line);
        told(line);
    }
}

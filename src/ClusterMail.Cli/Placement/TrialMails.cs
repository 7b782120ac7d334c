using System.Diagnostics;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;

namespace ClusterMail.Cli.Placement;

/// <summary>Mails of a check: sent, watched, and cleared away, whatever became of them.</summary>
internal sealed class TrialMails(AdminClient client, CheckOrder order)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);
    private readonly string _mark = Guid.NewGuid().ToString("N")[..8];
    private readonly List<string> _sent = [];

    public async Task<TrialAnswer> SendAsync(string to, string what, long policyVersion, CancellationToken cancel)
    {
        var mail = new TrialMail(order.Sender, to, $"ClusterMail check {_mark}: {what}", policyVersion);
        var answer = (await client.SendAsync(HttpMethod.Post, Routes.TrialMail, mail, AdminJson.Default.TrialMail, AdminJson.Default.TrialAnswer, cancel)).Value;
        if (answer.Accepted)
            _sent.Add(answer.Id);
        return answer;
    }

    /// <summary>The group of this number; null: it was not held.</summary>
    public async Task<HeldMail?> HeldAsync(string id, CancellationToken cancel)
    {
        var held = (await TraceAsync(id, cancel)).Held;
        return held.FirstOrDefault(mail => mail.Mail.Id == id) ?? held.FirstOrDefault();
    }

    /// <summary>What the group looks like when <paramref name="done"/> holds, or when patience has ended.</summary>
    public async Task<HeldMail?> WaitAsync(string id, Func<HeldMail, bool> done, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var held = await HeldAsync(id, cancel);
            if ((held is not null && done(held)) || watch.Elapsed > order.Patience)
                return held;
            await Task.Delay(Poll, cancel);
        }
    }

    public async Task<HeldActResult> ApproveAsync(string id, CancellationToken cancel) => (await client.SendAsync(
        HttpMethod.Post, Routes.Fill(Routes.HeldAct, id, "approve"), new HeldAct(order.Approver, null, "placement check"), AdminJson.Default.HeldAct, AdminJson.Default.HeldActResult, cancel)).Value;

    /// <summary>Null: every recipient has it; else why not.</summary>
    public async Task<string?> DeliveredAsync(string id, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            // A mail that approval made is shown under the number of what it is about.
            var found = (await TraceAsync(id, cancel)).Mails;
            var recipients = (found.FirstOrDefault(mail => mail.Id == id) ?? found.FirstOrDefault())?.Recipients ?? [];
            if (recipients.Count > 0 && recipients.All(recipient => recipient.State == "delivered"))
                return null;
            // The answer is there already; whether a later try goes better is no matter of a check.
            if (recipients.FirstOrDefault(recipient => recipient is { State: "failed" or "deleted" } or { State: "waiting", Attempts: > 0 }) is { } bad)
                return $"{bad.Recipient}, {bad.Destination}: {bad.State}, {bad.Reply}";
            if (watch.Elapsed > order.Patience)
                return recipients.Count == 0 ? $"{id} is not in the queue" : $"{id}: {string.Join(", ", recipients.Select(recipient => recipient.State))}";
            await Task.Delay(Poll, cancel);
        }
    }

    /// <summary>Nothing stays: what is still held is discarded, what still waits is deleted.</summary>
    public async Task ClearAsync()
    {
        List<string> waiting = [.. _sent];
        foreach (var id in _sent)
        {
            if (await HeldAsync(id, CancellationToken.None) is not { } held)
                continue;
            if (held.Mail.State is "HELD" or "ESCALATED")
                await client.SendAsync(
                    HttpMethod.Post, Routes.Fill(Routes.HeldAct, held.Mail.Id, "discard"), new HeldAct(null, null, "placement check"), AdminJson.Default.HeldAct, AdminJson.Default.HeldActResult, CancellationToken.None);
            // What a decision writes goes the same way.
            var done = await WaitAsync(id, mail => mail.Jobs.All(job => job.DoneAt is not null), CancellationToken.None);
            waiting.AddRange(done?.Jobs.Select(job => job.Mail).OfType<string>() ?? []);
        }
        if (waiting.Count > 0)
            await client.SendAsync(
                HttpMethod.Post, Routes.QueueDelete, new QueueSelection { Ids = [.. waiting.Distinct()], Reason = "placement check" }, AdminJson.Default.QueueSelection, AdminJson.Default.QueueActResult, CancellationToken.None);
    }

    private async Task<TraceResult> TraceAsync(string id, CancellationToken cancel) =>
        (await client.GetAsync(Verbs.Query(Routes.Trace, ("q", id), ("limit", "5")), AdminJson.Default.TraceResult, cancel)).Value;
}

using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>approval</c>: mail that waits for a superior (上長承認), and what may be done with it.</summary>
internal sealed class ApprovalCommands(Verbs verbs, ConnectionOptions connection)
{
    public Command Build() => new("approval", "Approval of outgoing mail by a superior: held mail, proxies, policies, audit.")
    {
        Status(),
        new ApprovalOverviewCommands(verbs).Overview(),
        new ApprovalOverviewCommands(verbs).Export(),
        List(),
        Show(),
        Content(),
        Act("approve", "Approve in the name of an approver. The audit says that it was you.", "clustermail approval approve B0000500101 --as bucho@corp.example", named: true),
        Act("reject", "Reject in the name of an approver. The audit says that it was you.", "clustermail approval reject B0000500101 --as bucho@corp.example --reason wrong-price", named: true),
        Act("release", "Send it as administrator, without an approval (管理者送信).", "clustermail approval release B0000500101 --reason on-leave", named: false),
        Act("discard", "Do not send it, as administrator (管理者破棄).", "clustermail approval discard B0000500101 --reason mistake", named: false),
        Act("withdraw", "Take it back in the name of its sender (取消).", "clustermail approval withdraw B0000500101 --as user2@corp.example", named: true),
        Reassign(),
        new ApprovalProxyCommands(verbs).Build(),
        new ApprovalPolicyCommands(verbs).Build(),
        new ApprovalPresetCommands(verbs, connection).Build(),
        new ApprovalListCommands(verbs).Keywords(),
        new ApprovalListCommands(verbs).Groups(),
        new ApprovalAuditCommands(verbs).Build(),
    };

    private Verb Status() => verbs.Reading(
        new Verb("status", "The master switch, what is open, outbox and audit.", "clustermail approval status"), _ => Routes.ApprovalStatus, AdminJson.Default.ApprovalStatus, (screen, status) =>
        {
            screen.Line(Words.Of(status.Enabled ? "approval is on" : "approval is off (approval.enabled)"));
            screen.Line(Words.Say($"open: {status.Open}, the oldest held since {Ages.Clock(status.OldestOpen)}"));
            foreach (var (state, count) in status.States.OrderBy(state => state.Key, StringComparer.Ordinal))
                screen.Line($"  {state,-16} {count}");
            screen.Line(Words.Say($"outbox: {status.Jobs} to do, the oldest for {Ages.Of(TimeSpan.FromSeconds(status.OldestJobSeconds))}"));
            screen.Line(Words.Say($"audit: {status.AuditRecords} records, head {status.AuditRecords}:{status.AuditHash}"));
            screen.Line(Words.Of(status.Sealed ? "contents at rest are encrypted" : "contents at rest are not encrypted: the node's file names no password-key-file"));
        });

    private Verb List()
    {
        var state = new Option<string?>("--state") { Description = "open (default), final, all, or a state: held, escalated, approved, rejected, expired, withdrawn, ...", HelpName = "STATE" };
        var sender = new Option<string?>("--sender") { Description = "Only mail of this requester.", HelpName = "ADDRESS" };
        var approver = new Option<string?>("--approver") { Description = "Only mail this approver is or was asked about.", HelpName = "ADDRESS" };
        var recipient = new Option<string?>("--recipient") { Description = "Only mail to this recipient.", HelpName = "ADDRESS" };
        var older = new Option<string?>("--older") { Description = "Held for longer than: 2h, 3d.", HelpName = "TIME" };
        var policy = new Option<string?>("--policy") { Description = "Only what a policy caught whose place begins so: 'account user2@corp.example', 'domain corp.example', 'system'.", HelpName = "TEXT" };
        var after = new Option<string?>("--after") { Description = "Behind this one, for the next page.", HelpName = "ID" };
        var limit = new Option<int>("--limit") { Description = "At most so many.", HelpName = "N", DefaultValueFactory = _ => 50 };
        Numbers.Limit(limit, 1, 200);
        return verbs.Reading(
            new Verb("list", "Held mail, oldest first.", "clustermail approval list", "clustermail approval list --approver bucho@corp.example --older 1d", "clustermail approval list --state all --sender user2@corp.example --json")
            { state, sender, approver, recipient, older, policy, after, limit },
            parsed => Verbs.Query(
                Routes.Held, ("state", parsed.GetValue(state)), ("sender", parsed.GetValue(sender)), ("approver", parsed.GetValue(approver)), ("recipient", parsed.GetValue(recipient)),
                ("older", Times.Seconds(parsed.GetValue(older))), ("policy", parsed.GetValue(policy)), ("after", parsed.GetValue(after)), ("limit", parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture))),
            AdminJson.Default.HeldList, List);
    }

    private static void List(Screen screen, HeldList list)
    {
        if (list.Mails.Count == 0)
        {
            screen.Line(Words.Of("nothing found"));
            return;
        }

        var sheet = new Sheet(new("Id"), new("State"), new("Age"), new("Sender", Flexible: true), new("Recipients", Flexible: true), new("Subject", Flexible: true), new("Waits for", Flexible: true, Optional: true));
        foreach (var mail in list.Mails)
            sheet.Add(mail.Id, mail.State, Ages.Since(mail.HeldAt, screen.Now), mail.Sender, string.Join(", ", mail.Recipients), mail.Subject, mail.DecidedBy ?? string.Join(", ", mail.Waiting));
        sheet.Print(screen);
        if (list.More)
            screen.Line(Words.Of($"... and more: --after {list.Mails[^1].Id}"));
    }

    private Verb Show()
    {
        var id = Id();
        return verbs.Reading(
            new Verb("show", "One held mail: who is asked, who has voted, how it ended, which mails were written, every attempt.", "clustermail approval show B0000500101", "clustermail approval show B0000500102 --json") { id },
            parsed => Routes.Fill(Routes.HeldMail, parsed.GetRequiredValue(id)), AdminJson.Default.HeldMail, Show);
    }

    /// <summary>Also the part of it that a trace shows.</summary>
    public static void Show(Screen screen, HeldMail held)
    {
        var mail = held.Mail;
        screen.Line($"{mail.Id}  {mail.State}  {mail.Subject}");
        Field(screen, "sender", held.ReversePath.Equals(mail.Sender, StringComparison.OrdinalIgnoreCase) ? mail.Sender : $"{mail.Sender} (<{held.ReversePath}>)");
        Field(screen, "recipients", string.Join(", ", mail.Recipients.Select(recipient => held.BlindRecipients.Contains(recipient) ? $"{recipient} (Bcc)" : recipient)));
        if (held.Copies.Count > 0)
            Field(screen, "copies", string.Join(", ", held.Copies.Select(copy => copy.Silent ? $"{copy.Address} ({Words.Of("the sender is not told")})" : copy.Address)));
        if (held.SentAtOnce.Count > 0)
            Field(screen, "sent at once", string.Join(", ", held.SentAtOnce));
        Field(screen, "held", $"{Ages.Clock(mail.HeldAt)} {held.Client.Node}, {held.Client.Address} ({held.Client.Helo}){(held.Client.AuthenticatedAs is { } auth ? $", {auth}" : "")}");
        Field(screen, "policy", string.Join("; ", held.Policy));
        Field(screen, "reason", string.Join("; ", held.Reasons) + (held.Note.Length > 0 ? $" ({held.Note})" : ""));
        if (held.Warnings.Count > 0)
            Field(screen, "warnings", string.Join("; ", held.Warnings));
        if (held.SenderNote.Length > 0)
            Field(screen, "note of the sender", held.SenderNote);
        if (held.AsksAt is { } asks)
            Field(screen, "approvers are asked", Ages.Clock(asks));
        if (mail.Mode != HeldModes.Approval)
            Field(screen, "waits for", Words.Of(mail.Mode == HeldModes.Delay ? "its delay" : "its sender's confirmation"));
        Field(screen, "content", $"{Ages.Size(mail.Size)}, SHA-256 {held.Sha256}");
        if (held.Attachments.Count > 0)
            Field(screen, "attachments", string.Join(", ", held.Attachments));
        if (held.Related.Count > 0)
            Field(screen, "related", string.Join(", ", held.Related));
        if (held.ProbableDuplicateOf is { } like)
            Field(screen, "probable duplicate of", like);
        Field(screen, "deadline", Ages.Clock(mail.ExpiresAt));
        foreach (var stage in held.Stages)
            Field(screen, stage.Number == held.Stage ? $"stage {stage.Number} (now)" : $"stage {stage.Number}", $"{stage.Needed}/{stage.Approvers.Count}: {string.Join(", ", stage.Approvers.Select(Approver))}");
        if (held.Decision is { } decision)
            Field(screen, "decision", $"{decision.State} {Ages.Clock(decision.At)} {decision.By}{(decision.ProxyOf is { } principal ? $" ({principal})" : "")}, {decision.Channel} {decision.Client}, {decision.ResultId}{(decision.Comment.Length > 0 ? $": {decision.Comment}" : "")}");
        if (held.ReleasedAt is { } released)
            Field(screen, "released", Ages.Clock(released));
        foreach (var job in held.Jobs)
            screen.Line($"  {Ages.Clock(job.DoneAt ?? job.MadeAt)}  {(job.DoneAt is null ? "…" : "✓")} {job.Kind} {job.To} {job.Mail} {job.Trouble}");
        foreach (var entry in held.Events)
            screen.Line($"  {Ages.Clock(entry.At)}  {(entry.Seq > 0 ? entry.Seq.ToString(CultureInfo.InvariantCulture) : "-")} {entry.Record}");
    }

    private static string Approver(HeldApprover approver) =>
        $"{approver.Address}{(approver.UndeliverableAt is { } failed ? $" [{Words.Of("request undeliverable")} {Ages.Clock(failed)}]" : "")}{(approver.ProxyOf is { } principal ? $" (for {principal})" : "")}{(approver.Vote is { } vote ? $" [{vote} {Ages.Clock(approver.VotedAt)}]" : "")}";

    private static void Field(Screen screen, string label, string text) => screen.Labelled($"{Words.Of(label) + ':',-24}", text);

    private Verb Content()
    {
        var id = Id();
        var output = new Option<string?>("--to") { Description = "File. Default: standard output.", HelpName = "FILE" };
        return verbs.Acting(
            new Verb("content", "The octets of a held mail, as they were received. That you have seen them is audited.", "clustermail approval content B0000500101 --to held.eml") { id, output },
            async (client, parsed, cancel) =>
            {
                await using var target = parsed.GetValue(output) is { } file ? File.Create(file) : Console.OpenStandardOutput();
                await client.CopyAsync(Routes.Fill(Routes.HeldContent, parsed.GetRequiredValue(id)), target, cancel);
            });
    }

    /// <param name="named">In somebody's name; else with a reason of one's own.</param>
    private Verb Act(string act, string description, string example, bool named)
    {
        var id = Id();
        var person = new Option<string>("--as") { Description = "The account in whose name.", HelpName = "ADDRESS", Required = true };
        var reason = new Option<string?>("--reason") { Description = named ? "Comment; the sender reads it." : "Why; the sender reads it, and it is audited.", HelpName = "TEXT", Required = !named };
        var verb = new Verb(act, description, example) { id, reason };
        if (named)
            verb.Options.Add(person);
        return verbs.Acting(verb, (client, parsed, cancel) =>
            SendAsync(client, parsed.GetRequiredValue(id), act, new HeldAct(named ? parsed.GetRequiredValue(person) : null, null, parsed.GetValue(reason)), cancel));
    }

    private Verb Reassign()
    {
        var id = Id();
        var from = new Option<string>("--from") { Description = "The approver who is replaced.", HelpName = "ADDRESS", Required = true };
        var to = new Option<string>("--to") { Description = "The approver who takes his place.", HelpName = "ADDRESS", Required = true };
        return verbs.Acting(
            new Verb("reassign", "Ask another approver in the place of one.", "clustermail approval reassign B0000500101 --from bucho@corp.example --to jomu@corp.example") { id, from, to },
            (client, parsed, cancel) => SendAsync(client, parsed.GetRequiredValue(id), "reassign", new HeldAct(parsed.GetRequiredValue(from), parsed.GetRequiredValue(to)), cancel));
    }

    private static async Task SendAsync(AdminClient client, string id, string act, HeldAct body, CancellationToken cancel)
    {
        var result = (await client.SendAsync(HttpMethod.Post, Routes.Fill(Routes.HeldAct, id, act), body, AdminJson.Default.HeldAct, AdminJson.Default.HeldActResult, cancel)).Value;
        if (!result.Done)
            throw new CommandFailure($"{result.Id} is {result.State}: {result.Result}. {result.Text}");
        new Screen().Line($"{result.Id} {result.State} ({result.Result})");
    }

    private static Argument<string> Id() => new("ID") { Description = "As lists and logs show it: B0000500101." };
}

using ClusterMail.Admin.Contract;
using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Queue.Approval;
using ClusterMail.Store.Approval;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>approval list</c>, <c>show</c> and what may be done with one held mail (APPROVE-91).</summary>
internal static class HeldEndpoints
{
    private const int LongestText = 2000;
    private static readonly string[] Words = [.. Enum.GetValues<HoldStatus>().Select(status => status.Word().ToLowerInvariant()), "open", "final"];

    public static void MapHeld(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("approval");
        group.MapGet(Routes.Held, ListAsync).Needs(Right.ReadLogs, "approval.list").WithSummary("Held mails, oldest first").Produces<HeldList>();
        group.MapGet(Routes.HeldMail, ShowAsync).Needs(Right.ReadLogs, "approval.show").WithSummary("One held mail: approvers, votes, decision, notices, audit").Produces<HeldMail>();
        group.MapGet(Routes.HeldContent, ContentAsync).Needs(Right.ReadContent, "approval.content").WithSummary("The octets of a held mail; audited (APPROVE-71)").Produces<string>(contentType: "message/rfc822");
        group.MapPost(Routes.HeldAct, ActAsync).Needs(Right.Govern, "approval.act").WithSummary("approve, reject, release, discard, withdraw or reassign").Produces<HeldActResult>();
    }

    private static async Task<IResult> ListAsync(
        string? state, string? sender, string? approver, string? recipient, double? older, string? policy, string? after, int? limit, HoldReader reader, CancellationToken cancel)
    {
        if (!Requests.Limit(limit, 50, HoldReader.LargestPage, out var count, out var refusal))
            return refusal!;
        var word = (state ?? "open").ToLowerInvariant();
        if (word != "all" && !Words.Contains(word))
            return Answers.Wrong($"'{Requests.Printable(word, 40)}' is no state.", "APPROVE-64", $"There are all, {string.Join(", ", Words)}.");
        HoldId last = default;
        if (after is not null && !HoldId.TryParse(after, out last))
            return Answers.Wrong($"'{Requests.Printable(after, 40)}' is no number of a held mail.", "APPROVE-56");
        var rows = await reader.ListAsync(new HoldFilter
        {
            State = word == "all" ? null : word,
            Sender = sender,
            Approver = approver,
            Recipient = recipient,
            OlderThan = older is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : null,
            Policy = policy,
            After = last.Number,
            Limit = count,
        }, cancel);
        return Results.Ok(new HeldList([.. rows.Select(HeldText.Entry)], rows.Count == count));
    }

    private static async Task<IResult> ShowAsync(string id, HeldStory story, CancellationToken cancel)
    {
        if (!HoldId.TryParse(id, out var hold))
            return Wrong(id);
        var found = await story.OfAsync(hold.Number, cancel);
        return (found.FirstOrDefault(mail => mail.Mail.Id == hold.ToString()) ?? found.FirstOrDefault()) is { } mail ? Results.Ok(mail) : Missing(hold);
    }

    private static async Task<IResult> ContentAsync(string id, HoldReader reader, HoldStore store, HttpContext context, NodeName node, CancellationToken cancel)
    {
        if (!HoldId.TryParse(id, out var hold))
            return Wrong(id);
        if (await reader.FindAsync(hold.Number, cancel) is not { } row)
            return Missing(hold);
        if (row.Mail.DroppedAt is { } dropped)
            return Answers.NotFound($"The content of {hold} was deleted at {dropped:u}.", "Contents go when the mail was released, or after approval.keep_rejected_days (APPROVE-74).");
        // Before the first octet goes out: who has seen it is on record, or nobody sees it.
        await store.AuditAsync([(ApprovalRecord.Of("CONTENT_SHOWN", node.Name, row) with
        {
            Approver = $"admin:{context.User().Name}", Channel = Channel.Api, Client = context.Connection.RemoteIpAddress?.ToString(), Result = ResultCode.Ok,
        }).Line()], cancel);
        return Results.Stream(async body =>
        {
            using var content = reader.Content(row.Mail);
            await using var stream = content.OpenRead();
            await stream.CopyToAsync(body, cancel);
        }, "message/rfc822", $"{hold}.eml");
    }

    private static async Task<IResult> ActAsync(string id, string act, Contract.HeldAct body, IHoldActs acts, HttpContext context, CancellationToken cancel)
    {
        if (!HoldId.TryParse(id, out var hold))
            return Wrong(id);
        if (!Enum.TryParse<HoldActKind>(act, ignoreCase: true, out var kind) || !Enum.IsDefined(kind))
            return Answers.Wrong($"'{Requests.Printable(act, 40)}' is nothing that can be done with a held mail.", "APPROVE-64", "approve, reject, release, discard, withdraw or reassign.");
        var text = Requests.Printable((body.Text ?? "").ReplaceLineEndings(" ").Trim(), LongestText);
        if (kind is HoldActKind.Release or HoldActKind.Discard && text.Length == 0)
            return Answers.Wrong("A reason is needed.", "APPROVE-91", "clustermail approval release ID --reason TEXT");
        if (kind is not (HoldActKind.Release or HoldActKind.Discard) && body.As is not { Length: > 0 })
            return Answers.Wrong("In whose name? An account is needed.", "APPROVE-150", "clustermail approval approve ID --as bucho@corp.example");
        if (kind == HoldActKind.Reassign && body.To is not { Length: > 0 })
            return Answers.Wrong("Who takes the place? An account is needed.", "APPROVE-91", "clustermail approval reassign ID --from OLD --to NEW");
        var user = context.User().Name;
        var answer = await acts.ActAsync(new Queue.Approval.HoldAct(
            hold.ToString(), kind, kind is HoldActKind.Release or HoldActKind.Discard ? user : body.As!, body.To, text,
            kind is HoldActKind.Release or HoldActKind.Discard or HoldActKind.Reassign ? Channel.Admin : Channel.Api,
            new Actor(context.Connection.RemoteIpAddress?.ToString(), $"token:{user}") { Administrator = user }), cancel);
        return answer.Row is null ? Missing(hold)
            : Results.Ok(new HeldActResult(hold.ToString(), answer.IsDone, answer.Code.Word(), HeldText.State(answer.Row), answer.Why));
    }

    private static IResult Wrong(string id) => Answers.Wrong($"'{Requests.Printable(id, 40)}' is no number of a held mail.", "APPROVE-56", "Write it as logs show it: B0000500101.");

    private static IResult Missing(HoldId hold) => Answers.NotFound($"There is no held mail {hold}.", "clustermail approval list --state all shows them.");
}

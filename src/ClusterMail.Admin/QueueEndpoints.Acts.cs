using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin;

/// <summary><c>queue</c>, the acting half (QUEUE-6). What an act did is an event with the name of who did it.</summary>
internal static partial class QueueEndpoints
{
    private const int MostIds = 1000;
    private const int LongestReason = 200;

    private static void MapActs(RouteGroupBuilder api)
    {
        Act(api, Routes.QueueRetry, "retry", "made due now", (queue, filter, by, cancel) => queue.RetryNowAsync(filter, by, cancel));
        Act(api, Routes.QueueHold, "hold", "held", (queue, filter, by, cancel) => queue.HoldAsync(filter, by, cancel));
        Act(api, Routes.QueueRelease, "release", "released", (queue, filter, by, cancel) => queue.ReleaseAsync(filter, by, cancel));
        Act(api, Routes.QueueBounce, "bounce", "will be bounced", (queue, filter, by, cancel) => queue.BounceAsync(filter, by, cancel));
        Act(api, Routes.QueueDelete, "delete", "deleted", (queue, filter, by, cancel) => queue.DeleteAsync(filter, by, cancel));
    }

    private static void Act(
        RouteGroupBuilder api, string route, string verb, string outcome, Func<QueueStore, RecipientFilter, Author, CancellationToken, Task<AdminResult>> act) =>
        api.MapPost(route, async (
            QueueSelection selection, FarmQueue queue, ILogger<QueueStore> logger, HttpContext context, CancellationToken cancel) =>
        {
            var (filter, refusal) = await FilterAsync(selection, queue, cancel);
            if (filter is null)
                return refusal!;
            var user = context.User();
            var reason = Requests.Printable(selection.Reason ?? "", LongestReason).Trim();
            var (result, missing) = await queue.ActAsync(verb, filter, reason.Length == 0 ? user : user with { Name = $"{user} ({reason})" }, act, cancel);
            var message = $"{result.Done} {(result.Done == 1 ? "recipient" : "recipients")} {outcome}{(result.Busy > 0 ? $"; {result.Busy} left alone, being delivered now" : "")}.{(missing.Count > 0 ? $" {ShardWords.Missing(missing)}: what is there stays as it is." : "")}";
            logger.Acted(user.Name, verb, "queue", message);
            return Results.Ok(new QueueActResult(result.Done, result.Busy, message));
        }).Needs(Right.ActOnQueue, $"queue.{verb}").WithSummary($"Queue {verb}").Produces<QueueActResult>();

    private static async Task<(RecipientFilter? Filter, IResult? Refusal)> FilterAsync(QueueSelection selection, FarmQueue queue, CancellationToken cancel)
    {
        // A slip of the keyboard must not become everything.
        if (selection.Ids.Count == 0 && selection.Destination is null && selection.Sender is null && selection.Recipient is null && !selection.All)
            return (null, Answers.Wrong("This selects nothing in particular.", "QUEUE-6", "Give mail numbers, --destination, --sender or --recipient, or say --all."));
        if (selection.Ids.Count > MostIds)
            return (null, Answers.Wrong($"At most {MostIds} mail numbers at once."));
        if (selection.Recipient is ['@', ..] || selection.Sender is ['@', ..])
            return (null, Answers.Wrong("Acts take whole addresses.", hint: "For a whole domain use --destination."));
        var mails = new List<long>();
        foreach (var text in selection.Ids)
        {
            if (!Requests.Number(text, out var id, out var refusal))
                return (null, refusal);
            // A derived mail has a number of its own beside its printed one.
            if (id.Suffix.Length == 0)
            {
                mails.Add(id.Number);
                continue;
            }
            var (found, missing) = await queue.FindAsync(id, cancel);
            if (found is null)
                return (null, NotQueued(id, missing));
            mails.Add(found.Mail.Number);
        }
        return (new RecipientFilter
        {
            Mails = mails.Count == 0 ? null : mails,
            Destination = selection.Destination,
            ForwardPath = selection.Recipient,
            ReversePath = selection.Sender is "<>" ? "" : selection.Sender,
        }, null);
    }
}

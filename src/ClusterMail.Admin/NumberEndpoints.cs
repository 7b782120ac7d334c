using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>queue number</c>: the counter of mail numbers by hand (MSGID-3).</summary>
internal static class NumberEndpoints
{
    public static void MapNumbers(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("queue");
        api.MapGet(Routes.QueueNumber, ShowAsync).Needs(Right.ReadQueue, "queue.number-show").WithSummary("The last mail number given out").Produces<NumberStatus>();
        api.MapPost(Routes.QueueNumber, RaiseAsync).Needs(Right.Govern, "queue.number").WithSummary("Raises the counter of mail numbers; it is never lowered").Produces<NumberStatus>();
    }

    private static async Task<IResult> ShowAsync(QueueStore queue, CancellationToken cancel) => Results.Ok(Status(await queue.LastNumberAsync(cancel)));

    private static async Task<IResult> RaiseAsync(NumberRaise request, QueueStore queue, EventStore events, HttpContext context, CancellationToken cancel)
    {
        if (request.Last is < 1 or > QueueStore.LargestNumber)
            return Answers.Wrong($"A mail number is from 1 to {QueueStore.LargestNumber}.", "MSGID-1");
        var before = await queue.RaiseNumberAsync(request.Last, context.User(), cancel);
        if (request.Last <= before)
            return Answers.Problem(
                StatusCodes.Status409Conflict, $"The counter stands at {before} and is never lowered: a number given twice would make two mails one in every log.", rule: "MSGID-3",
                hint: $"Give a number greater than {before}.");
        await events.WriteAsync("", "number-raised", $"{context.User()} raised the counter of mail numbers from {before} to {request.Last}", null, cancel);
        return Results.Ok(Status(request.Last));
    }

    private static NumberStatus Status(long last) => new(last, new MessageId(last).ToString());
}

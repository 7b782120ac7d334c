using System.Net;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>trace</c>: the whole story of a mail, from connect to outcome, over all nodes.</summary>
internal static class TraceEndpoints
{
    private const int MostMails = 200;

    public static void MapTrace(this IEndpointRouteBuilder api) =>
        api.MapGet(Routes.Trace, TraceAsync).Needs(Right.ReadLogs, "trace.show").WithTags("trace").WithSummary("The whole story of mails, by number or address").Produces<TraceResult>();

    private static async Task<IResult> TraceAsync(FarmHistory farm, HistoryStore history, HeldStory held, string q, DateTimeOffset? since, DateTimeOffset? until, int? limit, CancellationToken cancel)
    {
        if (!Requests.Limit(limit, 20, MostMails, out var count, out var refusal))
            return refusal!;
        if (Query(q, since, until, count + 1) is not { } query)
            return Answers.Wrong($"'{Requests.Printable(q, 60)}' is neither a mail number nor an address nor the IP address of a client.", hint: "For example B0000000012 or taro@example.jp.");
        var (stories, more, missing) = query.Client is null ? await farm.TraceAsync(query, count, cancel) : ([], false, []);
        var refusals = query.Number is null ? await history.RefusalsAsync(query, cancel) : [];
        return Results.Ok(new TraceResult([.. stories.Select(Trace)], more || refusals.Count > count, [.. refusals.Take(count).Select(Refusal)])
        {
            Missing = ShardWords.NotShown(missing),
            Held = query.Number is { Suffix.Length: 0 } number ? await held.OfAsync(number.Number, cancel) : [],
        });
    }

    private static TraceRefusal Refusal(ReceiveRow row) => new(
        row.At, row.Node, row.Session, row.ClientAddress, row.LocalPort, row.Helo, row.Sender, row.Recipients, row.Reply, row.Rule, [.. row.Dialogue.Select(line => line.Text)]);

    /// <summary>A number as people paste it, which may carry <c>@host</c>, else an address. Only what begins like a number is taken for one: 12@example.jp is an address.</summary>
    private static TraceQuery? Query(string q, DateTimeOffset? since, DateTimeOffset? until, int limit)
    {
        var text = q.Trim().TrimStart('<').TrimEnd('>');
        var looksLikeNumber = !text.Contains('@', StringComparison.Ordinal) || (text[0] is 'B' or 'b' && text.IndexOf('@', StringComparison.Ordinal) >= 11);
        if (looksLikeNumber && MessageId.TryParse(text, out var id))
            return new(id, "", since, until, limit);
        if (IPAddress.TryParse(text, out var client))
            return new(null, "", since, until, limit, client.ToString());
        return text.Contains('@', StringComparison.Ordinal) && text.Length <= 320 ? new(null, text, since, until, limit) : null;
    }

    private static MailTrace Trace(MailStory story) => new(
        story.Id, story.Sender, story.AcceptedAt, story.Size, About(story.Id),
        [.. story.Recipients.Select(r => new TraceRecipient(r.Ordinal, r.Recipient, r.Destination, r.State, r.Attempts, r.EndedAt, r.NextTry, r.Reply))],
        [.. Steps(story).OrderBy(s => s.At)]);

    private static string? About(string id) => id.IndexOf('-', StringComparison.Ordinal) is var dash and > 0 ? id[..dash] : null;

    private static IEnumerable<TraceStep> Steps(MailStory story)
    {
        if (story.Session is { } session)
            yield return new(session.ConnectedAt, session.Node, "connect", null, $"{session.ClientAddress} to port {session.LocalPort}, session {session.Name}", []);
        foreach (var said in story.Dialogues)
            yield return new(
                said.Dialogue.Count > 0 ? said.Dialogue[0].At : said.At, said.Node, said.Kind == ReceiveKind.Accepted ? "dialogue" : "refused", null,
                said.Reply.Length == 0 ? $"session {said.Session}" : $"{said.Reply}{Decided(said.Rule)}", [.. said.Dialogue.Select(line => line.Text)]);
        yield return new(story.AcceptedAt, story.Node, About(story.Id) is null ? "accepted" : "notice", null, Origin(story), []);
        var names = story.Recipients.ToDictionary(r => r.Ordinal, r => r.Recipient);
        foreach (var attempt in story.Attempts)
            yield return new(attempt.At, attempt.Node, "attempt", names.GetValueOrDefault(attempt.Ordinal), AttemptText(attempt), attempt.Dialogue);
        foreach (var ended in story.Recipients.Where(r => r.EndedAt is not null))
            yield return new(ended.EndedAt!.Value, ended.Node, ended.State, ended.Recipient, EndText(ended), ended.Dialogue);
        foreach (var e in story.Events)
            yield return new(e.At, e.Node.Length == 0 ? null : e.Node, "event", null, $"{e.Kind}: {e.Text}", []);
    }

    private static string Origin(MailStory story)
    {
        if (story.ClientAddress is null)
            return $"made by the cluster, {story.Size} octets, from <{story.Sender}>";
        var session = string.Concat(
            story.Helo is null ? "" : $" ({story.Helo})", story.TlsVersion is null ? "" : $", {story.TlsVersion}",
            story.AuthenticatedAs is null ? "" : $", authenticated as {story.AuthenticatedAs}");
        return $"from <{story.Sender}>, client {story.ClientAddress}{session}, {story.Size} octets";
    }

    private static string AttemptText(StoryAttempt attempt) =>
        $"attempt {attempt.Number} to {attempt.Destination}{Via(attempt.Remote)}: {attempt.Reply} ({attempt.Class}{Decided(attempt.Rule)}); next try {attempt.NextTry:u}";

    private static string EndText(StoryRecipient ended) => $"{ended.Destination}{Via(ended.Remote)}: {ended.Reply}{Decided(ended.Rule)}";

    private static string Via(RemoteEnd remote) => remote.ToString() is { Length: > 0 } host ? $" by {host}" : "";

    private static string Decided(string rule) => rule.Length == 0 ? "" : $", {rule}";
}

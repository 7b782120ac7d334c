using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>queue</c>, the reading half: what waits, and why.</summary>
internal static partial class QueueEndpoints
{
    private const int MostRows = 1000;

    /// <summary>An export or import is one JSON value in memory; larger mails stay where they are.</summary>
    private const int LargestPair = 64 * 1024 * 1024;
    private const long LargestImportBody = 96L * 1024 * 1024;

    /// <summary>Characters kept of a reply another installation got.</summary>
    private const int LongestReply = 500;

    public static void MapQueue(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("queue");
        api.MapGet(Routes.QueueSummary, SummaryAsync).Needs(Right.ReadQueue, "queue.summary").WithSummary("Per destination: count, oldest, last reply, limit in force").Produces<QueueSummary>();
        api.MapGet(Routes.Queue, ListAsync).Needs(Right.ReadQueue, "queue.list").WithSummary("Recipients that wait").Produces<QueuePage>();
        api.MapGet(Routes.QueueMail, ShowAsync).Needs(Right.ReadQueue, "queue.show").WithSummary("One mail").Produces<QueueMail>();
        api.MapGet(Routes.QueueWhy, WhyAsync).Needs(Right.ReadQueue, "queue.why").WithSummary("Why is it still here?").Produces<QueueWhy>();
        api.MapGet(Routes.QueueExport, ExportAsync).Needs(Right.ReadContent, "queue.export").WithSummary("The .MSG and .RCP pair").Produces<MailPair>();
        api.MapPost(Routes.QueueImport, ImportAsync).Needs(Right.Govern, "queue.import").WithSummary("Queues a .MSG and .RCP pair").Produces<ImportResult>()
            .WithMetadata(new RequestSizeLimitAttribute(LargestImportBody));
        api.MapPost(Routes.QueueImported, ImportedAsync).Needs(Right.Govern, "queue.imported").WithSummary("Which pairs were imported before").Produces<ImportedAnswer>();
        MapActs(api);
    }

    private static async Task<IResult> SummaryAsync(FarmQueue queue, DestinationLimit limits, int? limit, CancellationToken cancel)
    {
        if (!Requests.Limit(limit, 100, MostRows, out var count, out var refusal))
            return refusal!;
        var (totals, missing) = await queue.SummaryAsync(count, cancel);
        var general = await limits.GeneralAsync(cancel);
        return Results.Ok(new QueueSummary(totals.Mails, totals.Recipients, totals.Destinations, [.. totals.Rows.Select(d => new DestinationSummary(
            d.Destination, d.Recipients, d.Delivering, d.Held, d.Oldest, d.NextTry, d.LastReply, d.DownUntil, limits.InForce(d.Destination, d.Limit, general)))])
        {
            Missing = ShardWords.NotShown(missing),
        });
    }

    private static async Task<IResult> ListAsync(
        FarmQueue queue, string? destination, string? sender, string? recipient, string? state, string? node, long? olderThan, string? after, int? limit,
        CancellationToken cancel)
    {
        if (!Requests.Limit(limit, 50, MostRows, out var count, out var refusal))
            return refusal!;
        RecipientState? wanted = null;
        if (state is not null)
        {
            // Letters only: TryParse would also take "2" and "queued, held".
            if (!Enum.TryParse<RecipientState>(state, ignoreCase: true, out var parsed) || parsed > RecipientState.Held || !state.All(char.IsAsciiLetter))
                return Answers.Wrong($"'{Requests.Printable(state, 40)}' is no state of the queue.", "QUEUE-6", "States: queued, delivering, waiting, held.");
            wanted = parsed;
        }
        if (!TryCursor(after, out var key))
            return Answers.Wrong($"'{Requests.Printable(after ?? "", 40)}' is no page.", hint: "Pass on the next of the page before.");
        var (rows, missing) = await queue.ListAsync(
            new()
            {
                Destination = destination,
                Sender = sender,
                Recipient = recipient,
                State = wanted,
                Node = node,
                OlderThan = olderThan is { } seconds and > 0 and < int.MaxValue ? TimeSpan.FromSeconds(seconds) : null,
                After = key,
                Limit = count,
            }, cancel);
        return Results.Ok(new QueuePage([.. rows.Select(Entry)], rows.Count == count ? Cursor(rows[^1].Key) : null) { Missing = ShardWords.NotShown(missing) });
    }

    private static string Cursor(RecipientKey key) => string.Create(CultureInfo.InvariantCulture, $"{key.Mail}.{key.Ordinal}");

    private static bool TryCursor(string? text, out RecipientKey key)
    {
        key = new RecipientKey(0, -1);
        if (text is null)
            return true;
        if (text.Split('.') is not [var mail, var ordinal]
            || !long.TryParse(mail, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !short.TryParse(ordinal, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
            return false;
        key = new RecipientKey(number, position);
        return true;
    }

    private static QueueEntry Entry(QueueRow row) => new(
        row.Id, row.Key.Ordinal, row.Sender, row.Recipient, row.Destination, Word(row.State), row.Attempts, row.AcceptedAt,
        row.State is RecipientState.Queued or RecipientState.Waiting ? row.NextTry : null, row.LastReply, row.Node, row.Size);

    private static string Word(RecipientState state) => state.ToString().ToLowerInvariant();

    private static async Task<IResult> ShowAsync(string id, FarmQueue queue, Shards shards, CancellationToken cancel)
    {
        if (!Requests.Number(id, out var number, out var refusal))
            return refusal!;
        var (found, missing) = await queue.FindAsync(number, cancel);
        if (found is null)
            return NotQueued(number, missing);
        var mail = found.Mail;
        var rows = await found.Reader.RecipientsAsync(mail.Number, cancel);
        return Results.Ok(new QueueMail(
            mail.Id, mail.Sender, mail.Size, mail.AcceptedAt, mail.Node, mail.ClientAddress, mail.Helo, mail.AuthenticatedAs, mail.TlsVersion, mail.EnvelopeId,
            [.. rows.Select(Entry)])
        {
            Shard = shards.All.Count == 1 ? null : found.Shard.Name,
        });
    }

    private static async Task<IResult> WhyAsync(
        string id, FarmQueue queue, ClusterReader cluster, NodeStore nodes, DestinationLimit limits, CancellationToken cancel)
    {
        if (!Requests.Number(id, out var number, out var refusal))
            return refusal!;
        var (found, missing) = await queue.FindAsync(number, cancel);
        if (found is null)
            return NotQueued(number, missing);
        var mail = found.Mail;
        var rows = await found.Reader.RecipientsAsync(mail.Number, cancel);
        var around = await found.Reader.SurroundingsAsync(mail.Number, cancel);
        var glance = await cluster.GlanceAsync(cancel);
        var general = await limits.GeneralAsync(cancel);
        var alive = (await nodes.ListAsync(cancel)).Where(n => n.Alive && !n.Fenced && !n.Left).ToList();
        var views = rows.Select(row => new WhyView(
            row, around.GetValueOrDefault(row.Key.Ordinal) ?? new(null, null, null, 0, null), glance,
            alive.FirstOrDefault(n => n.Name == row.Node), alive.Count(n => n.Deliver == SwitchState.On))).ToList();
        return Results.Ok(new QueueWhy(
            mail.Id, mail.Sender, mail.AcceptedAt, ClusterEndpoints.Word(glance.Receive.State), ClusterEndpoints.Word(glance.Deliver.State),
            [.. views.Select(v => Why.Recipient(v, limits.InForce(v.Row.Destination, v.Around.Limit, general)))], Why.Next(mail.Id, views)));
    }

    private static async Task<IResult> ExportAsync(string id, FarmQueue queue, SettingsDesk desk, ConsoleAudit audit, HttpContext context, CancellationToken cancel)
    {
        if (!Requests.Number(id, out var number, out var refusal))
            return refusal!;
        var (found, missing) = await queue.FindAsync(number, cancel);
        if (found is null)
            return NotQueued(number, missing);
        var mail = found.Mail;
        if (mail.Size > LargestPair)
            return Answers.Wrong($"{mail.Id} has {mail.Size} octets; an export holds at most {LargestPair}.", "QUEUE-7");
        var rows = await found.Reader.RecipientsAsync(mail.Number, cancel);
        using var content = await queue.Store(found.Shard).ReadContentAsync(mail.Number, LargestPair, cancel);
        if (content is null)
            return NotQueued(number, []);
        await using var stream = content.OpenRead();
        using var octets = new MemoryStream((int)content.Length);
        await stream.CopyToAsync(octets, cancel);
        var host = await desk.HostAsync(cancel);
        // It changes nothing, but somebody has read a mail that was not for him.
        await audit.NoteAsync(context.User(), AuditOutcome.Done, new AuditNote("queue.export", mail.Id), cancel);
        return Results.Ok(new MailPair(mail.Id, octets.ToArray(), EnvelopeFile.Write($"{mail.Id}@{host}", mail.Sender, rows.Select(r => r.Recipient))));
    }

    private static async Task<IResult> ImportAsync(MailPair pair, IMailImport import, ConsoleAudit audit, HttpContext context, CancellationToken cancel)
    {
        var (envelope, fault) = EnvelopeFile.Read(pair.Envelope);
        if (envelope is null)
            return Answers.Problem(new Problem { Status = StatusCodes.Status400BadRequest, Title = $".RCP line {fault!.Line}: {fault.Message} (QUEUE-3)", Line = fault.Line, Rule = "QUEUE-3" });
        if (pair.Message.Length == 0)
            return Answers.Wrong("The .MSG is empty.", "QUEUE-7");
        if (pair.State is { Attempts: < 0 or > short.MaxValue })
            return Answers.Wrong($"{pair.State.Attempts} is no number of attempts.", "QUEUE-4");
        var mail = new MailToImport(envelope.Sender, envelope.Recipients, pair.Message) { State = pair.State is { } state ? Known(pair, state) : null };
        var imported = await import.ImportAsync(mail, cancel);
        if (!imported.Present)
            await audit.NoteAsync(
                context.User(), AuditOutcome.Done, new AuditNote("queue.import", imported.Id, null, new Dictionary<string, string> { ["sender"] = envelope.Sender, ["recipients"] = $"{envelope.Recipients.Count}" }), cancel);
        return Results.Ok(new ImportResult(imported.Id, envelope.Recipients.Count) { Present = imported.Present });
    }

    private static ImportedQueueMail Known(MailPair pair, MailPairState state) => new(
        SHA256.HashData([.. Encoding.UTF8.GetBytes(pair.Envelope), .. pair.Message]), state.QueuedAt, state.Attempts,
        new RetryRecord("", null, state.Attempts, state.LastReply ?? "").Class, state.LastReply is null ? null : Requests.Printable(state.LastReply, LongestReply));

    private static async Task<IResult> ImportedAsync(ImportedQuestion question, QueueStore queue, CancellationToken cancel)
    {
        if (MailboxImportEndpoints.Hashes(question) is not { } hashes)
            return MailboxImportEndpoints.NoHashes;
        var known = new List<bool>(hashes.Count);
        foreach (var hash in hashes)
            known.Add(await queue.ImportedAsync(hash, cancel) is not null);
        return Results.Ok(new ImportedAnswer(known));
    }

    /// <param name="missing">Shards that did not answer: it may be there.</param>
    private static IResult NotQueued(MessageId number, IReadOnlyList<string> missing) => missing.Count > 0
        ? Answers.Problem(StatusCodes.Status503ServiceUnavailable, $"{ShardWords.Missing(missing)}, and {number} is in no other database of the queue.", hint: ShardWords.Hint)
        : Answers.NotFound($"{number} is not in the queue.", $"It may have ended: clustermail trace {number}");
}

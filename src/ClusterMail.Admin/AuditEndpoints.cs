using System.Globalization;
using System.Text;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>audit</c>: what was changed, by whom, from where, and what was refused (ADMIN-13).</summary>
internal static class AuditEndpoints
{
    private const int LongestWord = 100;
    private const string CsvHead = "id,at,who,means,source,outcome,act,subject,changes\r\n";

    public static void MapAudit(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("audit");
        api.MapGet(Routes.Audit, ListAsync).Needs(Right.ReadAudit, "audit.list").WithSummary("What was changed and refused, newest first").Produces<AuditPage>();
        api.MapGet(Routes.AuditExport, ExportAsync).Needs(Right.ReadAudit, "audit.export").WithSummary("The same as CSV, all that match").Produces<string>(contentType: "text/csv");
    }

    private static async Task<IResult> ListAsync(
        ConsoleAudit audit, DateTimeOffset? since, DateTimeOffset? until, string? by, string? what, string? outcome, long? before, int? limit, CancellationToken cancel)
    {
        if (!Requests.Limit(limit, 100, ConsoleAudit.Page, out var most, out var refusal) || !Filter(since, until, by, what, outcome, out var filter, out refusal))
            return refusal!;
        var rows = await audit.ListAsync(filter with { Before = before, Limit = most }, cancel);
        return Results.Ok(new AuditPage([.. rows.Select(Entry)], rows.Count == most ? rows[^1].Id : null));
    }

    private static IResult ExportAsync(ConsoleAudit audit, DateTimeOffset? since, DateTimeOffset? until, string? by, string? what, string? outcome, CancellationToken cancel) =>
        Filter(since, until, by, what, outcome, out var filter, out var refusal) ? Results.Stream(body => WriteAsync(audit, filter, body, cancel), "text/csv; charset=utf-8", "audit.csv") : refusal!;

    private static bool Filter(DateTimeOffset? since, DateTimeOffset? until, string? by, string? what, string? outcome, out AuditFilter filter, out IResult? refusal)
    {
        AuditOutcome? wanted = outcome switch { "done" => AuditOutcome.Done, "refused" => AuditOutcome.Refused, "failed" => AuditOutcome.Failed, _ => null };
        filter = new AuditFilter(since, until, by, what, wanted, null, ConsoleAudit.Page);
        refusal = outcome is not null && wanted is null ? Answers.Wrong($"'{Requests.Printable(outcome, 40)}' is no outcome.", "ADMIN-13", "Outcomes: done, refused, failed.")
            : what is not null && (what.Length > LongestWord || !what.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-'))
                ? Answers.Wrong($"'{Requests.Printable(what, 40)}' is no act.", "ADMIN-13", "For example account, or account.change.") : null;
        return refusal is null;
    }

    private static AuditEntry Entry(ConsoleAuditRow row) => new(
        row.Id, row.At, row.Who, row.Means, row.Source, Word(row.Outcome), row.Act, row.Subject, [.. row.Changes.Select(change => new AuditChange(change.Name, change.Before, change.After))]);

    private static string Word(AuditOutcome outcome) => outcome.ToString().ToLowerInvariant();

    private static async Task WriteAsync(ConsoleAudit audit, AuditFilter filter, Stream body, CancellationToken cancel)
    {
        await body.WriteAsync(Encoding.UTF8.GetBytes(CsvHead), cancel);
        await foreach (var row in audit.ReadAsync(filter, cancel))
        {
            var changes = string.Join("; ", row.Changes.Select(change => $"{change.Name}: {change.Before ?? "-"} -> {change.After ?? "-"}"));
            string[] cells =
            [
                row.Id.ToString(CultureInfo.InvariantCulture), row.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), row.Who, row.Means, row.Source,
                Word(row.Outcome), row.Act, row.Subject, changes,
            ];
            await body.WriteAsync(Encoding.UTF8.GetBytes(string.Join(',', cells.Select(Cell)) + "\r\n"), cancel);
        }
    }

    /// <summary>RFC 4180; what a spreadsheet would compute (=, +, -, @ in front) is made text, because strangers may have written it.</summary>
    private static string Cell(string text)
    {
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny("\",\r\n") >= 0 ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}

using System.Globalization;
using ClusterMail.Approval;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tokens;
using ClusterMail.Queue.Approval;
using ClusterMail.Store.Approval;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Pages;

/// <summary>What who has logged in has decided himself, as a table and as CSV (APPROVE-232). Nothing of anybody else's.</summary>
internal sealed class HistoryVisit(Visit visit)
{
    public const string Csv = "/history.csv";
    private const string DayForm = "yyyy-MM-dd";
    private const int FarthestSkip = 100_000;
    private const string Header = "decided,result,hold_id,result_id,sender,recipients,subject,decided_by,as_proxy_of,channel,comment\r\n";

    public async Task<PageAnswer> AnswerAsync()
    {
        var form = visit.IsPost ? await visit.FormAsync() : null;
        if (await visit.SessionAsync() is not { } session || visit.IsPost)
            return await LoginVisit.AnswerAsync(visit, form);
        var zone = visit.Parts.View().ZoneOf(session.Account);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(visit.Now, zone).DateTime);
        var usual = HistoryFiles.Range(new ApprovalCommand.History(null), today);
        var asked = Days(usual);
        var isOn = visit.Parts.View().Settings.Switch("approval.history");
        return visit.Path == Csv
            ? isOn && asked is not null ? await DownloadAsync(session, asked, zone) : visit.Say(new ResultPage.LinkEnded(), session.Account)
            : await ShowAsync(session, asked ?? usual, zone, asked is null, isOn);
    }

    /// <summary>Null: what was asked for are no days.</summary>
    private DayRange? Days(DayRange usual)
    {
        var (from, until) = (visit.Query(PageFields.From) ?? "", visit.Query(PageFields.Until) ?? "");
        var (first, last) = (Day(from) ?? (from.Length == 0 ? usual.First : null), Day(until) ?? (until.Length == 0 ? usual.Last : null));
        return first is { } begins && last is { } ends && begins <= ends ? new DayRange(begins, ends) : null;
    }

    private static DateOnly? Day(string text) =>
        DateOnly.TryParseExact(text, DayForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 1990 and <= 2999 ? day : null;

    private async Task<PageAnswer> ShowAsync(PageSession session, DayRange days, TimeZoneInfo zone, bool hasWrongDays, bool isOn)
    {
        var skip = int.TryParse(visit.Query("skip"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? Math.Min(given, FarthestSkip) : 0;
        var (from, until) = days.In(zone);
        var rows = isOn ? await visit.Parts.Personal.Reader.DecidedAsync(session.Account.ToString(), from, until, skip, PersonalDesk.PageLength + 1, visit.Cancel).ToListAsync(visit.Cancel) : [];
        return new PageAnswer(StatusCodes.Status200OK, new HistoryPage
        {
            Frame = visit.Frame(session.Account),
            Days = days,
            HasWrongDays = hasWrongDays,
            Entries = isOn ? [.. rows.Take(PersonalDesk.PageLength).Select(Entry)] : default,
            NextPath = rows.Count > PersonalDesk.PageLength
                ? string.Create(CultureInfo.InvariantCulture, $"{visit.Path}?{PageFields.From}={days.First:yyyy-MM-dd}&{PageFields.Until}={days.Last:yyyy-MM-dd}&skip={skip + PersonalDesk.PageLength}") : null,
        }.Render());
    }

    private static HistoryPage.Entry Entry(DecidedRow row) => new(
        row.At, new HoldId(row.Hold), row.State is { } state ? Enum.Parse<HoldStatus>(state.ToString()) : null, row.By, row.Principal, row.Requester, row.Subject, [.. row.Recipients], row.Channel, row.Comment);

    /// <summary>Line by line as the database gives them: a year takes no more memory than a day.</summary>
    private async Task<PageAnswer> DownloadAsync(PageSession session, DayRange days, TimeZoneInfo zone)
    {
        await visit.Parts.Personal.NoteAsync("HISTORY_TAKEN", session.Account, $"own decisions {days}", ResultCode.Ok, visit.Actor(session.Account.ToString()), visit.Cancel);
        var (from, until) = days.In(zone);
        return PageAnswer.Download($"history-{days}.csv", "text/csv; charset=utf-8", async (output, cancel) =>
        {
            await using var text = new StreamWriter(output, new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
            await text.WriteAsync((ApprovalCsv.ByteOrderMark + Header).AsMemory(), cancel);
            await foreach (var row in visit.Parts.Personal.Reader.DecidedAsync(session.Account.ToString(), from, until, 0, null, cancel))
                await text.WriteAsync(Line(row, zone).AsMemory(), cancel);
        });
    }

    private static string Line(DecidedRow row, TimeZoneInfo zone) => string.Join(',', ((string?[])
    [
        TimeZoneInfo.ConvertTime(row.At, zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture), row.State is { } state ? HeldText.Word(state) : "vote", new HoldId(row.Hold).ToString(),
        row.ResultId is { } result ? new HoldId(result).ToString() : null, row.Requester, string.Join("; ", row.Recipients), row.Subject, row.By, row.Principal, row.Channel, row.Comment,
    ]).Select(ApprovalCsv.Cell)) + "\r\n";
}

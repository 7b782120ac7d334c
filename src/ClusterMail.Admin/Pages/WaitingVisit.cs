using System.Globalization;
using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tokens;
using ClusterMail.Queue.Approval;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Pages;

/// <summary>The waiting list of who has logged in, and several decisions at once, each its own (APPROVE-232).</summary>
internal sealed class WaitingVisit(Visit visit)
{
    public const string Path = "/list";
    private const string Subject = "list";

    /// <summary>APPROVE-504: more at once need a password that was asked for just now.</summary>
    private const int WithoutPassword = 10;
    private static readonly TimeSpan JustNow = TimeSpan.FromMinutes(5);

    private PageDesk Desk => visit.Parts.Desk;

    public async Task<PageAnswer> AnswerAsync()
    {
        var form = visit.IsPost ? await visit.FormAsync() : null;
        if (await visit.SessionAsync() is not { } session || form?.ContainsKey(PageFields.Account) == true)
            return await LoginVisit.AnswerAsync(visit, form);
        if (!visit.IsPost)
            return await ShowAsync(session, null);
        var holds = form?[PageFields.Hold].Select(text => HoldId.TryParseExact(text ?? "", out var hold) ? hold : default).Where(hold => hold != default).Distinct().ToArray() ?? [];
        if (form is null || visit.IsForeign || holds.Length > WaitingPage.BulkLimit || !PostGuard.Check(Desk.Keys!, form[PageFields.Guard], Subject, session.Id, visit.Now)
            || !VerbWords.TryParse(form[PageFields.Verb], out var verb))
            return visit.Say(new ResultPage.PostRefused(), session.Account);
        if (holds.Length > WithoutPassword && visit.Now - session.At > JustNow)
            return await LoginVisit.AnswerAsync(visit, null);
        return await ShowAsync(session, await DecideAsync(session, holds, verb, DecisionComment.Written(form[PageFields.Comment])));
    }

    private async Task<PageAnswer> ShowAsync(PageSession session, string? report)
    {
        var skip = int.TryParse(visit.Query("skip"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? Math.Min(given, 1_000_000) : 0;
        var (entries, total) = await Desk.WaitingAsync(session.Account, skip, visit.Cancel);
        return new PageAnswer(StatusCodes.Status200OK, new WaitingPage
        {
            Frame = visit.Frame(session.Account) with { ListPath = null },
            Entries = [.. entries.Select(entry => new WaitingPage.Entry(entry, $"/h/{entry.Held.Hold}"))],
            Total = total,
            Guard = PostGuard.Issue(Desk.Keys!.Current, Subject, session.Id, visit.Now),
            Report = report,
            NextPath = skip + PageDesk.PageLength < total ? string.Create(CultureInfo.InvariantCulture, $"{Path}?skip={skip + PageDesk.PageLength}") : null,
        }.Render());
    }

    private async Task<string> DecideAsync(PageSession session, IReadOnlyList<HoldId> holds, Verb verb, string comment)
    {
        var words = new CaseWords(visit.Language, TimeZoneInfo.Utc);
        if (holds.Count == 0)
            return words.Say("メールが選択されていません。何も決定されていません。", "No mail is selected. Nothing was decided.");
        if (verb == Verb.Reject && comment.Length == 0 && visit.Parts.View().Settings.Switch("approval.reject_reason_required"))
            return words.Say("却下の理由を入力してください。まだ何も決定されていません。", "Please give a reason for the rejection. Nothing has been decided yet.");
        var (done, not) = (0, 0);
        foreach (var hold in holds)
        {
            var isDone = await Desk.FindAsync(hold, visit.Cancel) is { } row
                && (await Desk.DecideAsync(row, session.Account, verb, comment, visit.Actor(session.Account.ToString()), visit.Cancel)).IsDone;
            (done, not) = isDone ? (done + 1, not) : (done, not + 1);
        }
        var report = verb == Verb.Approve ? words.Say($"{done} 件を承認しました。", $"{done} approved.") : words.Say($"{done} 件を却下しました。", $"{done} rejected.");
        return not == 0 ? report : report + words.Say($" {not} 件はすでに決定されているか、あなたの承認待ちではありません。", $" {not} were decided before, or do not wait for you.");
    }
}

using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Store.Approval;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Pages;

/// <summary>A sender sees what of his mail is or was held, and has the approvers reminded (APPROVE-233).</summary>
internal sealed class SentVisit(Visit visit)
{
    private const string Subject = "mine";
    private const int FarthestSkip = 100_000;

    private PersonalDesk Desk => visit.Parts.Personal;

    public async Task<PageAnswer> AnswerAsync()
    {
        var form = visit.IsPost ? await visit.FormAsync() : null;
        if (await visit.SessionAsync() is not { } session || form?.ContainsKey(PageFields.Account) == true)
            return await LoginVisit.AnswerAsync(visit, form);
        if (!visit.IsPost)
            return await ShowAsync(session, null);
        if (form is null || !visit.IsGenuine(form, Subject, session) || !HoldId.TryParseExact((string?)form[PageFields.Hold] ?? "", out var hold))
            return visit.Say(new ResultPage.PostRefused(), session.Account);
        var words = new CaseWords(visit.Language, TimeZoneInfo.Utc);
        var isDone = await visit.Parts.Desk.FindAsync(hold, visit.Cancel) is { } row && await Desk.RemindAsync(row, session.Account, visit.Actor(session.Account.ToString()), visit.Cancel);
        return await ShowAsync(session, isDone
            ? words.Say("承認者に督促を送りました。", "The approvers are reminded.")
            : words.Say("督促は送られませんでした。1 時間に 1 回までです。すでに決定されたメールには送れません。", "Nobody was reminded: once an hour at most, and not when it is decided."));
    }

    private async Task<PageAnswer> ShowAsync(PageSession session, string? report)
    {
        var skip = int.TryParse(visit.Query("skip"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? Math.Min(given, FarthestSkip) : 0;
        var rows = await Desk.SentAsync(session.Account, skip, visit.Cancel);
        var mayWithdraw = visit.Parts.View().Settings.Switch("approval.allow_withdraw");
        return new PageAnswer(StatusCodes.Status200OK, new SentPage
        {
            Frame = visit.Frame(session.Account),
            Entries = [.. rows.Take(PersonalDesk.PageLength).Select(row => Entry(row, mayWithdraw))],
            Guard = PostGuard.Issue(visit.Parts.Desk.Keys!.Current, Subject, session.Id, visit.Now),
            Report = report,
            NextPath = rows.Count > PersonalDesk.PageLength ? string.Create(CultureInfo.InvariantCulture, $"{visit.Path}?skip={skip + PersonalDesk.PageLength}") : null,
        }.Render());
    }

    private static SentPage.Entry Entry(HoldRow row, bool mayWithdraw)
    {
        var decision = PageDesk.DecisionOf(row);
        var hold = new HoldId(row.Id);
        ImmutableArray<CurrentApprover> waiting = [.. row.Approvers.Where(approver => approver.Waits)
            .Select(approver => new CurrentApprover(Mailbox.FromStored(approver.Address), approver.Principal is { } principal ? Mailbox.FromStored(principal) : null))];
        return new SentPage.Entry(
            hold, row.Mail.Subject, row.Mail.ReceivedAt, [.. row.Recipients.Select(recipient => recipient.ForwardPath)], PageDesk.StatusOf(row), waiting, row.ExpireAt, decision,
            decision is null && mayWithdraw ? $"/w/{hold}" : null);
    }
}

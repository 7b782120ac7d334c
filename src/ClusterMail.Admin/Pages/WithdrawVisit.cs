using System.Collections.Immutable;
using ClusterMail.Approval;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tokens;
using ClusterMail.Queue.Approval;
using ClusterMail.Store.Approval;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Pages;

/// <summary>A sender takes his held mail back (APPROVE-233). The address is no secret: only the password of his account opens it, and others learn nothing of the number.</summary>
internal sealed class WithdrawVisit(Visit visit)
{
    private const string Prefix = "/w/";

    private PageDesk Desk => visit.Parts.Desk;

    public static HoldId? Read(string path) => path.StartsWith(Prefix, StringComparison.Ordinal) && HoldId.TryParseExact(path[Prefix.Length..], out var hold) ? hold : null;

    public async Task<PageAnswer> AnswerAsync(HoldId hold)
    {
        var form = visit.IsPost ? await visit.FormAsync() : null;
        if (await visit.SessionAsync() is not { } session)
            return await LoginVisit.AnswerAsync(visit, form);
        var rows = await Desk.OwnAsync(hold, session.Account, visit.Cancel);
        if (rows.IsEmpty || !visit.Parts.View().Settings.Switch("approval.allow_withdraw"))
            return visit.Say(new ResultPage.LinkEnded(), session.Account);
        if (!visit.IsPost)
            return new PageAnswer(StatusCodes.Status200OK, new WithdrawPage
            {
                Frame = visit.Frame(session.Account),
                Groups = await CasesAsync(rows),
                Guard = PostGuard.Issue(Desk.Keys!.Current, $"withdraw {hold}", session.Id, visit.Now),
            }.Render());
        if (form is null || visit.IsForeign || !PostGuard.Check(Desk.Keys!, form[PageFields.Guard], $"withdraw {hold}", session.Id, visit.Now))
            return visit.Say(new ResultPage.PostRefused(), session.Account);
        var held = await Desk.NameAsync(rows[0], visit.Cancel);
        var done = 0;
        foreach (var row in rows)
            if ((await Desk.WithdrawAsync(row, session.Account, visit.Actor(session.Account.ToString()), visit.Cancel)).IsDone)
                done++;
        return visit.Say(done > 0 ? new ResultPage.Withdrawn(held) : new ResultPage.LinkEnded(), session.Account);
    }

    private async Task<ImmutableArray<HeldCase>> CasesAsync(ImmutableArray<HoldRow> rows)
    {
        var cases = ImmutableArray.CreateBuilder<HeldCase>(rows.Length);
        foreach (var row in rows)
            cases.Add(await Desk.NameAsync(row, visit.Cancel));
        return cases.ToImmutable();
    }
}

using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Pages;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;
using ClusterMail.Queue.Approval;

namespace ClusterMail.Admin.Pages;

/// <summary>An approver has somebody else decide one mail in his place. Only who has logged in and sits there himself: a link is no proof of that.</summary>
internal sealed class HandOverVisit(Visit visit)
{
    private const string Prefix = "/h/";

    /// <summary>Null: the path is none of these.</summary>
    public static HoldId? Read(string path) => path.StartsWith(Prefix, StringComparison.Ordinal) && path.EndsWith(DecisionPage.HandOverSuffix, StringComparison.Ordinal)
        && HoldId.TryParseExact(path[Prefix.Length..^DecisionPage.HandOverSuffix.Length], out var hold) ? hold : null;

    /// <summary>What its form is guarded by.</summary>
    public static string Subject(HoldId hold) => $"hand over {hold}";

    public async Task<PageAnswer> AnswerAsync(HoldId hold)
    {
        if (!visit.IsPost)
            return PageAnswer.See($"{Prefix}{hold}");
        var form = await visit.FormAsync();
        if (await visit.SessionAsync() is not { } session)
            return await LoginVisit.AnswerAsync(visit, form);
        var desk = visit.Parts.Desk;
        var actor = visit.Actor(session.Account.ToString());
        if (await desk.FindAsync(hold, visit.Cancel) is not { } row)
            return visit.Say(new ResultPage.LinkEnded(), session.Account);
        if (form is null || !visit.IsGenuine(form, Subject(hold), session))
        {
            await desk.RefuseAsync(hold, row, actor with { Claims = session.Account.ToString() }, ResultCode.BadToken, "hand-over without the value of the page", visit.Cancel);
            return visit.Say(new ResultPage.PostRefused(), session.Account);
        }
        if (!PersonalDesk.IsHis(row, session.Account))
            return visit.Say(new ResultPage.NotForYou(), session.Account);
        if (!PathGrammar.TryMailbox(((string?)form[PageFields.Proxy] ?? "").Trim(), utf8: true, out var to)
            || await visit.Parts.Personal.HandOverAsync(row, session.Account, to, visit.Parts.View(), actor, visit.Cancel) is not { } answer)
            return visit.Say(new ResultPage.NotHandedOver(), session.Account);
        return visit.Say(answer.IsDone ? new ResultPage.HandedOver(await desk.NameAsync(row, visit.Cancel), Asked(answer, row, to)) : new ResultPage.NotHandedOver(), session.Account);
    }

    /// <summary>Who sits there now and did not before; an alias is the account behind it.</summary>
    private static string Asked(HoldAnswer answer, Store.Approval.HoldRow before, Mailbox to) =>
        answer.Row?.Approvers.FirstOrDefault(approver => approver.Waits && !before.Approvers.Any(old => old.Address == approver.Address))?.Address ?? to.ToString();
}

using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol.Grammar;
using ClusterMail.Queue.Approval;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Pages;

/// <summary>An approver sets, changes and clears his proxy (APPROVE-209, APPROVE-232), as he can by mail; and has him asked about what waits already (APPROVE-206).</summary>
internal sealed class ProxyVisit(Visit visit)
{
    private const string Subject = "proxy";

    private PersonalDesk Desk => visit.Parts.Personal;

    public async Task<PageAnswer> AnswerAsync()
    {
        var form = visit.IsPost ? await visit.FormAsync() : null;
        if (await visit.SessionAsync() is not { } session || form?.ContainsKey(PageFields.Account) == true)
            return await LoginVisit.AnswerAsync(visit, form);
        if (!visit.IsPost)
            return Answer(Page(session));
        if (form is null || !visit.IsGenuine(form, Subject, session))
            return visit.Say(new ResultPage.PostRefused(), session.Account);
        return (string?)form[PageFields.Act] switch
        {
            ProxyPage.Set => await SetAsync(session, form),
            ProxyPage.Clear => await ClearAsync(session),
            ProxyPage.Ask => await AskAsync(session),
            _ => visit.Say(new ResultPage.PostRefused(), session.Account),
        };
    }

    private static PageAnswer Answer(ProxyPage page) => new(page.Fault is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest, page.Render());

    private ProxyPage Page(PageSession session)
    {
        var current = visit.Parts.Proxies.Of(session.Account);
        return new ProxyPage
        {
            Frame = visit.Frame(session.Account),
            Guard = PostGuard.Issue(visit.Parts.Desk.Keys!.Current, Subject, session.Id, visit.Now),
            Current = current,
            IsInForce = current?.IsActive(visit.Now) == true,
            MaxDays = (int)visit.Parts.View().Settings.Integer("approval.proxy_max_days"),
        };
    }

    private async Task<PageAnswer> SetAsync(PageSession session, IFormCollection form)
    {
        var (address, from, until) = (((string?)form[PageFields.Proxy] ?? "").Trim(), (string?)form[PageFields.From] ?? "", (string?)form[PageFields.Until] ?? "");
        var (page, zone) = (Page(session) with { Proxy = address, From = from, Until = until }, visit.Parts.View().ZoneOf(session.Account));
        if (!PathGrammar.TryMailbox(address, utf8: true, out var proxy) || proxy.Domain.Length == 0)
            return Answer(page.WithRefusal(ProxyRefusal.NoSuchAccount));
        if (!ProxyPage.TryRead(from, zone, out var begins) || !ProxyPage.TryRead(until, zone, out var ends))
            return Answer(page.WithUnreadableTime());
        var answer = await visit.Parts.Proxies.SetAsync(Order(session), new ApprovalCommand.SetProxy(proxy, null), new ProxySpan(begins, ends), visit.Cancel);
        if (answer is not ProxyAnswer.Granted granted)
        {
            var why = ((ProxyAnswer.Refused)answer).Why;
            await Desk.NoteAsync("COMMAND", session.Account, $"setproxyuser_{proxy}: {why}", ResultCode.NotAllowed, visit.Actor(session.Account.ToString()), visit.Cancel);
            return Answer(page.WithRefusal(why));
        }
        Desk.Wake();
        var changed = new ProxyAssignment(session.Account, granted.Proxy, granted.Term.From, granted.Term.Until);
        return Answer((page with { Current = changed, IsInForce = false, Proxy = "", From = "", Until = "" }).WithChange(granted));
    }

    private async Task<PageAnswer> ClearAsync(PageSession session)
    {
        var page = Page(session);
        if (!await visit.Parts.Proxies.ClearAsync(Order(session), visit.Cancel))
            return Answer(page.WithRefusal(ProxyRefusal.NotAnApprover));
        Desk.Wake();
        return Answer((page with { Current = null, IsInForce = false }).WithNoProxy());
    }

    private async Task<PageAnswer> AskAsync(PageSession session) =>
        Answer(Page(session).WithRequests(await Desk.AskProxyAsync(session.Account, visit.Actor(session.Account.ToString()), visit.Cancel)));

    private ProxyOrder Order(PageSession session) => Desk.Order(session.Account, visit.Parts.View(), visit.Actor(session.Account.ToString()));
}

using System.Collections.Immutable;
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

/// <summary>
/// A sender's link to his own mail: he sends or discards what waits for him alone (APPROVE-510, APPROVE-511), or tells its approvers something (APPROVE-502). Who he
/// is is proven as an approver is (APPROVE-162); nothing but a POST with the value of the page does anything.
/// </summary>
internal sealed class OwnVisit(Visit visit)
{
    private PageDesk Desk => visit.Parts.Desk;

    public static WebLink? Read(string path) => WebLink.Parse(path) is { IsOwn: true } link ? link : null;

    public async Task<PageAnswer> AnswerAsync(WebLink link)
    {
        var form = visit.IsPost ? await visit.FormAsync() : null;
        if (await Desk.OpenAsync(link, visit.Cancel) is not var (sender, row))
        {
            await Desk.RefuseAsync(default, null, visit.Actor(null), ResultCode.BadToken, $"a link to {link.Hold} that is none", visit.Cancel);
            return visit.Say(new ResultPage.LinkEnded());
        }
        Reader reader;
        if (visit.Parts.View() is var view && (view.Settings.Choice("approval.web.auth") == "link" || view.Policy.Directory.Account(sender) is null))
            reader = new Reader(sender, Convert.ToHexStringLower(link.Hash()), visit.Actor("link"));
        else if (await visit.SessionAsync() is { } session)
            reader = new Reader(session.Account, session.Id, visit.Actor(session.Account.ToString()));
        else
            return await LoginVisit.AnswerAsync(visit, form);
        if (!PageDesk.IsOwner(row, reader.Person))
        {
            await Desk.NoteAsync("ATTEMPT", row, reader.Actor with { Claims = reader.Person.ToString() }, ResultCode.NotAllowed, "opened the page of a sender", visit.Cancel);
            return visit.Say(new ResultPage.NotForYou(), reader.Person);
        }
        if (visit.IsPost)
            return await ActAsync(row, reader, form);
        return await ShowAsync(row, reader, isTold: false);
    }

    /// <param name="Binding">What only this browser has.</param>
    private sealed record Reader(Mailbox Person, string Binding, Actor Actor);

    private static string Subject(HoldRow row) => $"own {new HoldId(row.Id)}";

    private async Task<PageAnswer> ShowAsync(HoldRow row, Reader reader, bool isTold)
    {
        if (PageDesk.DecisionOf(row) is { } decision)
            return visit.Say(new ResultPage.AlreadyDecided(await Desk.NameAsync(row, visit.Cancel), decision), reader.Person);
        var groups = ImmutableArray.Create(await Desk.NameAsync(row, visit.Cancel));
        if (!row.IsOwn)
            foreach (var other in (await Desk.OwnAsync(new HoldId(row.Id), reader.Person, visit.Cancel)).Where(other => !other.IsOwn && other.Id != row.Id))
                groups = groups.Add(await Desk.NameAsync(other, visit.Cancel));
        return new PageAnswer(StatusCodes.Status200OK, new OwnPage
        {
            Frame = visit.Frame(reader.Person),
            Groups = groups,
            Confirms = row.OnExpire != "release",
            Guard = PostGuard.Issue(Desk.Keys!.Current, Subject(row), reader.Binding, visit.Now),
            IsTold = isTold,
        }.Render());
    }

    private async Task<PageAnswer> ActAsync(HoldRow row, Reader reader, IFormCollection? form)
    {
        if (form is null || visit.IsForeign || !PostGuard.Check(Desk.Keys!, form[PageFields.Guard], Subject(row), reader.Binding, visit.Now))
        {
            await Desk.RefuseAsync(new HoldId(row.Id), row, reader.Actor with { Claims = reader.Person.ToString() }, ResultCode.BadToken, "POST without the value of the page", visit.Cancel);
            return visit.Say(new ResultPage.PostRefused(), reader.Person);
        }
        switch ((string?)form[PageFields.Act])
        {
            case PageFields.Tell: return await TellAsync(row, reader, form);
            case PageFields.Send when row.IsOwn:
                var sent = await Desk.SendNowAsync(row, reader.Person, reader.Actor, visit.Cancel);
                return await AfterAsync(sent, row, reader, held => new ResultPage.Sent(held));
            case PageFields.Discard when row.IsOwn:
                var discarded = await Desk.WithdrawAsync(row, reader.Person, reader.Actor, visit.Cancel);
                return await AfterAsync(discarded, row, reader, held => new ResultPage.Withdrawn(held));
            default: return visit.Say(new ResultPage.PostRefused(), reader.Person);
        }
    }

    private async Task<PageAnswer> AfterAsync(HoldAnswer answer, HoldRow before, Reader reader, Func<HeldCase, ResultPage> done)
    {
        var row = answer.Row ?? before;
        var held = await Desk.NameAsync(row, visit.Cancel);
        return visit.Say(answer.IsDone ? done(held) : PageDesk.DecisionOf(row) is { } decision ? new ResultPage.AlreadyDecided(held, decision) : new ResultPage.PostRefused(), reader.Person);
    }

    /// <summary>For all groups that somebody still has to decide: he wrote one mail.</summary>
    private async Task<PageAnswer> TellAsync(HoldRow row, Reader reader, IFormCollection form)
    {
        var note = DecisionComment.Written(form[PageFields.Comment]);
        if (note.Length > OwnPage.LongestNote)
            note = note[..OwnPage.LongestNote];
        var told = false;
        foreach (var group in (await Desk.OwnAsync(new HoldId(row.Id), reader.Person, visit.Cancel)).Where(group => !group.IsOwn))
            told |= await Desk.TellAsync(group, reader.Person, note, reader.Actor, visit.Cancel);
        return await ShowAsync(await Desk.FindAsync(new HoldId(row.Id), visit.Cancel) ?? row, reader, told);
    }
}

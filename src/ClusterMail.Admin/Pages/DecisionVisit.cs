using System.Security.Cryptography;
using System.Text;
using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Store.Approval;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Pages;

/// <summary>One held mail: looked at, downloaded, decided (APPROVE-160 to APPROVE-164). Nothing but a POST with the value of the page decides.</summary>
internal sealed class DecisionVisit(Visit visit)
{
    private const string Original = "/original.eml";

    private PageDesk Desk => visit.Parts.Desk;

    /// <summary>Null: the path is none of these.</summary>
    public static (HoldId Hold, WebLink? Link, bool IsDownload)? Read(string path)
    {
        var isDownload = path.EndsWith(Original, StringComparison.Ordinal);
        var page = isDownload ? path[..^Original.Length] : path;
        if (WebLink.Parse(page) is { IsOwn: false } link)
            return (link.Hold, link, isDownload);
        return page.StartsWith("/h/", StringComparison.Ordinal) && HoldId.TryParseExact(page[3..], out var hold) ? (hold, null, isDownload) : null;
    }

    public async Task<PageAnswer> AnswerAsync(HoldId hold, WebLink? link, bool isDownload)
    {
        var form = visit.IsPost ? await visit.FormAsync() : null;
        var opened = link is null ? null : await Desk.OpenAsync(link, visit.Cancel);
        if (link is not null && opened is null)
        {
            await Desk.RefuseAsync(default, null, visit.Actor(null), ResultCode.BadToken, $"a link to {hold} that is none", visit.Cancel);
            return visit.Say(new ResultPage.LinkEnded());
        }
        Mailbox person;
        string binding, auth;
        if (opened is { } byLink && IsEnough(byLink.Approver))
            (person, binding, auth) = (byLink.Approver, Convert.ToHexStringLower(link!.Hash()), "link");
        else if (await visit.SessionAsync() is { } session)
            (person, binding, auth) = (session.Account, session.Id, session.Account.ToString());
        else
            return await LoginVisit.AnswerAsync(visit, form);
        var row = opened?.Row ?? await Desk.FindAsync(hold, visit.Cancel);
        if (row is null)
            return visit.Say(new ResultPage.LinkEnded());
        var reader = new Reader(person, binding, visit.Actor(auth));
        if (Desk.Bar(row, person) is { } code)
            return await BarredAsync(row, reader, code);
        if (isDownload)
            return await DownloadAsync(row, reader);
        if (visit.IsPost)
            return await DecideAsync(row, reader, form);
        return PageDesk.DecisionOf(row) is { } decision
            ? visit.Say(new ResultPage.AlreadyDecided(await Desk.NameAsync(row, visit.Cancel), decision), person)
            : new PageAnswer(StatusCodes.Status200OK, (await PageAsync(row, reader)).Render());
    }

    /// <param name="Binding">What only this browser has.</param>
    private sealed record Reader(Mailbox Person, string Binding, Actor Actor)
    {
        public bool IsLoggedIn => Actor.Auth != "link";
    }

    /// <summary>The link alone names him: by the setting, or because somebody outside has no password here (APPROVE-46, APPROVE-162).</summary>
    private bool IsEnough(Mailbox approver)
    {
        var view = visit.Parts.View();
        return view.Settings.Choice("approval.web.auth") == "link" || view.Policy.Directory.Account(approver) is null;
    }

    /// <summary>Somebody else's mail: nothing of it is said (APPROVE-506).</summary>
    private async Task<PageAnswer> BarredAsync(HoldRow row, Reader reader, ResultCode code)
    {
        await Desk.NoteAsync("ATTEMPT", row, reader.Actor with { Claims = reader.Person.ToString() }, code, "opened the page", visit.Cancel);
        return visit.Say(code == ResultCode.SelfApproval ? new ResultPage.OwnMail() : new ResultPage.NotForYou(), reader.Person);
    }

    private async Task<PageAnswer> DownloadAsync(HoldRow row, Reader reader) => visit.IsPost || row.Mail.DroppedAt is not null || !MayDownload(row)
        ? visit.Say(new ResultPage.LinkEnded())
        : new PageAnswer(StatusCodes.Status200OK, "") { File = ($"{new HoldId(row.Id)}.eml", await Desk.DownloadAsync(row, reader.Person, reader.Actor, visit.Cancel)) };

    private bool MayDownload(HoldRow row) => visit.Parts.View().Settings.List("approval.web.allow_download")
        .Any(domain => domain == "*" || domain.Equals(Mailbox.FromStored(row.Requester).Domain, StringComparison.OrdinalIgnoreCase));

    private async Task<DecisionPage> PageAsync(HoldRow row, Reader reader)
    {
        var held = await Desk.ShowAsync(row, reader.Person, reader.Actor, visit.Cancel);
        return new DecisionPage
        {
            Frame = visit.Frame(reader.Person),
            Held = held,
            ProxyOf = Desk.PrincipalOf(held, reader.Person),
            Guard = PostGuard.Issue(Desk.Keys!.Current, held.Hold.ToString(), reader.Binding, visit.Now),
            IsReasonRequired = visit.Parts.View().Settings.Switch("approval.reject_reason_required"),
            HandOverGuard = reader.IsLoggedIn && PersonalDesk.IsHis(row, reader.Person) ? PostGuard.Issue(Desk.Keys!.Current, HandOverVisit.Subject(held.Hold), reader.Binding, visit.Now) : null,
            DownloadPath = MayDownload(row) ? visit.Path + Original : null,
        };
    }

    private async Task<PageAnswer> DecideAsync(HoldRow row, Reader reader, IFormCollection? form)
    {
        var hold = new HoldId(row.Id);
        if (form is null || visit.IsForeign || !PostGuard.Check(Desk.Keys!, form[PageFields.Guard], hold.ToString(), reader.Binding, visit.Now)
            || !VerbWords.TryParse(form[PageFields.Verb], out var verb) || !IsOf(row, form[PageFields.ContentSha256]))
        {
            await Desk.RefuseAsync(hold, row, reader.Actor with { Claims = reader.Person.ToString() }, ResultCode.BadToken, "POST without the value of the page", visit.Cancel);
            return visit.Say(new ResultPage.PostRefused(), reader.Person);
        }
        var comment = DecisionComment.Written(form[PageFields.Comment]);
        if (row.IsOpen && await AskedAgainAsync(row, reader, verb, comment, form.ContainsKey(PageFields.Confirm)) is { } page)
            return new PageAnswer(StatusCodes.Status400BadRequest, (page with { Comment = comment }).Render());
        var answer = await Desk.DecideAsync(row, reader.Person, verb, comment, reader.Actor, visit.Cancel);
        return visit.Say(await ResultAsync(answer, row, verb), reader.Person);
    }

    /// <summary>Null: nothing is missing. Else the page with what was wrong; nothing was decided.</summary>
    private async Task<DecisionPage?> AskedAgainAsync(HoldRow row, Reader reader, Verb verb, string comment, bool isConfirmed)
    {
        if (verb == Verb.Reject && comment.Length == 0 && visit.Parts.View().Settings.Switch("approval.reject_reason_required"))
            return (await PageAsync(row, reader)).WithReasonMissing();
        return verb == Verb.Approve && !isConfirmed && await PageAsync(row, reader) is { Held.Warnings.IsDefaultOrEmpty: false } page ? page.WithConfirmation() : null;
    }

    /// <summary>A decision about another content than the one that was shown is none (APPROVE-70).</summary>
    private static bool IsOf(HoldRow row, string? sha256) => sha256 is { Length: 64 }
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(sha256), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(row.Mail.Sha256)));

    private async Task<ResultPage> ResultAsync(HoldAnswer answer, HoldRow before, Verb verb)
    {
        var row = answer.Row ?? before;
        return answer.Code switch
        {
            ResultCode.Ok or ResultCode.Vote => new ResultPage.Done(await Desk.NameAsync(row, visit.Cancel), verb, answer.Code == ResultCode.Ok),
            ResultCode.Late or ResultCode.Duplicate when PageDesk.DecisionOf(row) is { } decision => new ResultPage.AlreadyDecided(await Desk.NameAsync(row, visit.Cancel), decision),
            ResultCode.Duplicate => new ResultPage.Done(await Desk.NameAsync(row, visit.Cancel), verb, IsComplete: false),
            ResultCode.SelfApproval => new ResultPage.OwnMail(),
            ResultCode.Locked => new ResultPage.Locked(),
            _ => new ResultPage.NotForYou(),
        };
    }
}

using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tokens;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Pages;

/// <summary>Who has logged in with his password alone, and has no one-time codes yet, sets them up here before he sees anything else (APPROVE-162).</summary>
internal sealed class CodeVisit(Visit visit)
{
    private const string Subject = "code";
    private const string Issuer = "ClusterMail";

    public async Task<PageAnswer> AnswerAsync()
    {
        var form = visit.IsPost ? await visit.FormAsync() : null;
        if (!visit.WantsCodes)
            return visit.Say(new ResultPage.LinkEnded());
        if (await visit.SessionAsync(mayLackCodes: true) is not { } session || form?.ContainsKey(PageFields.Account) == true)
            return await LoginVisit.AnswerAsync(visit, form);
        if (visit.Parts.View().Policy.Directory.Account(session.Account) is not { } account)
            return visit.Say(new ResultPage.LinkEnded());
        var page = new CodePage { Frame = visit.Frame(session.Account), Guard = PostGuard.Issue(visit.Parts.Desk.Keys!.Current, Subject, session.Id, visit.Now) };
        var factor = await visit.Parts.Factors.FindAsync(account.Id, visit.Cancel);
        if (factor?.EnabledAt is { } enabled || !visit.IsPost)
            return Answer(page with { EnabledAt = factor?.EnabledAt });
        if (form is null || !visit.IsGenuine(form, Subject, session))
            return visit.Say(new ResultPage.PostRefused(), session.Account);
        if (form[PageFields.Act] == CodePage.Confirm && factor is not null)
            return await ConfirmAsync(page, account, factor.Secret, (string?)form[PageFields.OneTimeCode] ?? "");
        var secret = SecondFactor.MakeSecret();
        return await visit.Parts.Factors.BeginAsync(account.Id, secret, visit.Cancel) ? Answer(Shown(page, account, secret)) : Answer(page);
    }

    private static PageAnswer Answer(CodePage page) => new(page.HasFailed ? StatusCodes.Status403Forbidden : StatusCodes.Status200OK, page.Render());

    private static CodePage Shown(CodePage page, Accounts.Account account, byte[] secret) =>
        page with { Secret = SecondFactor.Text(secret), Uri = SecondFactor.Uri(secret, account.Address.ToString(), Issuer) };

    private async Task<PageAnswer> ConfirmAsync(CodePage page, Accounts.Account account, byte[] secret, string code)
    {
        if (SecondFactor.Step(secret, code, visit.Now) is not { } step)
            return Answer(Shown(page, account, secret) with { HasFailed = true });
        var codes = SecondFactor.MakeRecoveryCodes();
        if (!await visit.Parts.Factors.EnableAsync(account.Id, secret, step, [.. codes.Select(one => SecondFactor.RecoveryHash(one)!)], visit.Cancel))
            return Answer(page);
        await visit.Parts.Personal.NoteAsync("CODES_SET", account.Address, "one-time codes for the pages", ResultCode.Ok, visit.Actor(account.Address.ToString()), visit.Cancel);
        // The code was shown just now: the login is whole from here on.
        await visit.BeginAsync(account, isWhole: true);
        return Answer(page with { RecoveryCodes = [.. codes], Frame = visit.Frame(account.Address) });
    }
}

using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Queue.Login;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Pages;

/// <summary>Asks for the account before anything of a mail is shown (APPROVE-162). Whatever is wrong, the answer is the same, and failures count as those of SMTP do.</summary>
internal static class LoginVisit
{
    private const string Subject = "login";
    private const int LongestName = 320;
    private const int LongestPassword = 1024;

    /// <summary>The answer to somebody who has not logged in: the form, or what came of it.</summary>
    /// <param name="form">Null: none was sent.</param>
    public static async Task<PageAnswer> AnswerAsync(Visit visit, IFormCollection? form)
    {
        if (visit.Parts.Desk.Keys is not { } keys)
            return visit.Say(new ResultPage.Unavailable());
        if (visit.LacksCodes && form?.ContainsKey(PageFields.Account) != true)
            return PageAnswer.See($"{PageName.Code.Path()}?lang={Approval.Notices.Languages.Tag(visit.Language)}");
        if (form is null || !form.ContainsKey(PageFields.Account))
            return Ask(visit, keys, failed: false);
        if (visit.IsForeign || !PostGuard.Check(keys, form[PageFields.Guard], Subject, visit.Path, visit.Now))
            return visit.Say(new ResultPage.PostRefused());
        var (name, password) = ((string?)form[PageFields.Account] ?? "", (string?)form[PageFields.Password] ?? "");
        if (visit.Parts.Lockout.IsLockedOut(visit.Address) || name.Length > LongestName || password.Length > LongestPassword)
            return Ask(visit, keys, failed: true);
        var account = Named(visit, name.Trim());
        switch (await visit.Parts.Passwords.VerifyAsync(account?.Address ?? Mailbox.FromStored(name), password, visit.Cancel))
        {
            case LoginResult.Busy:
                return visit.Say(new ResultPage.Unavailable());
            case LoginResult.Accepted when account is { Suspended: false } && await SecondAsync(visit, account, (string?)form[PageFields.OneTimeCode] ?? "") is { } isWhole && await visit.BeginAsync(account, isWhole):
                return PageAnswer.See($"{visit.Path}?lang={(visit.Language == Approval.Notices.Language.Japanese ? "ja" : "en")}");
            default:
                visit.Parts.Lockout.FailedAuthentication(visit.Address);
                await visit.Parts.Desk.NoteAsync("LOGIN_FAILED", null, visit.Actor(null) with { Claims = name }, ResultCode.NotAllowed, "login on the page", visit.Cancel);
                return Ask(visit, keys, failed: true);
        }
    }

    /// <summary>True: his code was right, or none is asked for. False: he has none yet. Null: it was wrong, or used before.</summary>
    private static async Task<bool?> SecondAsync(Visit visit, Accounts.Account account, string code)
    {
        if (!visit.WantsCodes)
            return true;
        if (await visit.Parts.Factors.FindAsync(account.Id, visit.Cancel) is not { EnabledAt: not null } factor)
            return false;
        var isRight = SecondFactor.Step(factor.Secret, code, visit.Now) is { } step ? await visit.Parts.Factors.TakeAsync(account.Id, step, visit.Cancel)
            : SecondFactor.RecoveryHash(code) is { } hash && await visit.Parts.Factors.TakeRecoveryAsync(account.Id, hash, visit.Cancel);
        return isRight ? true : null;
    }

    private static PageAnswer Ask(Visit visit, TokenKeyRing keys, bool failed) => new(failed ? StatusCodes.Status403Forbidden : StatusCodes.Status200OK, new LoginPage
    {
        Frame = visit.Frame(null),
        Guard = PostGuard.Issue(keys.Current, Subject, visit.Path, visit.Now),
        WantsOneTimeCode = visit.WantsCodes,
        HasFailed = failed,
    }.Render());

    /// <summary>The account itself, or the one its alias leads to.</summary>
    private static Accounts.Account? Named(Visit visit, string name)
    {
        var (directory, mailbox) = (visit.Parts.View().Policy.Directory, Mailbox.FromStored(name));
        return mailbox.Domain.Length == 0 ? null : directory.Account(mailbox) ?? directory.Resolve(mailbox).Account;
    }
}

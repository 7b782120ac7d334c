using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;
using ClusterMail.Queue.Approval;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Pages;

/// <summary>The test box of APPROVE-231 for administrator accounts of approval. What is tried goes nowhere and is kept nowhere.</summary>
internal sealed class TrialVisit(Visit visit)
{
    private const string Subject = "trial";
    private const int MostRecipients = 100;

    public async Task<PageAnswer> AnswerAsync()
    {
        var form = visit.IsPost ? await visit.FormAsync() : null;
        if (await visit.SessionAsync() is not { } session || form?.ContainsKey(PageFields.Account) == true)
            return await LoginVisit.AnswerAsync(visit, form);
        if (!visit.IsAdministrator(session.Account))
            return visit.Say(new ResultPage.NotAllowed(), session.Account);
        var page = new TrialPage { Frame = visit.Frame(session.Account), Guard = PostGuard.Issue(visit.Parts.Desk.Keys!.Current, Subject, session.Id, visit.Now) };
        if (!visit.IsPost)
            return new PageAnswer(StatusCodes.Status200OK, page.Render());
        if (form is null || !visit.IsGenuine(form, Subject, session))
            return visit.Say(new ResultPage.PostRefused(), session.Account);
        page = Tried(page with
        {
            Sender = Of(form, PageFields.Sender),
            Recipients = Of(form, PageFields.Recipients),
            Subject = Of(form, PageFields.Subject),
            Attachments = Of(form, PageFields.Attachments),
            Text = Of(form, PageFields.Text),
            Size = Of(form, PageFields.Size),
        });
        return new PageAnswer(page.Fault is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest, page.Render());
    }

    private static string Of(IFormCollection form, string name) => ((string?)form[name] ?? "").Trim();

    private TrialPage Tried(TrialPage page)
    {
        if (!PathGrammar.TryMailbox(page.Sender, utf8: true, out var sender) || sender.Domain.Length == 0)
            return page.WithNoAddress(page.Sender);
        var recipients = ImmutableArray.CreateBuilder<Mailbox>();
        foreach (var text in page.Recipients.Split(['\n', '\r', ',', ' '], StringSplitOptions.RemoveEmptyEntries).Take(MostRecipients))
            if (PathGrammar.TryMailbox(text, utf8: true, out var recipient) && recipient.Domain.Length > 0)
                recipients.Add(recipient);
            else
                return page.WithNoAddress(text);
        if (recipients.Count == 0)
            return page.WithNoAddress("");
        long size = 1000;
        if (page.Size.Length > 0 && !long.TryParse(page.Size, NumberStyles.None, CultureInfo.InvariantCulture, out size))
            return page.WithNoSize();
        var mail = new PolicyTrialMail(sender, recipients.ToImmutable(), page.Subject, page.Text, [.. page.Attachments.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)], size);
        var answer = PolicyTrial.Of(mail, visit.Parts.View(), visit.Parts.Lists(), visit.Now, visit.Language == Approval.Notices.Language.Japanese);
        return page.WithAnswer(answer.IsEnabled, answer.IsOurs, answer.Recipients.Select(one => new TrialPage.Result(one.Address, one.Explained, one.Approvers)));
    }
}

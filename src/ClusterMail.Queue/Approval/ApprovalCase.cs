using System.Collections.Immutable;
using ClusterMail.Accounts;
using ClusterMail.Approval.Content;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Policy;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;

namespace ClusterMail.Queue.Approval;

/// <summary>Whom a directory outside names as the superior of an account of a domain with <c>login=ldap</c>; null: nobody.</summary>
public delegate Task<Mailbox?> OutsideSuperior(Mailbox requester, CancellationToken cancel);

/// <summary>Approval at the end of DATA of one transaction, on the policies it began with (APPROVE-23). At RCPT the pipeline has asked already.</summary>
public sealed class ApprovalCase
{
    private readonly AcceptancePipeline _pipeline;
    private readonly NodeView _view;
    private readonly ApprovalLists _lists;

    private ApprovalCase(AcceptancePipeline pipeline, NodeView view, ApprovalLists lists) => (_pipeline, _view, _lists) = (pipeline, view, lists);

    /// <summary>Null: nothing can hold this mail, and nothing more is asked of it.</summary>
    /// <param name="pipeline">After its MAIL.</param>
    public static ApprovalCase? Of(AcceptancePipeline pipeline, NodeView view, ApprovalLists lists)
    {
        if (!pipeline.Approval.Options.Enabled || !pipeline.Outgoing.IsOurs)
            return null;
        // A null sender of ours is judged by its header when the content is there (APPROVE-9).
        var requesters = pipeline.Outgoing.Requesters;
        return (requesters.IsEmpty ? !pipeline.Outgoing.ReversePath.IsNull : requesters.All(requester => pipeline.Approval.Book.LevelsOf(requester).IsEmpty))
            ? null
            : new ApprovalCase(pipeline, view, lists);
    }

    /// <summary>False: groups and proxies were not read yet, so nothing can be said (APPROVE-13).</summary>
    public bool IsReady => _lists.Version >= 0;

    /// <summary>What approvers are told to look at twice (APPROVE-515).</summary>
    public WarningRules Warnings => WarningRules.From(_view.Settings, Words(_view.Settings.Text("approval.warn_keywords")), address => _view.Policy.Directory.Classify(address) == AddressClass.Outside);

    private KeywordList? Words(string name) => name.Length == 0 ? null : _pipeline.Approval.Book.Keywords.Find(_pipeline.Approval.Book.System, name);

    /// <summary>Hours that count for deadlines (APPROVE-61).</summary>
    public BusinessCalendar Calendar => _view.Calendar;

    /// <summary>What becomes of the mail, and what was seen of its content; null content: it did not have to be looked at.</summary>
    /// <param name="superiors">Asks a directory outside for somebody's superior; null: there is none.</param>
    /// <exception cref="Ldap.DirectoryUnavailableException">It has no answer: nothing can be said of the mail now (APPROVE-13).</exception>
    /// <param name="stored">Recipients as they are stored, each with the addresses of RCPT that led to it.</param>
    public async Task<(SubmissionPlan Plan, InspectedContent? Content)> AtEndOfDataAsync(
        IReadOnlyList<(Mailbox Recipient, ImmutableArray<Mailbox> Given)> stored, MailContent content, DateTimeOffset now, OutsideSuperior? superiors, CancellationToken cancel)
    {
        var (policy, mail) = (_pipeline.Approval, _pipeline.Outgoing);
        if (!mail.Requesters.IsEmpty && stored.SelectMany(one => one.Given).All(given => policy.AtRcpt(mail, _pipeline.Offered(given)) is Judgement.Send))
            return (new SubmissionPlan.Unheld(), null);
        await using var stream = content.OpenRead();
        var inspected = await ContentInspector.InspectAsync(stream, content.Length, policy.Options.AttachmentTest, policy.SearchesBodies(mail), cancel).ConfigureAwait(false);
        if (mail.Requesters.IsEmpty)
            mail = mail with { Requesters = Requesters.OfNullSender(inspected, _view.Policy.Directory) };
        var evidence = new ContentEvidence(inspected, stored.Count(one => _view.Policy.Directory.Classify(one.Recipient) == AddressClass.Outside));
        var judged = stored.Select(one => (one.Recipient, Strictest(one.Given.Select(given => policy.AtEndOfData(mail, _pipeline.Offered(given), evidence))))).ToArray();
        var register = superiors is null ? _lists.Register : await WithSuperiorsAsync(judged.Select(one => one.Item2), superiors, cancel).ConfigureAwait(false);
        var resolver = new ApproverResolver(_view.Policy.Directory, register, policy.Options, now);
        return (SubmissionPlan.Of(mail, judged, resolver, policy.Options), inspected);
    }

    /// <summary>What the account itself says goes first; a directory is asked where it says nothing, and only for a mail that <c>@manager</c> catches.</summary>
    private async Task<ApproverRegister> WithSuperiorsAsync(IEnumerable<Judgement> judged, OutsideSuperior ask, CancellationToken cancel)
    {
        var (register, directory) = (_lists.Register, _view.Policy.Directory);
        var requesters = judged.OfType<Judgement.Hold>().SelectMany(hold => hold.Catches)
            .Where(caught => caught.Line.Approvers.Stages.Any(stage => stage.Approvers.Any(approver => approver is ApproverList.Superior))).Select(caught => caught.Requester).Distinct();
        foreach (var requester in requesters)
            if (directory.Domains.ByLdap(requester.Domain) && directory.Account(requester) is not { Superior.Length: > 0 } && await ask(requester, cancel).ConfigureAwait(false) is { } superior)
                register = register.With(requester, superior);
        return register;
    }

    private static Judgement Strictest(IEnumerable<Judgement> judgements) => judgements.Aggregate((one, other) => other.Strictness > one.Strictness ? other : one);
}

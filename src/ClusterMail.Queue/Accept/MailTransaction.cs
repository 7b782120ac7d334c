using System.Collections.ObjectModel;
using ClusterMail.Policy;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Senders;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Queue.Accept;

/// <summary>The checks of one transaction, on the settings in force when it begins (ADMIN-24).</summary>
/// <param name="lists">Groups, proxies and keys of approval at that moment (APPROVE-23).</param>
/// <param name="waits">Whether a mail of this requester waits for a decision; null: nobody asks.</param>
/// <param name="senders">Checks what strangers say of themselves (CONF-19); null: nobody does.</param>
public sealed class MailTransaction(NodeView view, ApprovalLists lists, SenderDoor? senders = null, Func<Mailbox, CancellationToken, ValueTask<bool>>? waits = null) : ITransactionPolicy
{
    private AcceptancePipeline? _pipeline;
    private Action<string>? _told;
    private SenderInquiry? _inquiry;

    public NodeView View => view;

    /// <summary>After <see cref="MailAsync"/>.</summary>
    public AcceptancePipeline Pipeline => _pipeline ?? throw new InvalidOperationException("Asked before MAIL.");

    /// <summary>Null: nothing can hold this mail.</summary>
    public ApprovalCase? Approval { get; private set; }

    /// <summary>
    /// The recipient's mailbox is full, but he waits for a decision, and this may be it: known only when the subject has come. What is no decision is answered with it
    /// (APPROVE-436).
    /// </summary>
    public Reply? Full { get; private set; }

    /// <summary>Approval has something to look at: a policy, or, while it is on or once it ever was, a subject that may decide.</summary>
    public bool Concerns => Approval is not null || lists.Keys is not null || view.Policy.Approval.Options.Enabled;

    public void Explain(Action<string> told) => _told = told;

    public ReceiveOptions Options => view.Receive;

    public ValueTask<Verdict> MailAsync(ClientConnection client, Envelope envelope, bool blank, CancellationToken cancel)
    {
        _pipeline = view.Policy.Begin(new ClientFacts(client.Remote.Address, client.Purpose == ListenerPurpose.Submission, Identity(client)) { AuthFailed = client.AuthFailures > 0 },
            _told is { } told ? new ToldSteps(told) : null);
        Full = null;
        var verdict = _pipeline.Mail(envelope.ReversePath, blank, envelope.DeclaredSize);
        Approval = verdict.Accepted ? ApprovalCase.Of(_pipeline, view, lists) : null;
        return ValueTask.FromResult(verdict);
    }

    public async ValueTask<Verdict> RecipientAsync(ClientConnection client, Envelope envelope, ForwardPath recipient, CancellationToken cancel)
    {
        // A decision has one recipient; with more, a full mailbox would be everybody's trouble.
        if (Full is not null)
            return Verdict.Refuse(OneAtATime, "APPROVE-436");
        var verdict = _pipeline!.Recipient(recipient.Mailbox);
        if (!verdict.Accepted || await _pipeline.MailboxAsync(recipient.Mailbox, envelope.DeclaredSize, cancel) is not { Accepted: false } full)
            return verdict;
        if (full.Rule != "QUOTA-3" || !envelope.ForwardPaths.IsEmpty || !await IsAwaitedAsync(recipient.Mailbox, cancel))
            return full;
        Full = full.Refusal;
        return verdict;
    }

    private static readonly Reply OneAtATime = new(452, new EnhancedStatus(4, 5, 3), "One recipient at a time, please.");

    private ValueTask<bool> IsAwaitedAsync(Mailbox recipient, CancellationToken cancel) =>
        waits is not null && lists.Keys is not null && _pipeline!.Outgoing.IsOurs && view.Policy.Directory.Resolve(recipient).Account is { } account
            ? waits(account.Address, cancel) : ValueTask.FromResult(false);

    public ForwardPath Resolve(ForwardPath recipient) =>
        recipient.Mailbox.Domain.Length == 0 ? recipient with { Mailbox = view.Policy.Resolve(recipient.Mailbox) } : recipient;

    public Verdict Data(ClientConnection client, Envelope envelope)
    {
        var verdict = _pipeline!.Data();
        if (verdict.Accepted)
            _inquiry = senders?.Begin(view, _pipeline, client, envelope);
        return verdict;
    }

    /// <summary>CONF-19: after every check that needs no DNS.</summary>
    public ValueTask<JudgedContent> JudgeAsync(ArrivedContent arrived, CancellationToken cancel) =>
        _inquiry?.JudgeAsync(arrived, cancel) ?? ValueTask.FromResult(new JudgedContent(Verdict.Accept("PIPE-18"), arrived.Content));

    public void Answered(bool accepted) => _inquiry?.Answered(accepted);

    /// <summary>Filters of the content come later.</summary>
    public ValueTask<Verdict> ContentAsync(ClientConnection client, Envelope envelope, ContentFacts facts, CancellationToken cancel) =>
        ValueTask.FromResult(_pipeline!.Content(facts));

    public Envelope Merge(Envelope envelope) => _pipeline!.Merge(envelope);

    private static Mailbox? Identity(ClientConnection client) => client.AuthenticatedAs is { } identity ? Mailbox.FromStored(identity) : null;

    /// <summary>Passes each check on as a line instead of keeping it.</summary>
    private sealed class ToldSteps(Action<string> told) : Collection<PolicyStep>
    {
        protected override void InsertItem(int index, PolicyStep item) => told($"{item.Check}={item.Rule} {item.Result}");
    }
}

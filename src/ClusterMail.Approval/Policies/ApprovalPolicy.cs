using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Policies;

/// <summary>
/// What approval says of each recipient, in two steps: at RCPT with the envelope alone, and at the end of DATA with the content. Pure: the same facts get the
/// same answer on every node and every try (APPROVE-34). A transaction keeps the one it began with (APPROVE-23).
/// </summary>
public sealed class ApprovalPolicy(ApprovalOptions options, PolicyBook book)
{
    /// <summary>No level has a line, and approval is off.</summary>
    public static ApprovalPolicy None { get; } = new(ApprovalOptions.Default, PolicyBook.Empty);

    public ApprovalOptions Options => options;
    public PolicyBook Book => book;

    /// <summary>
    /// At RCPT. <see cref="Judgement.Refuse"/> and <see cref="Judgement.Trouble"/> are answered at once; everything else is the usual positive reply, and
    /// <see cref="AtEndOfData"/> decides. All levels that say nothing: <see cref="Judgement.Send"/>, without any work.
    /// </summary>
    public Judgement AtRcpt(OutgoingMail mail, OutgoingRecipient recipient) => Judge(mail, recipient, null);

    /// <summary>
    /// At the end of DATA, for a recipient that was not refused before. <see cref="Judgement.Open"/> is not among the answers. A refusal that hangs on the
    /// content refuses the whole mail, because after DATA a client cannot be told of one recipient alone.
    /// </summary>
    public Judgement AtEndOfData(OutgoingMail mail, OutgoingRecipient recipient, ContentEvidence evidence) => Judge(mail, recipient, evidence);

    /// <summary>Whether any line that applies to these requesters looks at a content; else it need not be inspected.</summary>
    public bool LooksAtContent(OutgoingMail mail) => options.Enabled && mail.IsOurs && mail.Requesters.Any(requester => book.LevelsOf(requester).Any(level => level.Table.LooksAtContent));

    /// <summary>Whether any of those lines searches bodies, which costs reading them.</summary>
    public bool SearchesBodies(OutgoingMail mail) => options.Enabled && mail.Requesters.Any(requester => book.LevelsOf(requester).Any(level => level.Table.SearchesBodies));

    private Judgement Judge(OutgoingMail mail, OutgoingRecipient recipient, ContentEvidence? evidence)
    {
        Judgement? strictest = null;
        foreach (var requester in mail.Requesters)
        {
            var levels = book.LevelsOf(requester);
            if (levels.IsEmpty)
                continue;
            // The address of RCPT first; what it expands to may only make it stricter (APPROVE-31).
            var judged = Combined(mail, requester, levels, recipient.Address, recipient, evidence);
            if (options.EvaluateAfterExpansion)
                foreach (var outside in recipient.Outside)
                    judged = Stricter(judged, Combined(mail, requester, levels, outside, recipient, evidence));
            strictest = strictest is null ? judged : Both(strictest, judged);
        }
        return strictest ?? Nothing;
    }

    private static readonly Judgement Nothing = new Judgement.Send("DEST-3");

    /// <summary>
    /// APPROVE-15: a refusal of any level refuses; else the most specific level that says something decides. A level that only delays counts after that: what the
    /// others say without it is asked first, so that a delay never takes the place of an approval (APPROVE-512).
    /// </summary>
    private Judgement Combined(
        OutgoingMail mail, Requester requester, ImmutableArray<PolicyLevel> levels, Mailbox destination, OutgoingRecipient recipient, ContentEvidence? evidence)
    {
        Judgement? decided = null, delay = null;
        foreach (var level in levels)
        {
            var said = new LevelReading(options, book.Keywords, level, mail.IsOurs).Ask(requester, destination, evidence);
            switch (said)
            {
                case LevelAnswer.Refuse refuse: return new Judgement.Refuse(refuse.Rule, RefuseReply.For(options.RefuseText, mail.ReversePath, recipient.Address, mail.IsFromInside));
                case LevelAnswer.Judged { Judgement: Judgement.Trouble trouble }: return trouble;
                case LevelAnswer.Judged { Judgement: Judgement.Hold { IsDelay: true } later }: delay ??= decided is null ? later : null; break;
                // A level that is still open may refuse later, so nothing more specific closes the case before.
                case LevelAnswer.Judged judged: decided = decided is null || judged.Judgement is Judgement.Open ? judged.Judgement : decided; break;
                default: break;
            }
        }
        return decided is Judgement.Hold or Judgement.Open ? decided : delay ?? decided ?? new Judgement.Send("APPROVE-28");
    }

    private static Judgement Stricter(Judgement first, Judgement second) => second.Strictness > first.Strictness ? second : first;

    /// <summary>APPROVE-7: two policies; two holds are one after the other, and a delay beside an approval is dropped (APPROVE-512).</summary>
    private static Judgement Both(Judgement first, Judgement second) => (first, second) is (Judgement.Hold one, Judgement.Hold other) && one.IsDelay == other.IsDelay
        ? new Judgement.Hold($"{one.Rule}, {other.Rule}", [.. one.Catches, .. other.Catches])
        : Stricter(first, second);
}

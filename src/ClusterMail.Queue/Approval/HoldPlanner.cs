using System.Collections.Immutable;
using System.Security.Cryptography;
using ClusterMail.Approval;
using ClusterMail.Approval.Content;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Smtp.Server;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>Asks approval at the end of DATA and makes of its answer what is stored (APPROVE-54 to APPROVE-57, APPROVE-68).</summary>
/// <param name="space">Whether more may be held (APPROVE-75).</param>
/// <param name="partners">Whom senders have written to (APPROVE-515).</param>
/// <param name="superiors">For <c>@manager</c>; null: no directory is asked.</param>
public sealed class HoldPlanner(NumberBlocks numbers, ContentSeal? seal, string node, HeldSpace space, Partners partners, TimeProvider time, OutsideSuperior? superiors = null)
{
    /// <param name="received">With the recipients as they are stored.</param>
    /// <param name="given">The addresses of RCPT behind each of them, in the same order.</param>
    public async Task<Admission> AdmitAsync(ApprovalCase approval, ReceivedMail received, IReadOnlyList<ImmutableArray<Mailbox>> given, CancellationToken cancel)
    {
        var paths = received.Envelope.ForwardPaths;
        var now = time.GetUtcNow();
        var (plan, content) = await approval.AtEndOfDataAsync([.. paths.Select((path, i) => (path.Mailbox, given[i]))], received.Content, now, superiors, cancel).ConfigureAwait(false);
        return plan switch
        {
            SubmissionPlan.Refused refused => new Admission(refused.Reply, [], null),
            SubmissionPlan.Held when !await space.TakesAsync(received.Content.Length, cancel).ConfigureAwait(false) => new Admission(HeldSpace.Full, [], null),
            SubmissionPlan.Held held => await HoldAsync(approval, received, held, content!, now, cancel).ConfigureAwait(false),
            _ => Admission.Ordinary(received),
        };
    }

    private async Task<Admission> HoldAsync(ApprovalCase approval, ReceivedMail received, SubmissionPlan.Held plan, InspectedContent content, DateTimeOffset now, CancellationToken cancel)
    {
        var ordinals = Ordinals(received.Envelope.ForwardPaths);
        var (groups, free) = (new List<NewHold>(), plan.WholeMail ? plan.SendNow : []);
        var deadlines = new Deadlines(approval.Calendar);
        var warnings = await WarnedAsync(approval, received, plan, content, cancel).ConfigureAwait(false);
        foreach (var group in plan.Groups)
            groups.Add(ToHold(groups.Count == 0 ? received.Id.Number : Number(), group, ordinals, content, deadlines, now) with { Warnings = warnings(group) });
        Announce(groups);
        if (!free.IsEmpty)
            groups.Add(new NewHold
            {
                Id = Number(),
                Requester = groups[0].Requester,
                Free = true,
                OnExpire = "keep",
                Recipients = [.. free.Select(recipient => Recipient(recipient, ordinals, content))],
            });
        ImmutableArray<Mailbox> sendNow = plan.WholeMail ? [] : plan.SendNow;
        var sha256 = await HashAsync(received.Content, cancel).ConfigureAwait(false);
        return new Admission(null, [.. sendNow.Select(mailbox => ordinals[mailbox].Path)], new NewHeldMail
        {
            Sender = groups[0].Requester,
            Sha256 = sha256,
            Subject = content.Subject ?? "",
            MessageId = content.MessageId,
            Attachments = [.. content.Attachments.Select(part => part.Name.Length > 0 ? part.Name : part.MediaType).Take(100)],
            Recipients = [.. received.Envelope.ForwardPaths.Select(path => path.Mailbox.ToString())],
            SentTo = [.. sendNow.Select(mailbox => mailbox.ToString())],
            Split = !plan.WholeMail,
            Holds = [.. groups],
            Seal = seal,
            Audit = [.. groups.Where(group => !group.Free).Select(group => Held(received, group, content, sha256))],
        });
    }

    private NewHold ToHold(
        long number, HoldGroup group, IReadOnlyDictionary<Mailbox, (short Ordinal, ForwardPath Path)> ordinals, InspectedContent content, Deadlines deadlines, DateTimeOffset now)
    {
        // Approvers have their time from the moment they are asked (APPROVE-513).
        var start = group.IsOwn ? now : now + (group.Delay ?? TimeSpan.Zero);
        var state = HeldState.New(new HoldId(number), group);
        var requests = Transition.OnHold(group).Select(mail => new NewJob(NoticeJobs.Word(mail.Kind), mail.To.ToString()));
        return new NewHold
        {
            Id = number,
            Requester = group.Requester.ToString(),
            Barred = [.. group.Barred.Select(address => address.ToString())],
            Places = [.. group.Places.Select(place => place.ToString())],
            Reasons = [.. group.Reasons.Select(CatchReasons.Store)],
            Note = group.Note,
            Recipients = [.. group.Recipients.Select(recipient => Recipient(recipient, ordinals, content)), .. Copies(group, ordinals)],
            IsOwn = group.IsOwn,
            BeginAfter = group.IsOwn ? null : group.Delay,
            Approvers = [.. HeldStates.Approvers(group.Stages)],
            Needed = [.. group.Stages.Select(stage => (short)stage.Needed)],
            RemindAfter = deadlines.Reminder(start, group.Timing) - now,
            RemindEvery = group.Timing.Remind,
            EscalateAfter = deadlines.Escalation(start, group.Timing) - now,
            // The end of a delay is no deadline of people: it runs through nights and holidays (APPROVE-510).
            ExpireAfter = group is { IsOwn: true, Delay: { } delay } ? delay : deadlines.Expiry(start, group.Timing) - now,
            EscalateTo = [.. group.Timing.EscalateTo.Select(target => target.ToString())],
            OnExpire = (group is { IsOwn: true, Delay: not null } ? ExpiryAction.Release : group.Timing.OnExpire).ToString().ToLowerInvariant(),
            List = NoticeJobs.List(state),
            Jobs = [.. requests],
        };
    }

    /// <summary>One hold notice for the whole submission (APPROVE-57), with the first group that waits for others than its sender.</summary>
    private static void Announce(List<NewHold> groups)
    {
        if (groups.FindIndex(group => !group.IsOwn) is >= 0 and var first)
            groups[first] = groups[first] with { Jobs = groups[first].Jobs.Insert(0, new NewJob(NoticeJobs.Word(HoldMailKind.HoldNotice), groups[first].Requester)) };
    }

    /// <summary>Who gets the mail by <c>bcc=</c> (APPROVE-514): nobody who has it anyway, and no delivery report tells of him.</summary>
    private static IEnumerable<HeldRecipient> Copies(HoldGroup group, IReadOnlyDictionary<Mailbox, (short Ordinal, ForwardPath Path)> ordinals) => group.Copies
        .Where(copy => !ordinals.Keys.Any(copy.Address.SameAs))
        .Select((copy, place) => new HeldRecipient((short)(ordinals.Values.Max(one => one.Ordinal) + 1 + place), copy.Address.ToString(), Notify.Never, null, Bcc: true)
        {
            Origin = copy.IsSilent ? RecipientOrigin.SilentCopy : RecipientOrigin.Copy,
        });

    /// <summary>What approvers should look at twice, of each group (APPROVE-515). Whoever decides for himself is not warned.</summary>
    private async Task<Func<HoldGroup, ImmutableArray<string>>> WarnedAsync(ApprovalCase approval, ReceivedMail received, SubmissionPlan.Held plan, InspectedContent content, CancellationToken cancel)
    {
        if (plan.Groups.All(group => group.IsOwn))
            return _ => [];
        var rules = approval.Warnings;
        string[] senders = [.. plan.Groups.SelectMany(group => group.Barred).Append(plan.Groups[0].Requester).Select(address => address.ToString()).Append(received.Given.ReversePath.Stored).Where(address => address.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];
        var known = rules.NewDomainDays > 0 ? await partners.OfAsync(senders, rules.NewDomainDays, cancel).ConfigureAwait(false) : null;
        ImmutableArray<Mailbox> all = [.. received.Envelope.ForwardPaths.Select(path => path.Mailbox)];
        return group => group.IsOwn ? [] : [.. rules.Of(new WarningFacts(group.Recipients, all, content, group.Reasons) { Known = known?.Domains, IsKnownComplete = known?.IsComplete == true }).Select(CaseWarnings.Store)];
    }

    private static HeldRecipient Recipient(Mailbox mailbox, IReadOnlyDictionary<Mailbox, (short Ordinal, ForwardPath Path)> ordinals, InspectedContent content)
    {
        var (ordinal, path) = ordinals[mailbox];
        return new HeldRecipient(ordinal, mailbox.ToString(), path.Notify, path.OriginalRecipient, !content.Visible.Contains(mailbox.ToString().ToLowerInvariant()));
    }

    private static Dictionary<Mailbox, (short Ordinal, ForwardPath Path)> Ordinals(ImmutableArray<ForwardPath> paths)
    {
        var ordinals = new Dictionary<Mailbox, (short, ForwardPath)>();
        for (short i = 0; i < paths.Length; i++)
            ordinals.TryAdd(paths[i].Mailbox, (i, paths[i]));
        return ordinals;
    }

    private AuditLine Held(ReceivedMail received, NewHold group, InspectedContent content, byte[] sha256) => (new ApprovalRecord("HELD")
    {
        Node = node,
        Hold = new HoldId(group.Id),
        Submission = new HoldId(received.Id.Number),
        Sender = group.Requester,
        Approver = string.Join(", ", group.Approvers.Where(approver => approver.Stage == 0).Select(approver => approver.Address)),
        Channel = Channel.Mail,
        Client = received.Client.Remote.Address.ToString(),
        Auth = received.Client.AuthenticatedAs,
        Recipients = [.. group.Recipients.Select(recipient => recipient.ForwardPath)],
        SubjectHash = ApprovalRecord.HashOf(content.Subject ?? ""),
        ContentSha256 = Convert.ToHexStringLower(sha256),
        Policy = string.Join("; ", group.Places),
        Reason = string.Join("; ", group.Reasons),
    }).Line();

    private long Number() => numbers.TryTake(out var id) ? id.Number : throw new InvalidOperationException("No mail number can be had from the database now.");

    private static async Task<byte[]> HashAsync(MailContent content, CancellationToken cancel)
    {
        if (content.Memory is { } memory)
            return SHA256.HashData(memory.Span);
        await using var stream = content.OpenRead();
        return await SHA256.HashDataAsync(stream, cancel).ConfigureAwait(false);
    }
}

using ClusterMail.Admin.Contract;
using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Store.Approval;

namespace ClusterMail.Admin;

/// <summary>Held groups in the words of the contract.</summary>
internal static class HeldText
{
    public static string State(HoldRow row) => Word(row.State);

    public static string Word(HoldState state) => Enum.Parse<HoldStatus>(state.ToString()).Word();

    public static HeldEntry Entry(HoldRow row) => new(
        new HoldId(row.Id).ToString(), State(row), row.Requester, [.. Given(row).Select(recipient => recipient.ForwardPath)], row.Mail.Subject, row.Mail.Size, row.OpenedAt,
        row.ExpireAt, row is { IsOwn: true, IsOpen: true } ? [row.Requester] : [.. row.Approvers.Where(approver => approver.Waits).Select(approver => approver.Address)], row.Decision?.By, row.Decision?.At)
    {
        Mode = !row.IsOwn ? HeldModes.Approval : row.OnExpire == "release" ? HeldModes.Delay : HeldModes.Confirmation,
    };

    private static IEnumerable<HeldRecipient> Given(HoldRow row) => row.Recipients.Where(recipient => recipient.Origin == RecipientOrigin.Envelope);

    public static HeldMail Whole(HoldRow row, IReadOnlyList<string> related, IReadOnlyList<HoldJobRow> jobs, IReadOnlyList<AuditRow> events) => new(
        Entry(row), new HoldId(row.Mail.Id).ToString(), related, row.Mail.ReversePath, row.Mail.MessageId, Convert.ToHexStringLower(row.Mail.Sha256), row.Mail.Attachments,
        row.Mail.SentTo, [.. Given(row).Where(recipient => recipient.Bcc).Select(recipient => recipient.ForwardPath)], row.Places, row.Reasons, row.Note,
        row.Mail.LikeId is { } like ? new HoldId(like).ToString() : null,
        new HeldClient(row.Mail.ClientAddress, row.Mail.Helo, row.Mail.TlsVersion, row.Mail.AuthenticatedAs, row.Mail.Node),
        row.Stage + 1, [.. row.Needed.Select((needed, stage) => Stage(row, stage, needed))], row.Decision is { } decision ? Decision(decision) : null, row.ReleasedAt,
        [.. jobs.Select(job => new HeldJob(job.Kind, job.Addressee.Length > 0 ? job.Addressee : null, job.MadeAt, job.DoneAt, job.MailId is { } mail ? new HoldId(mail).ToString() : null, job.Attempts, job.Trouble))],
        [.. events.Select(row => new HeldEvent(row.Seq, row.At, row.Record))])
    {
        Copies = [.. row.Recipients.Where(recipient => recipient.Origin != RecipientOrigin.Envelope).Select(recipient => new Contract.HeldCopy(recipient.ForwardPath, recipient.Origin == RecipientOrigin.SilentCopy))],
        Warnings = row.Warnings,
        SenderNote = row.SenderNote,
        AsksAt = row.BeginAt,
    };

    private static Contract.HeldStage Stage(HoldRow row, int stage, int needed) => new(stage + 1, needed, [.. row.Approvers.Where(approver => approver.Stage == stage).Select(approver =>
    {
        var vote = row.Votes.FirstOrDefault(vote => vote.Stage == stage && vote.Seat.Equals(approver.Address, StringComparison.OrdinalIgnoreCase));
        return new HeldApprover(approver.Address, approver.Principal, approver.AskedAt, approver.FailedAt, vote is null ? null : vote.Approves ? "approve" : "reject", vote?.At);
    })]);

    private static HeldDecision Decision(HoldDecision decision) => new(
        Word(decision.State), decision.By, decision.Principal, decision.At, decision.Channel, decision.ClientAddress, decision.Auth, decision.Comment, new HoldId(decision.ResultId).ToString());
}

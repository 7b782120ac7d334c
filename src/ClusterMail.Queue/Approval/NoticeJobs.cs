using System.Globalization;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>Names of the jobs that write a mail. Stored in the outbox, where a name is once for each held mail and addressee (APPROVE-83): never change one.</summary>
internal static class NoticeJobs
{
    public static string Word(HoldMailKind kind) => NoticeKinds.Of(kind).Word();

    /// <summary>At most one in an hour for each approver.</summary>
    public static string Reminder(DateTimeOffset now) => $"{NoticeKind.Reminder.Word()}:{now.UtcDateTime.ToString("yyyyMMddHH", CultureInfo.InvariantCulture)}";

    /// <summary>At most one in ten minutes for the same reason (APPROVE-84).</summary>
    public static NewJob NoAction(NoActionReason reason, Verb verb, Mailbox to, DateTimeOffset now) =>
        new($"{NoticeKind.NoAction.Word()}:{reason}:{verb}:{now.UtcDateTime.Ticks / RepeatPace.Interval.Ticks}", to.ToString());

    public static NoticeKind? Kind(string job) =>
        Enum.GetValues<NoticeKind>().Where(kind => kind.Word() == Part(job, 0)).Select(kind => (NoticeKind?)kind).FirstOrDefault();

    /// <summary>What stands behind the kind; empty: nothing.</summary>
    public static string Part(string job, int number) => job.Split(':') is var parts && parts.Length > number ? parts[number] : "";

    /// <summary>The current approvers of the running stage in their order, joined by commas, as decision texts are compared (APPROVE-130, APPROVE-134).</summary>
    public static string List(HeldState state) => string.Join(',', state.Stages[state.Stage].Approvers.Select(approver => approver.Address.ToString().ToLowerInvariant()));
}

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

    private const string Late = "-late";

    /// <summary>Third part of a waiting list with the mails attached.</summary>
    public const string Full = "full";

    /// <summary>An answer to a command: once for each command mail, by its number.</summary>
    public static string Answer(NoticeKind kind, MessageId command, string also = "") => $"{kind.Word()}:{command}{(also.Length > 0 ? $":{also}" : "")}";

    /// <summary>A list that is not sent because the last one just was: once for each list. Another word than the list's, so that it does not count as one.</summary>
    public static string TooSoon(DateTimeOffset last) => string.Create(CultureInfo.InvariantCulture, $"{NoticeKind.WaitingList.Word()}{Late}:{last.ToUnixTimeMilliseconds()}");

    /// <summary>A day before the end of a proxy's window, once (APPROVE-209).</summary>
    public static string Ending(DateTimeOffset until) => string.Create(CultureInfo.InvariantCulture, $"{NoticeKind.ProxyEnding.Word()}:{until.ToUnixTimeSeconds()}");

    public static NoticeKind? Kind(string job) =>
        Part(job, 0) is var word && word.EndsWith(Late, StringComparison.Ordinal) ? NoticeKind.WaitingList
        : Enum.GetValues<NoticeKind>().Where(kind => kind.Word() == word).Select(kind => (NoticeKind?)kind).FirstOrDefault();

    /// <summary>What stands behind the kind; empty: nothing.</summary>
    public static string Part(string job, int number) => job.Split(':') is var parts && parts.Length > number ? parts[number] : "";

    /// <summary>The current approvers of the running stage in their order, joined by commas, as decision texts are compared (APPROVE-130, APPROVE-134).</summary>
    public static string List(HeldState state) => string.Join(',', state.Stages[state.Stage].Approvers.Select(approver => approver.Address.ToString().ToLowerInvariant()));
}

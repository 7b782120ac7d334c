using ClusterMail.Protocol;
using ClusterMail.Queue.Schedule;
using ClusterMail.Store;

namespace ClusterMail.Queue.Bounce;

public sealed record Report(ClaimedRecipient Recipient, RecipientState State, FailureClass Class, Reply Reply, string? Host, bool HostReports);

public sealed record QueuedNotice(Notice Notice, bool IsDelay);

public sealed class NoticeWriter
{
    public const int QuoteLimit = 65_536;

    public IReadOnlyList<QueuedNotice> Write(Work work, IReadOnlyList<Report> reports, MailContent? content) => [];
}

using System.Text;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Notices;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using Notice = ClusterMail.Approval.Notices.Notice;

namespace ClusterMail.Queue.Approval;

/// <summary>Makes of a job that answers a command the notice it stands for (chapter 22).</summary>
/// <param name="log">Lines of the approval log (APPROVE-303) of a span, each with its time, in the time of a zone.</param>
public sealed class CommandAnswers(
    HoldReader reader, WaitingLists waiting, PageLinks pages, Func<LogSpan, TimeZoneInfo, CancellationToken, IAsyncEnumerable<(DateTimeOffset At, string Line)>> log, Func<ApprovalLists> lists, Func<NodeView> view, TimeProvider time)
{
    /// <summary>Null: there is nothing to be said.</summary>
    public async Task<Notice?> OfAsync(NoticeKind kind, HoldJob job, Mailbox to, CancellationToken cancel)
    {
        var answer = CommandAnswer.Read(job.Detail);
        return kind switch
        {
            NoticeKind.WaitingList when answer.At is { } last => new Notice.Waiting(to, [], 0, null) { LastSentAt = last },
            NoticeKind.WaitingList => await waiting.OfAsync(to, cancel).ConfigureAwait(false),
            NoticeKind.ProxyChanged => new Notice.ProxyChanged(to, Box(answer.Before), Box(answer.Now), answer.Term, await OpenAsync(to, cancel).ConfigureAwait(false), [.. answer.Warnings]),
            NoticeKind.ProxyInformation when Box(answer.Approver) is { } approver => new Notice.ProxyInformation(approver, to, answer.Term, await OpenAsync(approver, cancel).ConfigureAwait(false)),
            NoticeKind.ProxyEnding when Box(answer.Now) is { } proxy && answer.Until is { } until => new Notice.ProxyEnding(to, proxy, until),
            NoticeKind.History when answer is { First: { } first, Last: { } final } => new Notice.History(new DayRange(first, final), await FilesAsync(new DayRange(first, final), to, cancel).ConfigureAwait(false), pages.Log(new DayRange(first, final))),
            NoticeKind.CommandRefused => new Notice.CommandRefused(answer.Subject ?? "", answer.Refusal),
            _ => null,
        };
    }

    /// <summary>The number of the command a job answers; null: it answers none.</summary>
    internal static long? NumberOf(HoldJob job)
    {
        var number = NoticeJobs.Part(job.Kind, 1) is ['B', ..] part ? part : job.Detail.Length > 0 ? CommandAnswer.Read(job.Detail).Number : null;
        return number is not null && MessageId.TryParse(number, out var id) ? id.Number : null;
    }

    private static Mailbox? Box(string? address) => address is null ? null : Mailbox.FromStored(address);

    /// <summary>Mails that wait for him now.</summary>
    private async Task<int> OpenAsync(Mailbox approver, CancellationToken cancel) => (await reader.WaitingAsync(
        approver.ToString(), [.. lists().Register.PrincipalsOf(approver, time.GetUtcNow()).Select(one => one.ToString())], 0, cancel).ConfigureAwait(false)).Total;

    /// <summary>APPROVE-221. Null: the history is off (APPROVE-222).</summary>
    private async Task<HistoryFiles?> FilesAsync(DayRange days, Mailbox to, CancellationToken cancel)
    {
        var settings = view();
        if (!settings.Settings.Switch("approval.history"))
            return null;
        var zone = settings.ZoneOf(to);
        var (from, until) = days.In(zone);
        var lines = new SortedDictionary<DateOnly, List<string>>();
        long octets = 0;
        await foreach (var (at, line) in log(new LogSpan(from, until, null), zone, cancel).ConfigureAwait(false))
        {
            // What is too much anyway is not gathered to its end.
            if ((octets += line.Length) > HistoryFiles.Limit)
                return new HistoryFiles([], IsTooLarge: true);
            var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);
            (lines.TryGetValue(day, out var known) ? known : lines[day] = []).Add(line);
        }
        return HistoryFiles.Pack(lines.Select(day => (day.Key, (IEnumerable<string>)day.Value)), Charset(settings));
    }

    private static Encoding Charset(NodeView view) =>
        view.Settings.Choice("approval.history_charset") == "shift_jis" ? CodePagesEncodingProvider.Instance.GetEncoding("shift_jis")! : new UTF8Encoding(encoderShouldEmitUTF8Identifier: true);
}

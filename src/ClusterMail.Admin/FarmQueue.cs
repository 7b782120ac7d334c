using ClusterMail.Protocol;
using ClusterMail.Store;
using ClusterMail.Store.Content;

namespace ClusterMail.Admin;

/// <summary>The queue over all its databases. A shard that does not answer is named with every answer: what it has is not shown, and is not denied either.</summary>
internal sealed class FarmQueue(Shards shards, ContentKeys keys, ConsoleAudit audit)
{
    /// <summary>Destinations asked of each database where there are several, so that the sums of those shown are right.</summary>
    private const int Deep = 1000;

    /// <summary>An act on a long queue goes slice by slice, each within the limits of a statement.</summary>
    private static readonly TimeSpan ActPatience = TimeSpan.FromMinutes(10);

    /// <param name="Shard">Where it is.</param>
    internal sealed record Found(Shard Shard, QueuedMailRow Mail)
    {
        public QueueReader Reader { get; } = new(Shard.Source);
    }

    public async Task<(QueueTotals Totals, IReadOnlyList<string> Missing)> SummaryAsync(int limit, CancellationToken cancel)
    {
        var answers = await shards.AskAsync((shard, stop) => new QueueReader(shard.Source).SummaryAsync(shards.All.Count == 1 ? limit : Math.Max(limit, Deep), stop), cancel);
        return answers.Given.Count == 1 ? (answers.Main with { Rows = [.. answers.Main.Rows.Take(limit)] }, answers.Missing) : (Sum([.. answers.Values], limit), answers.Missing);
    }

    private static QueueTotals Sum(IReadOnlyList<QueueTotals> totals, int limit)
    {
        var rows = totals.SelectMany(one => one.Rows).GroupBy(row => row.Destination, StringComparer.Ordinal).Select(Sum)
            .OrderByDescending(row => row.Recipients).ThenBy(row => row.Destination, StringComparer.Ordinal).ToArray();
        return new QueueTotals(totals.Sum(one => one.Mails), totals.Sum(one => one.Recipients), Math.Max(rows.Length, totals.Max(one => one.Destinations)), [.. rows.Take(limit)]);
    }

    private static DestinationRow Sum(IGrouping<string, DestinationRow> rows) => new(
        rows.Key, rows.Sum(row => row.Recipients), rows.Sum(row => row.Delivering), rows.Sum(row => row.Held), rows.Min(row => row.Oldest), rows.Min(row => row.NextTry),
        rows.Select(row => row.LastReply).FirstOrDefault(reply => reply is not null), rows.Max(row => row.DownUntil), rows.Select(row => row.Limit).FirstOrDefault(own => own is not null));

    public async Task<(IReadOnlyList<QueueRow> Rows, IReadOnlyList<string> Missing)> ListAsync(QueueFilter filter, CancellationToken cancel)
    {
        var answers = await shards.AskAsync((shard, stop) => new QueueReader(shard.Source).ListAsync(filter, stop), cancel);
        return ([.. answers.Values.SelectMany(rows => rows).OrderBy(row => row.Key.Mail).ThenBy(row => row.Key.Ordinal).Take(filter.Limit)], answers.Missing);
    }

    /// <summary>Null: none of those that answered has it.</summary>
    public async Task<(Found? Mail, IReadOnlyList<string> Missing)> FindAsync(MessageId id, CancellationToken cancel)
    {
        var answers = await shards.AskAsync((shard, stop) => new QueueReader(shard.Source).MailAsync(id, stop), cancel);
        var found = answers.Given.Where(one => one.Value is not null).Select(one => new Found(one.Shard, one.Value!)).FirstOrDefault();
        return (found, answers.Missing);
    }

    public QueueStore Store(Shard shard) => new(shard.Source, keys);

    /// <summary>In all databases. An act in a shard is in the audit of the main one too, where people look.</summary>
    public async Task<(AdminResult Result, IReadOnlyList<string> Missing)> ActAsync(
        string verb, RecipientFilter filter, Author by, Func<QueueStore, RecipientFilter, Author, CancellationToken, Task<AdminResult>> act, CancellationToken cancel)
    {
        var answers = await shards.AskAsync(async (shard, stop) =>
        {
            var store = Store(shard);
            // Whether a destination is down is the main database's to say: the shard only has it from there.
            if (verb == "retry" && shard != shards.Main)
                await new DestinationStore(shards.Main.Source).TryAsync([.. await store.DestinationsAsync(filter, stop)], stop);
            return await act(store, filter, by, stop);
        }, cancel, ActPatience);
        foreach (var (shard, result) in answers.Given.Skip(1).Where(one => one.Value.Done > 0))
            await audit.NoteAsync(by, AuditOutcome.Done, new AuditNote($"queue.{verb}", filter.ToString(), null, new Dictionary<string, string> { ["recipients"] = $"{result.Done}", ["shard"] = shard.Name }), cancel);
        return (new AdminResult(answers.Values.Sum(one => one.Done), answers.Values.Sum(one => one.Busy)), answers.Missing);
    }
}

using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>History and logs over all databases of the queue, in the order of their time.</summary>
internal sealed class FarmHistory(Shards shards)
{
    private readonly HistoryStore _main = new(shards.Main.Source);

    /// <summary>Stories of at most <paramref name="count"/> mails: of a number in the order of numbers, of an address the newest first.</summary>
    /// <param name="query">Its limit is one more, to know whether there is more.</param>
    public async Task<(IReadOnlyList<MailStory> Stories, bool More, IReadOnlyList<string> Missing)> TraceAsync(TraceQuery query, int count, CancellationToken cancel)
    {
        var answers = await shards.AskAsync(async (shard, stop) =>
        {
            var history = new HistoryStore(shard.Source);
            return await history.MailsAsync(await history.FindAsync(query, stop), stop);
        }, cancel);
        var found = answers.Values.SelectMany(stories => stories).ToArray();
        MailStory[] ordered = query.Number is null ? [.. found.OrderByDescending(story => story.AcceptedAt).ThenByDescending(story => story.Number)] : [.. found.OrderBy(story => story.Number)];
        MailStory[] shown = [.. ordered.Take(count)];
        await _main.EnrichAsync(shown, cancel);
        return (shown, ordered.Length > count, answers.Missing);
    }

    /// <summary>Names of shards that do not answer now.</summary>
    public async Task<IReadOnlyList<string>> MissingAsync(CancellationToken cancel) =>
        shards.All.Count == 1 ? [] : (await shards.AskAsync((shard, stop) => FarmStore.ReadAsync(shard.Source, stop), cancel)).Missing;

    /// <summary>One log of all databases, merged by time. A database that goes away meanwhile ends it with an error, not with a gap.</summary>
    public IAsyncEnumerable<T> LogAsync<T>(Func<LogReader, IAsyncEnumerable<T>> read, Func<T, DateTimeOffset> at) =>
        shards.All.Count == 1 ? read(new LogReader(shards.Main.Source)) : MergeAsync([.. shards.All.Select(shard => read(new LogReader(shard.Source)))], at);

    internal static async IAsyncEnumerable<T> MergeAsync<T>(IReadOnlyList<IAsyncEnumerable<T>> logs, Func<T, DateTimeOffset> at)
    {
        var open = new List<IAsyncEnumerator<T>>();
        try
        {
            foreach (var log in logs)
            {
                var rows = log.GetAsyncEnumerator();
                open.Add(rows);
                if (!await rows.MoveNextAsync())
                {
                    open.Remove(rows);
                    await rows.DisposeAsync();
                }
            }
            while (open.Count > 0)
            {
                var first = open.MinBy(rows => at(rows.Current))!;
                yield return first.Current;
                if (await first.MoveNextAsync())
                    continue;
                open.Remove(first);
                await first.DisposeAsync();
            }
        }
        finally
        {
            foreach (var rows in open)
                await rows.DisposeAsync();
        }
    }
}

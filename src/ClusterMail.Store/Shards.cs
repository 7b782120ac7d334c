using Npgsql;

namespace ClusterMail.Store;

/// <summary>All databases of the farm, the main one first. Without <c>shards</c> in the node's file it is the only one.</summary>
public sealed class Shards(IReadOnlyList<Shard> all)
{
    /// <summary>How long a shard is waited for where people wait; one that takes longer is missing from the answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Shards Alone(NpgsqlDataSource main) => new([new Shard(Shard.MainName, main)]);

    public IReadOnlyList<Shard> All => all;
    public Shard Main => all[0];
    public IEnumerable<Shard> Further => all.Skip(1);

    /// <summary>Asks all of them at once. A shard that is away is named in the answer; without the main database there is none.</summary>
    /// <param name="patience">How long for a shard; null: 10 s.</param>
    public async Task<ShardAnswers<T>> AskAsync<T>(Func<Shard, CancellationToken, Task<T>> question, CancellationToken cancel, TimeSpan? patience = null)
    {
        if (all.Count == 1)
            return new ShardAnswers<T>([(Main, await question(Main, cancel))], []);
        var asked = Further.Select(shard => (Shard: shard, Answer: TryAsync(shard, question, patience ?? Patience, cancel))).ToArray();
        var answers = new List<(Shard, T)> { (Main, await question(Main, cancel)) };
        var missing = new List<string>();
        foreach (var (shard, answer) in asked)
        {
            if (await answer is { } given)
                answers.Add((shard, given.Value));
            else
                missing.Add(shard.Name);
        }
        return new ShardAnswers<T>(answers, missing);
    }

    private sealed record Given<T>(T Value);

    private static async Task<Given<T>?> TryAsync<T>(Shard shard, Func<Shard, CancellationToken, Task<T>> question, TimeSpan patience, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(patience);
        try
        {
            return new Given<T>(await question(shard, limit.Token));
        }
        catch (Exception trouble) when (!cancel.IsCancellationRequested && (trouble is OperationCanceledException || Database.IsLost(trouble)))
        {
            return null;
        }
    }
}

/// <param name="Given">The main database's first.</param>
/// <param name="Missing">Names of shards that did not answer.</param>
public sealed record ShardAnswers<T>(IReadOnlyList<(Shard Shard, T Value)> Given, IReadOnlyList<string> Missing)
{
    public T Main => Given[0].Value;
    public IEnumerable<T> Values => Given.Select(one => one.Value);
}

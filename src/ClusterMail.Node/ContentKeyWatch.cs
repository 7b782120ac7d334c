using System.Collections.Concurrent;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using ClusterMail.Store.Content;

namespace ClusterMail.Node;

/// <summary>Tells of keys that this node needs and does not have: at its start, when sealing is switched on, and when a content names one (DELIV-11). Each once an hour.</summary>
public sealed partial class ContentKeyWatch(ContentKeys keys, ContentSeal? held, Shards databases, EventStore events, string node, TimeProvider time, ILogger<ContentKeyWatch> log)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromHours(1);

    /// <summary>Names told of; there are as many as there ever were keys, and beyond it all are told again (P6).</summary>
    private const int MostKept = 100;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _told = new(StringComparer.Ordinal);

    /// <summary>Compares what the database needs with what the node's file has. Trouble with the database is nothing to tell of here.</summary>
    public async Task CheckAsync(CancellationToken cancel)
    {
        CheckSwitch();
        try
        {
            var answers = await databases.AskAsync((shard, stop) => new SealedContents(shard.Source).CountAsync(stop), cancel);
            foreach (var needed in answers.Values.SelectMany(counts => counts))
                if (!Has(needed))
                    Tell(needed.Key, $"{needed.Contents} contents ({needed.Place}) are sealed with the key {needed.Key}, which this node does not have: they wait. Add the key as a further line to the node's password-key-file and start it again");
        }
        catch (Exception trouble) when (trouble is OperationCanceledException || Database.IsLost(trouble))
        {
            Unchecked(log, trouble.Message);
        }
    }

    public void CheckSwitch()
    {
        if (keys.IsLacking)
            Tell("", "store.encrypt_at_rest is on, but this node's file names no password-key-file: it takes no mail (451). Give it the file that the other nodes have, and start it again");
    }

    public void Missed(string key) =>
        Tell(key, $"a content is sealed with the key {key}, which this node does not have: its mail waits. Add the key as a further line to the node's password-key-file and start it again");

    private bool Has(SealedCount needed) => needed.Place == "held" ? held?.Knows(needed.Key) == true : keys.Has(needed.Key);

    private void Tell(string key, string text)
    {
        var now = time.GetUtcNow();
        if (_told.TryGetValue(key, out var last) && now - last < Quiet)
            return;
        if (_told.Count >= MostKept)
            _told.Clear();
        _told[key] = now;
        Lacking(log, text);
        // What cannot be written down now is in the program's log all the same.
        _ = events.WriteAsync(node, "content-key-missing", text, null, CancellationToken.None).ContinueWith(done => done.Exception, TaskScheduler.Default);
    }

    [LoggerMessage(7301, LogLevel.Error, "{Text}")]
    private static partial void Lacking(ILogger log, string text);

    [LoggerMessage(7302, LogLevel.Warning, "The keys of contents at rest could not be checked: {Reason}")]
    private static partial void Unchecked(ILogger log, string reason);
}

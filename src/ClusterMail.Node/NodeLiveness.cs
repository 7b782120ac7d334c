using Akka.Actor;
using ClusterMail.Admin;

namespace ClusterMail.Node;

/// <summary>
/// Live means: the watch over the lease comes round and the dispatcher answers, and with them the thread pool and the actors. Whether the database is there is no question of
/// this one: a node without it waits, ready for its return (CLU-31).
/// </summary>
public sealed class NodeLiveness(NodeRuntime node) : ILiveness
{
    /// <summary>The watch comes round four times a second; a machine that is short of processors is forgiven forty times that.</summary>
    public static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(10);

    /// <summary>The dispatcher decides in memory and answers within milliseconds; the question itself gives up after 2 s, if somebody still turns the actors' clock.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(3);

    public async Task<string?> TroubleAsync(CancellationToken cancel)
    {
        if (node.Duties.SinceLook > LookLimit)
            return "the watch over the lease stands still";
        try
        {
            await node.DispatcherAsync().WaitAsync(AnswerLimit, cancel).ConfigureAwait(false);
            return null;
        }
        catch (Exception silence) when (silence is AskTimeoutException or TimeoutException)
        {
            return "the dispatcher does not answer";
        }
    }
}

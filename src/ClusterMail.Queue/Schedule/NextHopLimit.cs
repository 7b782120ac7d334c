using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// The node's side of the cluster-wide limit (DELIV-2): asks the actor of a next hop, applies its answers, and keeps the table of destinations that are
/// down. Touched by the dispatcher only.
/// </summary>
/// <param name="self">Who asks, and gets the answers.</param>
internal sealed class NextHopLimit(DispatcherParts parts, IActorRef self, ILoggingAdapter log)
{
    /// <summary>Asks for what the pool could use, when it is time to.</summary>
    public void AskFor(Pool pool)
    {
        var wanted = Math.Min(pool.Waiting + pool.Workers.Count, parts.Options().Workers);
        var now = Stopwatch.GetTimestamp();
        if (!pool.Allotment.MustAsk(wanted, now))
            return;
        pool.Allotment = pool.Allotment.Ask(wanted, now);
        Tell(new DestinationActor.Want(pool.NextHop, parts.Node, wanted, pool.Workers.Count));
    }

    /// <summary>Nothing to do there: its part of the limit is free for other nodes at once.</summary>
    public void Return(Pool pool)
    {
        pool.Allotment = pool.Allotment.Return();
        Tell(new DestinationActor.Want(pool.NextHop, parts.Node, 0, 0));
    }

    /// <returns>False when the next hop is down, and what waited for it has gone back into the queue until then.</returns>
    public bool Accept(Pool pool, DestinationActor.Allotted allotted)
    {
        pool.Allotment = pool.Allotment.Answer(allotted.Connections, TimeSpan.FromMilliseconds(allotted.ForMs), Stopwatch.GetTimestamp());
        if (allotted.DownForMs <= 0)
            return true;
        var time = TimeSpan.FromMilliseconds(allotted.DownForMs);
        pool.Proven = false;
        Forgive(parts.Destinations.MarkDownAsync([.. pool.Lanes.Select(lane => lane.Destination)], time, allotted.Reply, CancellationToken.None));
        foreach (var lane in pool.Lanes)
            lane.GiveBack(parts.Recorder, time);
        return false;
    }

    /// <returns>True when nobody answers and the pool may use one connection all the same.</returns>
    public static bool HelpItself(Pool pool)
    {
        var now = Stopwatch.GetTimestamp();
        if (!pool.Allotment.IsForsaken(now))
            return false;
        pool.Allotment = pool.Allotment.HelpItself(now);
        return true;
    }

    /// <summary>A session was opened for the first time since the last failure.</summary>
    public void Reached(Pool pool)
    {
        Tell(new DestinationActor.Reachable(pool.NextHop, parts.Node));
        if (pool.Lanes.Select(lane => lane.Destination).Where(parts.Blocked.IsDown).ToArray() is { Length: > 0 } down)
            Forgive(parts.Destinations.MarkUpAsync(down, CancellationToken.None));
        // The one connection that tried is through: more may follow at once.
        pool.Allotment = pool.Allotment.AskAnew();
    }

    /// <summary>No host could be reached.</summary>
    public void Missed(Pool pool, Reply reply) => Tell(new DestinationActor.Unreachable(pool.NextHop, parts.Node, reply.ToLogText()));

    private void Tell(DestinationActor.ICommand command) => parts.DestinationRegion().Tell(command, self);

    /// <summary>What does not get into the table of destinations is only found out once more.</summary>
    private void Forgive(Task writing)
    {
        writing.ContinueWith(
            failed =>
            {
                if (!Database.IsLost(failed.Exception!.GetBaseException()))
                    log.Warning("The state of a destination cannot be written: {0}", failed.Exception!.GetBaseException().Message);
            },
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }
}

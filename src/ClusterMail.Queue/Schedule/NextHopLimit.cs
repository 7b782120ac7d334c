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
    /// <summary>Asks for what the next hop could use, when it is time to.</summary>
    public void AskFor(Hop hop)
    {
        var wanted = Math.Min(hop.Waiting + hop.Workers, parts.Options().Workers);
        var now = Stopwatch.GetTimestamp();
        if (!hop.Allotment.MustAsk(wanted, now))
            return;
        hop.Allotment = hop.Allotment.Ask(wanted, now);
        Tell(new DestinationActor.Want(hop.NextHop, parts.Node, wanted, hop.Workers));
    }

    /// <summary>Asks whatever was asked before: others hear what it has let go.</summary>
    public void AskAnew(Hop hop)
    {
        hop.Allotment = hop.Allotment.AskAnew();
        AskFor(hop);
    }

    /// <summary>Nothing to do there: its part of the limit is free for other nodes at once.</summary>
    public void Return(Hop hop)
    {
        hop.Allotment = hop.Allotment.Return();
        Tell(new DestinationActor.Want(hop.NextHop, parts.Node, 0, 0));
    }

    /// <summary>The next hop is down for so long, and the table of destinations says so now, unless somebody wants it tried.</summary>
    public sealed record Down(string NextHop, TimeSpan For, bool Stands);

    /// <returns>False when the next hop is down; <see cref="Down"/> will say what becomes of what waits for it.</returns>
    public bool Accept(Hop hop, DestinationActor.Allotted allotted)
    {
        hop.Allotment = hop.Allotment.Answer(allotted.Connections, TimeSpan.FromMilliseconds(allotted.ForMs), Stopwatch.GetTimestamp());
        if (allotted.DownForMs <= 0)
            return true;
        var time = TimeSpan.FromMilliseconds(allotted.DownForMs);
        hop.Proven = false;
        foreach (var pool in hop.Pools)
            pool.Proven = false;
        var marking = parts.Destinations.MarkDownAsync([.. hop.Lanes.Select(lane => lane.Destination)], time, allotted.Reply, hop.JustMissed, CancellationToken.None);
        hop.JustMissed = false;
        Forgive(marking);
        marking.PipeTo(self, success: stands => new Down(hop.NextHop, time, stands), failure: _ => new Down(hop.NextHop, time, true));
        return false;
    }

    /// <returns>False when it is down. True when an administrator wants it tried: whoever remembers that it was down is told to forget it.</returns>
    public bool MayTry(Hop hop, Down down)
    {
        if (down.Stands)
        {
            foreach (var lane in hop.Lanes)
                lane.GiveBack(parts.Recorder, down.For);
            return false;
        }
        Tell(new DestinationActor.Reachable(hop.NextHop, parts.Node));
        hop.Allotment = hop.Allotment.AskAnew();
        return true;
    }

    /// <returns>True when nobody answers and it may have one connection all the same.</returns>
    public static bool HelpItself(Hop hop)
    {
        var now = Stopwatch.GetTimestamp();
        if (!hop.Allotment.IsForsaken(now))
            return false;
        hop.Allotment = hop.Allotment.HelpItself(now);
        return true;
    }

    /// <summary>A session was opened for the first time since the last failure.</summary>
    public void Reached(Hop hop)
    {
        Tell(new DestinationActor.Reachable(hop.NextHop, parts.Node));
        if (hop.Lanes.Select(lane => lane.Destination).Where(parts.Blocked.IsDown).ToArray() is { Length: > 0 } down)
            Forgive(parts.Destinations.MarkUpAsync(down, CancellationToken.None));
        // The one connection that tried is through: more may follow at once.
        hop.Allotment = hop.Allotment.AskAnew();
    }

    /// <summary>No host could be reached.</summary>
    public void Missed(Hop hop, Reply reply)
    {
        hop.JustMissed = true;
        Tell(new DestinationActor.Unreachable(hop.NextHop, parts.Node, reply.ToLogText()));
    }

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

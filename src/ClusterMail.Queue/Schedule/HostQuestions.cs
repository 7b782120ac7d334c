using Akka.Actor;
using ClusterMail.Routing.Dns;

namespace ClusterMail.Queue.Schedule;

/// <summary>Questions to DNS for the hosts of destinations, a bounded number at once. Touched by the dispatcher only.</summary>
/// <param name="self">Who gets <see cref="Answered"/> or <see cref="Failed"/>.</param>
internal sealed class HostQuestions(DispatcherParts parts, IActorRef self)
{
    public sealed record Answered(string Destination, HostSet Hosts);

    public sealed record Failed(string Destination, Exception Cause);

    /// <summary>Questions at once (P6); the resolver asks several servers for each.</summary>
    private const int AtOnce = 100;

    /// <summary>Lanes whose question waits, because enough are being asked.</summary>
    private readonly Queue<Lane> _unasked = new();
    private int _asked;

    public void Ask(Lane lane)
    {
        if (lane.Resolving)
            return;
        lane.Resolving = true;
        if (_asked >= AtOnce)
            _unasked.Enqueue(lane);
        else
            Send(lane);
    }

    /// <summary>One was answered, or failed: the next may go.</summary>
    public void Ended()
    {
        // An answer to a question of the actor's former life comes here too.
        _asked = Math.Max(0, _asked - 1);
        if (_asked < AtOnce && _unasked.TryDequeue(out var next))
            Send(next);
    }

    private void Send(Lane lane)
    {
        _asked++;
        var destination = lane.Destination;
        parts.Resolve(lane.Route, CancellationToken.None).PipeTo(self,
            success: hosts => new Answered(destination, hosts),
            failure: cause => new Failed(destination, cause));
    }
}

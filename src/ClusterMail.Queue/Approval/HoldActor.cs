using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using ClusterMail.Store;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// One held group: lets attempts on it pass one after the other, so that those who decide at the same moment need not compute against each other. Sharded by
/// HoldId. It holds nothing; the database judges, also when there are two of it (APPROVE-76, APPROVE-78).
/// </summary>
public sealed class HoldActor : ReceiveActor
{
    /// <summary>More wait only when somebody tries to fill memory.</summary>
    private const int Longest = 100;

    /// <summary>Routed by the HoldId of the act.</summary>
    public sealed record Attempt(HoldAct Act);

    /// <summary>The answer to <see cref="Attempt"/>.</summary>
    /// <param name="Code">A word of <c>ResultCode</c>; empty: nothing was decided, and nobody knows more.</param>
    /// <param name="Trouble">Why, when nothing could be decided.</param>
    public sealed record Answered(string Hold, string Code, string Why, string Trouble);

    private sealed record Done(IActorRef Asker, Answered Answer);

    private readonly IHoldActs _desk;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Queue<(HoldAct Act, IActorRef Asker)> _waiting = new();
    private bool _busy;

    public HoldActor(IHoldActs desk)
    {
        _desk = desk;
        Receive<Attempt>(OnAttempt);
        Receive<Done>(OnDone);
        Receive<ReceiveTimeout>(_ => Context.Parent.Tell(new Passivate(PoisonPill.Instance)));
        Context.SetReceiveTimeout(TimeSpan.FromMinutes(2));
    }

    public static Props Props(IHoldActs desk) => Akka.Actor.Props.Create(() => new HoldActor(desk));

    private void OnAttempt(Attempt attempt)
    {
        if (_waiting.Count >= Longest)
        {
            Sender.Tell(new Answered(attempt.Act.Hold, "", "", "too many attempts wait for this held mail"));
            return;
        }
        _waiting.Enqueue((attempt.Act, Sender));
        StartNext();
    }

    private void OnDone(Done done)
    {
        _busy = false;
        done.Asker.Tell(done.Answer);
        StartNext();
    }

    private void StartNext()
    {
        if (_busy || !_waiting.TryDequeue(out var next))
            return;
        _busy = true;
        var (act, asker) = next;
        _desk.ActAsync(act, CancellationToken.None).PipeTo(Self,
            success: answer => new Done(asker, new Answered(act.Hold, answer.Code.ToString(), answer.Why, "")),
            failure: cause => new Done(asker, new Answered(act.Hold, "", "", Explain(cause))));
    }

    // Runs on the thread that completed the task, so it touches no field but the log's own thread-safe one.
    private string Explain(Exception cause)
    {
        if (!Database.IsLost(cause))
            _log.Error(cause, "An attempt on a held mail failed");
        return cause.Message;
    }
}

using Akka.Actor;
using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// Hands acts to the actor of their held mail, wherever it is. While there is no cluster, or it does not answer in time, the act is done here: that is as
/// right, since the database judges, and whoever decides should not wait for a shard to move.
/// </summary>
public sealed class HoldGate(HoldDesk desk, HoldReader reader, Func<IActorRef> region) : IHoldActs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<HoldAnswer> ActAsync(HoldAct act, CancellationToken cancel)
    {
        var target = region();
        if (target.IsNobody())
            return await desk.ActAsync(act, cancel).ConfigureAwait(false);
        HoldActor.Answered answer;
        try
        {
            answer = await target.Ask<HoldActor.Answered>(new HoldActor.Attempt(act), Patience, cancel).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            // It may have been done: then this one finds it done, and says so.
            return await desk.ActAsync(act, cancel).ConfigureAwait(false);
        }
        if (!Enum.TryParse<ResultCode>(answer.Code, out var code))
            throw new TimeoutException(answer.Trouble);
        var row = HoldId.TryParse(act.Hold, out var hold) ? await reader.FindAsync(hold.Number, cancel).ConfigureAwait(false) : null;
        return new HoldAnswer(code, row, answer.Why);
    }
}

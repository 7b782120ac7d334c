using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>All that decides whether a recipient moves.</summary>
/// <param name="Owner">The owning node, when it is alive.</param>
/// <param name="Delivering">Living nodes whose delivery switch is on.</param>
internal sealed record WhyView(QueueRow Row, Surroundings Around, ClusterGlance Cluster, NodeRow? Owner, int Delivering);

/// <summary>Says why a recipient is still in the queue, and what to type. Pure; the first reason that holds is the one that counts.</summary>
internal static class Why
{
    public static RecipientWhy Recipient(WhyView view, int limit) => new(
        view.Row.Key.Ordinal, view.Row.Recipient, view.Row.Destination, view.Row.State.ToString().ToLowerInvariant(), Because(view, limit), view.Row.Node,
        view.Owner is null ? null : ClusterEndpoints.Word(view.Owner.Deliver), view.Row.Attempts, view.Row.StartedAt, view.Around.LastTry, Waits(view) ? view.Row.NextTry : null,
        view.Row.LastReply, view.Row.Class == FailureClass.None ? null : view.Row.Class.ToString(), view.Around.DownUntil, view.Around.DestinationReply, limit,
        view.Around.DestinationCount);

    private static bool Waits(WhyView view) => view.Row.State is RecipientState.Queued or RecipientState.Waiting;

    private static bool Switched(WhyView view) => view.Cluster.Deliver.State != SwitchState.On;

    private static bool Due(WhyView view) => view.Row.NextTry <= view.Cluster.Now;

    private static string Because(WhyView view, int limit)
    {
        var (row, around, cluster) = (view.Row, view.Around, view.Cluster);
        if (row.State == RecipientState.Held)
            return "It is held; it stays until somebody releases it.";
        if (Switched(view))
            return $"Delivery is {cluster.Deliver.State.ToString().ToLowerInvariant()} in the whole cluster since {cluster.Deliver.Since:u}, set by {cluster.Deliver.By}.";
        if (row.State == RecipientState.Delivering)
            return view.Owner is { } owner
                ? $"{owner.Name} has it in its window and is delivering it."
                : $"{row.Node ?? "A node"} owned it and is gone; the others take it over when its lease has ended.";
        if (view.Delivering == 0)
            return "No living node delivers: their switches are off, or none is alive.";
        if (row.BounceNow)
            return "An administrator has ordered it to be bounced; the next node with room does so.";
        if (around.DownUntil is { } until)
            return $"{row.Destination} is down and left alone until {until.UtcDateTime:u}: {around.DestinationReply ?? "no reply"}";
        if (!Due(view))
            return row.Attempts == 0
                ? $"It is not due before {row.NextTry.UtcDateTime:u}."
                : $"Attempt {row.Attempts} failed ({ClassWord(row.Class)}): {row.LastReply ?? "no reply"}. The next one is at {row.NextTry.UtcDateTime:u}.";
        return $"It is due; {around.DestinationCount} recipients wait for {row.Destination}, which may have {limit} connections at once.";
    }

    private static string ClassWord(FailureClass value) => value switch
    {
        FailureClass.Refused => "refused, RETRY-1",
        FailureClass.LineError => "line error, RETRY-2",
        FailureClass.NoAnswer => "no answer, RETRY-3",
        _ => "no class",
    };

    /// <summary>What to type next, most useful first.</summary>
    public static IReadOnlyList<string> Next(string id, IReadOnlyList<WhyView> views)
    {
        var next = new List<string>();
        if (views.Any(v => v.Row.State == RecipientState.Held))
            next.Add($"clustermail queue release {id}");
        if (views.Any(Switched))
            next.Add("clustermail cluster switch deliver on");
        if (views.Any(v => v.Delivering == 0))
            next.Add("clustermail cluster status");
        if (views.Any(v => Waits(v) && !v.Row.BounceNow && (!Due(v) || v.Around.DownUntil is not null)))
            next.Add($"clustermail queue retry {id}");
        if (views.Any(v => v.Row.Attempts > 0))
            next.Add($"clustermail trace {id}");
        if (views.Any(v => Waits(v) && Due(v) && v.Around.DownUntil is null))
            next.Add("clustermail queue summary");
        if (views.Any(v => Waits(v) && v.Row.Attempts > 0 && !v.Row.BounceNow))
            next.Add($"clustermail queue bounce {id}");
        return next;
    }
}

using System.Net;
using ClusterMail.Cli.Demo;
using ClusterMail.Cli.Local;
using ClusterMail.Cli.Output;
using ClusterMail.Drill;

namespace ClusterMail.Cli.Drill;

/// <summary>What is around a drill: the mark, the preparation, the sink and its route before it; everything put right after it, however it ends.</summary>
internal sealed class DrillSession(AdminClient client, DrillOrder order, Action<string> say)
{
    /// <summary>After Ctrl-C: PostgreSQL and every node may have to be started.</summary>
    public static readonly TimeSpan TidyLimit = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan TakeOverLimit = TimeSpan.FromSeconds(20);

    /// <summary>The other nodes take settings over within it (ADMIN-24).</summary>
    private static readonly TimeSpan EverywhereLimit = TimeSpan.FromSeconds(5);

    /// <exception cref="CommandFailure">The harm could not be done, had no effect, or was not seen to be undone; everything is put right.</exception>
    public async Task<DrillRecord> RecordAsync(CancellationToken cancel)
    {
        var (host, port) = order.Sink;
        await using var sink = new DrillSink(new IPEndPoint(order.Locally is null ? IPAddress.IPv6Any : IPAddress.Loopback, port), TimeProvider.System);
        var route = new TemporaryRoute(client, order.Domain, order.Harm?.NextHop(sink.Port) ?? FormattableString.Invariant($"{host},{sink.Port}"), "drill", order.IsReserved);
        // Before the mark: whoever puts things right takes the domain's lines for the drill's.
        await route.RefuseUsedAsync(cancel);
        var mark = order.Locally is { } hands ? await MarkAsync(hands, cancel) : null;
        var isDone = false;
        try
        {
            if (order.Lacks is { } lacks)
                say(Words.Say($"this machine lacks {lacks}: you do the harm, the drill tells you when"));
            if (order.Harm is { } harm)
            {
                if (harm.Preparation is { } preparation)
                    say(Words.Say($"prepare: {preparation}"));
                await harm.PrepareAsync(cancel);
            }
            var version = await route.AddAsync(cancel);
            await client.InForceAsync(version, TakeOverLimit, cancel);
            await Task.Delay(EverywhereLimit, cancel);
            say(Words.Say($"settings version {version}: mail for {order.Domain} goes to the drill's sink on {host}:{sink.Port}"));
            var seen = await new DrillRun(client, sink, order, TimeProvider.System, say).RunAsync(cancel);
            isDone = true;
            return seen;
        }
        catch
        {
            say(Words.Say($"the drill was broken off; putting everything right again"));
            throw;
        }
        finally
        {
            // Also when interrupted: the sink is gone in a moment, and no route may lead there.
            if (mark is not null)
                await DrillRemains.PutRightAsync(order.Locally!, client, mark, isBrokenOff: !isDone, CancellationToken.None);
            else
                await UndoElsewhereAsync(route);
            say(Words.Say($"all is as it was before; the drill's domain and route are removed"));
        }
    }

    /// <summary>All that a drill changes over the admin API.</summary>
    private async Task UndoElsewhereAsync(TemporaryRoute route)
    {
        if (order.Kind.Name == DrillKinds.Drain)
            await DrillKinds.UndrainAsync(client, order.Target.Node, CancellationToken.None);
        await route.RemoveAsync(CancellationToken.None);
    }

    private async Task<DrillMark> MarkAsync(LocalHands hands, CancellationToken cancel)
    {
        var isOfNames = order.Harm is Harm.NamesHarm;
        var mark = new DrillMark
        {
            Kind = order.Kind.Name,
            Pid = Environment.ProcessId,
            ProcessStarted = NodeProcess.StartOf(Environment.ProcessId) ?? "",
            Domain = order.Domain,
            Node = order.Harm is Harm.PartitionHarm or Harm.ClockHarm ? order.Target.Node : null,
            Drained = order.Kind.Name == DrillKinds.Drain ? order.Target.Node : null,
            ChangesNameServers = isOfNames,
            NameServers = isOfNames ? await Harm.NamesHarm.ServersAsync(client, cancel) : null,
        };
        mark.Write(hands.Folder);
        return mark;
    }
}

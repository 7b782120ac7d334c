using System.Diagnostics;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Demo;
using ClusterMail.Cli.Drill.Harm;
using ClusterMail.Cli.Local;

namespace ClusterMail.Cli.Drill;

/// <summary>
/// Puts a local cluster right after a drill, however that ended: by itself, by Ctrl-C, or by SIGKILL in the middle of the harm. Knows nothing but the folder, and is safe to
/// repeat; the mark goes last.
/// </summary>
internal static class DrillRemains
{
    /// <summary>Longer than an attempt at a sink that is gone takes.</summary>
    private static readonly TimeSpan BusyLimit = TimeSpan.FromSeconds(60);

    /// <returns>False: there was nothing to put right.</returns>
    /// <exception cref="CommandFailure">A drill is at work there.</exception>
    public static async Task<bool> PutRightIfKilledAsync(LocalHands hands, AdminClient client, Action<string> say, CancellationToken cancel)
    {
        if (DrillMark.Read(hands.Folder) is not { } mark)
            return false;
        if (mark.IsAtWork)
            throw new CommandFailure($"a drill ({mark.Kind}, process {mark.Pid}) is at work on {hands.Folder}: wait for it, or end it with Ctrl-C or 'kill {mark.Pid}'");
        say(Output.Words.Say($"a drill ({mark.Kind}) was killed here: putting right what it left"));
        await PutRightAsync(hands, client, mark, isBrokenOff: true, cancel);
        return true;
    }

    /// <summary>What a drill changed outside the cluster's own processes and settings.</summary>
    public static async Task EndHarmAsync(string folder, int basePort, DrillMark mark, CancellationToken cancel)
    {
        if (mark.Kind == DrillKinds.Partition)
            await PartitionHarm.HealAsync(basePort, cancel);
        if (mark.Kind == DrillKinds.DiskFull)
            await DiskHarm.EndAsync(folder, cancel);
    }

    /// <summary>Network and disk first, because nothing starts without them; settings last, because they need a node.</summary>
    /// <param name="isBrokenOff">Mails of the drill that are still in the queue are nobody's any more; after a drill that was finished they are what it has found, and stay.</param>
    public static async Task PutRightAsync(LocalHands hands, AdminClient client, DrillMark mark, bool isBrokenOff, CancellationToken cancel)
    {
        await EndHarmAsync(hands.Folder, hands.BasePort, mark, cancel);
        // A drained node is never ready, and repairing waits for all.
        if (mark.Drained is { } drained)
            await DrillKinds.UndrainAsync(client, drained, cancel);
        await hands.RepairAsync(cancel);
        if (mark.Node is { } node)
        {
            await hands.DressAsync(node, NodeDress.Plain, cancel);
            ClockHarm.Forget(hands.Node(node));
        }
        if (mark.ChangesNameServers)
            await NamesHarm.SetAsync(client, mark.NameServers, "drill ends", cancel);
        await TemporaryRoute.OfDrill(client, mark.Domain).RemoveAsync(cancel);
        if (isBrokenOff)
            await DeleteMailsAsync(client, mark.Domain, cancel);
        DrillMark.Remove(hands.Folder);
    }

    /// <summary>What a node is just trying is left alone by a delete; it ends, or waits, a little later.</summary>
    private static async Task DeleteMailsAsync(AdminClient client, string domain, CancellationToken cancel)
    {
        var selection = DrillTraffic.InQueue(domain) with { Reason = "drill broken off" };
        for (var clock = Stopwatch.StartNew(); ;)
        {
            var deleted = await client.SendAsync(HttpMethod.Post, Routes.QueueDelete, selection, AdminJson.Default.QueueSelection, AdminJson.Default.QueueActResult, cancel);
            if (deleted.Value.Skipped == 0 || clock.Elapsed > BusyLimit)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancel);
        }
    }
}

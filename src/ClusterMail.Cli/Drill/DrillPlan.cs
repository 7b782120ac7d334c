using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Drill.Harm;
using ClusterMail.Cli.Local;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Drill;

/// <summary>One thing done to the farm in a drill.</summary>
/// <param name="Name">For the report: <c>harm</c>, <c>undo</c>.</param>
/// <param name="Instruction">What a person at the machine does, with the command.</param>
internal sealed record DrillAct(string Name, string Instruction)
{
    /// <summary>Does it on a local cluster; null: a person has to.</summary>
    public Func<LocalHands, CancellationToken, Task>? Locally { get; init; }

    /// <summary>What is done on a local cluster, where that is something else than <see cref="Instruction"/>.</summary>
    public string? Here { get; init; }

    /// <summary>Asked at the end of it, where it is done by itself: what was seen of the harm. A failure: nothing, and the drill means nothing.</summary>
    public Func<CancellationToken, Task<string>>? Prove { get; init; }

    /// <summary>Does it over the admin API, wherever the farm is; null: it cannot be done that way.</summary>
    public Func<AdminClient, CancellationToken, Task>? Remotely { get; init; }

    /// <summary>Whether it is seen to have happened; null as status: no node answers, or none has the database. Null: only a person can say.</summary>
    public Func<ClusterStatus?, bool>? Seen { get; init; }

    /// <summary>Done by a person it is watched for; done locally it has happened when it returns, perhaps too quickly to be seen.</summary>
    public bool IsSeenOnlyWhenDoneByHand { get; init; }

    /// <summary>Length of time the farm is left alone after it.</summary>
    public TimeSpan Then { get; init; }
}

/// <summary>The kinds of drill: what is done, how it is undone, and by what it is seen.</summary>
/// <param name="HarmsNode">One node is the victim; else the farm or what stands behind it.</param>
internal sealed record DrillKind(string Name, string Summary, bool HarmsNode, Func<DrillTarget, IReadOnlyList<DrillAct>> Acts)
{
    /// <summary>Of the database; a local cluster without one can do nothing here.</summary>
    public bool NeedsStandby { get; init; }

    /// <summary>For what it takes more than the cluster's own processes: how it is done on a local cluster, if this machine can.</summary>
    public Func<LocalHands, AdminClient, DrillTarget, string, ILocalHarm>? Harm { get; init; }
}

/// <param name="Node">The victim, or the first node where all are concerned.</param>
/// <param name="Before">The farm before the drill.</param>
/// <param name="For">How long the harm lasts.</param>
internal sealed record DrillTarget(string Node, ClusterStatus Before, TimeSpan For)
{
    public IReadOnlyList<string> Nodes => [.. Before.Nodes.Where(node => node.State == "alive").Select(node => node.Name)];

    private NodeStatus? Now(ClusterStatus? status, string node) => status?.Nodes.FirstOrDefault(one => one.Name == node);

    public bool IsAlive(ClusterStatus? status, string node) => Now(status, node) is { State: "alive", Member: true };

    /// <summary>Its lease has run out, or another node has taken its mail over.</summary>
    public bool IsGone(ClusterStatus? status, string node) => status is not null && Now(status, node) is not { State: "alive" };

    /// <summary>It has started again: under an epoch of its own.</summary>
    public bool IsBack(ClusterStatus? status, string node) =>
        IsAlive(status, node) && Now(status, node)!.Epoch > (Now(Before, node)?.Epoch ?? 0);
}

/// <summary>All drills there are.</summary>
internal static class DrillKinds
{
    public const string Partition = "partition";
    public const string DiskFull = "disk-full";
    public const string Drain = "drain";

    private const string Service = "clustermaild";
    private static readonly TimeSpan BetweenNodes = TimeSpan.FromSeconds(3);

    public static IReadOnlyList<DrillKind> All { get; } =
    [
        new("kill", "Kill a node at once, as a crash would, and start it again.", true, target =>
        [
            new("harm", $"on {target.Node}: systemctl kill -s KILL {Service}")
            { Here = Words.Say($"SIGKILL to {target.Node}"), Locally = (hands, cancel) => hands.SignalAsync(target.Node, Signal.Kill, cancel), Seen = now => target.IsGone(now, target.Node), Then = target.For },
            new("undo", $"on {target.Node}: systemctl start {Service}")
            { Here = Words.Say($"{target.Node} is started again"), Locally = (hands, cancel) => hands.StartAsync(target.Node, cancel), Seen = now => target.IsBack(now, target.Node) },
        ]),
        new("pause", "Freeze a node past its lease, as a stalled machine would, and let it go on.", true, target =>
        [
            new("harm", $"on {target.Node}: systemctl kill -s STOP {Service}")
            { Here = Words.Say($"SIGSTOP to {target.Node}"), Locally = (hands, cancel) => hands.SignalAsync(target.Node, Signal.Stop, cancel), Seen = now => target.IsGone(now, target.Node), Then = target.For },
            new("undo", $"on {target.Node}: systemctl kill -s CONT {Service}")
            { Here = Words.Say($"SIGCONT to {target.Node}"), Locally = (hands, cancel) => hands.SignalAsync(target.Node, Signal.Continue, cancel), Seen = now => target.IsAlive(now, target.Node) },
        ]),
        new(Drain, "Drain a node and take it back: nobody may notice.", true, target =>
        [
            new("harm", $"clustermail cluster drain {target.Node}") { Remotely = (client, cancel) => ActAsync(client, Routes.NodeDrain, target.Node, cancel), Then = target.For },
            new("undo", $"clustermail cluster undrain {target.Node}")
            { Remotely = (client, cancel) => UndrainAsync(client, target.Node, cancel), Seen = now => target.IsAlive(now, target.Node) },
        ]),
        new("upgrade", "Stop and start one node after the other, as an upgrade does.", false, target =>
        [
            .. target.Nodes.SelectMany<string, DrillAct>(node =>
            [
                new($"stop {node}", $"on {node}: systemctl stop {Service}, then install the new version") { Here = Words.Say($"{node} is stopped in order"), Locally = (hands, cancel) => hands.StopAsync(node, cancel), Seen = now => target.IsGone(now, node) },
                new($"start {node}", $"on {node}: systemctl start {Service}") { Here = Words.Say($"{node} is started again"), Locally = (hands, cancel) => hands.StartAsync(node, cancel), Seen = now => target.IsBack(now, node), Then = BetweenNodes },
            ]),
        ]),
        new(Partition, "Cut a node off from the others and from the database.", true, target =>
        [
            new("harm", $"on {target.Node}: cut its network to the other nodes and to the database, for example with nft; leave its clients and this machine connected")
            { Seen = now => target.IsGone(now, target.Node), Then = target.For },
            new("undo", $"on {target.Node}: take the cut away again") { Seen = now => target.IsAlive(now, target.Node) },
        ])
        { Harm = (hands, _, target, _) => new PartitionHarm(hands, target) },
        new("db-restart", "Stop PostgreSQL and start it again.", false, target =>
        [
            new("harm", "on the database: systemctl stop postgresql") { Here = Words.Say($"PostgreSQL is stopped"), Locally = (hands, cancel) => hands.StopDatabaseAsync(cancel), Seen = now => now is null, Then = target.For },
            new("undo", "on the database: systemctl start postgresql")
            { Here = Words.Say($"PostgreSQL is started again"), Locally = (hands, cancel) => hands.StartDatabaseAsync(cancel), Seen = now => target.Nodes.All(node => target.IsAlive(now, node)) },
        ]),
        new("db-switchover", "Promote the standby and bring the old primary back as standby.", false, target =>
        [
            new("harm", "on the old primary: systemctl stop postgresql, then create standby.signal in its data folder; on the standby: pg_ctl promote")
            { Here = Words.Say($"the primary is stopped, its standby promoted"), Locally = (hands, cancel) => hands.FailOverDatabaseAsync(cancel), Seen = now => now is null, IsSeenOnlyWhenDoneByHand = true },
            new("takeover", "wait until the nodes work with the new primary")
            { Locally = (_, _) => Task.CompletedTask, Seen = now => target.Nodes.All(node => target.IsAlive(now, node)), Then = target.For },
            new("undo", "bring the old primary back as a standby of the new one (pg_rewind), and see that it streams") { Here = Words.Say($"the old primary comes back as the standby of the new one"), Locally = (hands, cancel) => hands.StartDatabaseAsync(cancel) },
        ])
        { NeedsStandby = true },
        new(DiskFull, "Fill the disk of the database.", false, target =>
        [
            new("harm", "on the database: fill its disk, for example with fallocate -l SIZE fill") { Then = target.For },
            new("undo", "remove the file again") { Seen = now => target.Nodes.All(node => target.IsAlive(now, node)) },
        ])
        { Harm = (hands, _, target, _) => new DiskHarm(hands, target) },
        new("clock", "Set the clock of a node wrong by a minute.", true, target =>
        [
            new("harm", $"on {target.Node}: stop its time service and set the clock a minute wrong, for example date -s '+1 minute'") { Then = target.For },
            new("undo", $"on {target.Node}: start the time service again"),
        ])
        { Harm = (hands, _, target, _) => new ClockHarm(hands, target) },
        new("dns", "Take the name servers away.", false, target =>
        [
            new("harm", "stop the name servers that the setting dns.servers names, or block port 53") { Then = target.For },
            new("undo", "let them answer again; what waited meanwhile: clustermail route cache drop, then clustermail queue retry --sender drill@DOMAIN"),
        ])
        { Harm = (hands, client, _, domain) => new NamesHarm(hands, client, domain) },
    ];

    /// <summary>Without effect on a node that is not drained.</summary>
    public static Task UndrainAsync(AdminClient client, string node, CancellationToken cancel) => ActAsync(client, Routes.NodeUndrain, node, cancel);

    private static Task ActAsync(AdminClient client, string route, string node, CancellationToken cancel) =>
        client.SendAsync(HttpMethod.Post, Routes.Fill(route, node), AdminJson.Default.NodeActResult, cancel);
}

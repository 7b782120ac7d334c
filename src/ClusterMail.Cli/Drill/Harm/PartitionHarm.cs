using System.Globalization;
using System.Text.RegularExpressions;
using ClusterMail.Cli.Local;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Drill.Harm;

/// <summary>
/// A node that reaches neither the other nodes nor the database, nor they it, while clients and the drill's sink still do. All nodes of a local cluster share one address and
/// one account, so the victim is started again under a group number of its own, by which the packet filter (nftables) knows its packets. The ports stand in sets with an
/// end: should the drill be killed, the cut heals by itself a little later.
/// </summary>
internal sealed partial class PartitionHarm(LocalHands hands, DrillTarget target) : ILocalHarm
{
    /// <summary>No group of any system: above those of people, services and containers, below what is reserved.</summary>
    private const int FirstGroup = 1_900_000_000;

    /// <summary>After the time the cut was to last: what telling and undoing take at most.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private LocalNode Victim => hands.Node(target.Node);
    private int Group => FirstGroup + Victim.Smtp;

    public string? Preparation => Words.Say($"{target.Node} is started again under a group number of its own, by which the packet filter knows it");
    public string Harm => Words.Say($"nftables drops what {target.Node} and the other nodes, and {target.Node} and PostgreSQL, say to each other; clients still reach it");
    public string Undo => Words.Say($"the rules of the packet filter are removed");

    public async Task<string?> MissingAsync(CancellationToken cancel)
    {
        if (Environment.UserName != "root")
            return Words.Say($"the rights of root (run 'clustermail up' and the drill with sudo)");
        if (InstalledTool.Find("nft") is not { } nft)
            return Words.Say($"the program {"nft"} (apt-get install {"nftables"})");
        if (InstalledTool.Find("setpriv") is null)
            return Words.Say($"the program {"setpriv"} (apt-get install {"util-linux"})");
        var listed = await Tool.RunAsync([nft, "list", "tables"], Limit, cancel);
        return listed.ExitCode == 0 ? null : Words.Say($"the right to use the packet filter; nft says: {listed.LastLine}");
    }

    public Task PrepareAsync(CancellationToken cancel) => hands.DressAsync(
        target.Node, new NodeDress([InstalledTool.Find("setpriv")!, $"--regid={Group.ToString(CultureInfo.InvariantCulture)}", "--keep-groups", "--"], NodeDress.Plain.Environment), cancel);

    public async Task DoAsync(CancellationToken cancel)
    {
        var rules = Path.Combine(hands.Folder, "drill.nft");
        await File.WriteAllTextAsync(rules, Rules(), cancel);
        try
        {
            var set = await Tool.RunAsync([InstalledTool.Find("nft")!, "-f", rules], Limit, cancel);
            if (set.ExitCode != 0)
                throw new CommandFailure($"the packet filter did not take the cut: {set.LastLine}");
        }
        finally
        {
            File.Delete(rules);
        }
    }

    public async Task<string> ProveAsync(CancellationToken cancel)
    {
        var listed = await Tool.RunAsync([InstalledTool.Find("nft")!, "list", "table", "inet", TableOf(hands.BasePort)], Limit, cancel);
        var dropped = Counters().Matches(listed.Output).Sum(count => long.Parse(count.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        return listed.ExitCode == 0 && dropped > 0
            ? Words.Say($"{dropped} packets dropped; the lease of {target.Node} was over")
            : throw new CommandFailure($"the packet filter dropped nothing of {target.Node}: nothing was rehearsed. See 'nft list ruleset'");
    }

    public Task UndoAsync(CancellationToken cancel) => HealAsync(hands.BasePort, cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Removes the cut of a cluster, if there is one.</summary>
    public static async Task HealAsync(int basePort, CancellationToken cancel)
    {
        if (InstalledTool.Find("nft") is not { } nft || (await Tool.RunAsync([nft, "list", "table", "inet", TableOf(basePort)], Limit, cancel)).ExitCode != 0)
            return;
        var removed = await Tool.RunAsync([nft, "delete", "table", "inet", TableOf(basePort)], Limit, cancel);
        if (removed.ExitCode != 0)
            throw new CommandFailure($"cannot remove the drill's cut: {removed.LastLine}. Type: nft delete table inet {TableOf(basePort)}");
    }

    private static string TableOf(int basePort) => string.Create(CultureInfo.InvariantCulture, $"clustermail_drill_{basePort}");

    /// <summary>Adding before deleting: so it does not matter whether there is one already, and all happens at once.</summary>
    private string Rules()
    {
        var (table, end) = (TableOf(hands.BasePort), (target.For + Grace).TotalSeconds);
        var others = hands.Nodes.Where(node => node.Number != Victim.Number).SelectMany(node => (int[])[node.Remoting, node.Admin]).Concat([hands.BasePort, hands.BasePort + 1]);
        string Timed(IEnumerable<int> ports) => string.Join(", ", ports.Select(port => string.Create(CultureInfo.InvariantCulture, $"{port} timeout {end:0}s")));
        return string.Create(CultureInfo.InvariantCulture, $$"""
            add table inet {{table}}
            delete table inet {{table}}
            table inet {{table}} {
              set others { type inet_service; flags timeout; elements = { {{Timed(others)}} }; }
              set own { type inet_service; flags timeout; elements = { {{Timed([Victim.Remoting])}} }; }
              chain leaving {
                type filter hook output priority 0;
                meta skgid {{Group}} tcp dport @others counter drop
                meta skgid {{Group}} tcp sport @own counter drop
                tcp dport @own counter drop
              }
              chain coming {
                type filter hook input priority 0;
                meta skgid {{Group}} tcp sport @others counter drop
              }
            }

            """);
    }

    [GeneratedRegex(@"counter packets (\d+)")]
    private static partial Regex Counters();
}

using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>cluster</c>: who is alive, who does what, and switching it.</summary>
internal sealed class ClusterCommands(Verbs verbs)
{
    public Command Build() => new("cluster", "The nodes: state, switches, drain, events.")
    {
        Status(),
        Switch(),
        NodeAct("drain", "Stop taking and starting mail on a node; what runs is finished.", Routes.NodeDrain),
        NodeAct("undrain", "Let a drained node work again.", Routes.NodeUndrain),
        NodeAct("leave", "Let a node leave the cluster in good order and stop.", Routes.NodeLeave),
        NodeAct("down", "Declare a node dead that cannot be reached any more. What it owned goes on elsewhere.", Routes.NodeDown),
        Leader(),
        Events(),
    };

    private Verb Status() => verbs.Reading(
        new Verb("status", "Nodes, leases, switches and the queue at a glance.", "clustermail cluster status", "clustermail cluster status --json"),
        _ => Routes.Cluster, AdminJson.Default.ClusterStatus, Show);

    private static void Show(Screen screen, ClusterStatus status)
    {
        screen.Line($"receive {Say(status.Receive)}   deliver {Say(status.Deliver)}   leader {status.Leader ?? "none"}   settings version {status.SettingsVersion}{Standby(status.SynchronousStandby)}");
        screen.Line(status.OldestMail is { } oldest
            ? $"{status.Waiting} recipients in the queue, the oldest for {Ages.Of(status.DatabaseTime - oldest)}"
            : $"{status.Waiting} recipients in the queue");
        screen.Line();
        var sheet = new Sheet(
            new("Node"), new("State"), new("Lease", Right: true), new("Member"), new("Receive"), new("Deliver"), new("Owned", Right: true), new("Up", Right: true, Optional: true),
            new("Version", Flexible: true, Optional: true), new("Settings", Right: true, Optional: true), new("SMTP", Optional: true), new("Roles", Flexible: true, Optional: true));
        foreach (var node in status.Nodes)
        {
            sheet.Add(
                node.Name, node.State, node.LeaseSeconds > 0 ? FormattableString.Invariant($"{node.LeaseSeconds:0.0}s") : "over", node.Member ? "yes" : "no", Word(node.Receive),
                Word(node.Deliver), $"{node.Owned}", Ages.Of(status.DatabaseTime - node.StartedAt), node.Version,
                node.SettingsVersion?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-", node.Smtp, string.Join(',', node.Roles));
        }

        sheet.Print(screen);
        Show(screen, status.Shards, status.DatabaseTime);
        foreach (var warning in status.Warnings)
            screen.Warning(Words.Of(warning));
        foreach (var member in status.Members.Where(m => !m.Reachable || m.Status is not "Up"))
            screen.Warning($"{member.Address} is {member.Status}{(member.Reachable ? "" : ", unreachable")} as {status.Name} sees it");
    }

    private static void Show(Screen screen, IReadOnlyList<ShardStatus> shards, DateTimeOffset now)
    {
        if (shards.Count == 0)
            return;
        screen.Line();
        var sheet = new Sheet(new("Shard"), new("New mail"), new("Weight", Right: true), new("Waiting", Right: true), new("Oldest", Right: true));
        foreach (var shard in shards)
            sheet.Add(shard.Name, !shard.Open ? "no" : shard.Weight == 0 ? "emptied" : "yes", $"{shard.Weight}", shard.Waiting is { } waiting ? $"{waiting}" : "?", shard.Oldest is { } oldest ? Ages.Of(now - oldest) : "-");
        sheet.Print(screen);
    }

    private static string Standby(StandbyStatus? standby) =>
        standby is null ? "" : $"   synchronous standby {(standby.Connected ? "connected" : "missing")} ({standby.Required})";

    private Verb Switch()
    {
        var what = new Argument<string>("WHAT") { Description = "receive or deliver." };
        what.AcceptOnlyFromAmong("receive", "deliver");
        var state = new Argument<string>("STATE") { Description = "on, off, or draining (finish what runs, then off)." };
        state.AcceptOnlyFromAmong("on", "off", "draining");
        var node = new Option<string?>("--node") { Description = "Only this node. Default: the whole cluster.", HelpName = "NAME" };
        return verbs.Acting(
            new Verb(
                "switch", "Turn receiving or delivering on or off, for all nodes or for one. It stays so over restarts.",
                "clustermail cluster switch deliver off", "clustermail cluster switch receive draining --node n2") { what, state, node },
            async (client, parsed, cancel) =>
            {
                var word = Enum.Parse<SwitchWord>(parsed.GetRequiredValue(state), ignoreCase: true);
                var receive = parsed.GetRequiredValue(what) == "receive";
                var request = new SwitchRequest(parsed.GetValue(node), receive ? word : null, receive ? null : word);
                var answer = await client.SendAsync(HttpMethod.Post, Routes.Switches, request, AdminJson.Default.SwitchRequest, AdminJson.Default.NodeActResult, cancel);
                new Screen().Line(answer.Value.Message);
            });
    }

    private Verb NodeAct(string name, string description, string route)
    {
        var node = new Argument<string>("NODE") { Description = "Its name, as 'cluster status' shows it." };
        return verbs.Acting(
            new Verb(name, description, $"clustermail cluster {name} n2") { node },
            async (client, parsed, cancel) =>
            {
                var answer = await client.SendAsync(HttpMethod.Post, Routes.Fill(route, parsed.GetRequiredValue(node)), AdminJson.Default.NodeActResult, cancel);
                new Screen().Line(answer.Value.Message);
            });
    }

    private Verb Leader() => verbs.Reading(
        new Verb("leader", "The node that holds the leader role.", "clustermail cluster leader"),
        _ => Routes.Leader, AdminJson.Default.LeaderStatus, (screen, leader) => screen.Line(leader.Leader ?? "nobody now"));

    private Verb Events()
    {
        var since = new Option<string?>("--since") { Description = "Not older than this: 30m, 2h, 3d, or a time.", HelpName = "WHEN" };
        var kind = new Option<string?>("--kind") { Description = "Only events of this kind.", HelpName = "KIND" };
        var node = new Option<string?>("--node") { Description = "Only of this node.", HelpName = "NAME" };
        var limit = new Option<int>("--limit") { Description = "At most so many.", HelpName = "N", DefaultValueFactory = _ => 100 };
        Numbers.Limit(limit, 1, 1000);
        return verbs.Reading(
            new Verb("events", "What happened in the cluster, oldest first.", "clustermail cluster events --since 2h", "clustermail cluster events --node n2 --limit 20")
            { since, kind, node, limit },
            parsed => Verbs.Query(
                Routes.Events, ("since", Times.Ago(parsed.GetValue(since))), ("kind", parsed.GetValue(kind)), ("node", parsed.GetValue(node)), ("limit", $"{parsed.GetValue(limit)}")),
            AdminJson.Default.EventPage, Show);
    }

    private static void Show(Screen screen, EventPage page)
    {
        if (page.Events.Count == 0)
        {
            screen.Line(Words.Of("nothing found"));
            return;
        }

        var sheet = new Sheet(new("Time"), new("Node"), new("Kind"), new("Mail"), new("Event", Flexible: true));
        foreach (var row in page.Events.Reverse())
            sheet.Add(Ages.Clock(row.At), row.Node ?? "-", row.Kind, row.Mail ?? "-", row.Text);
        sheet.Print(screen);
    }

    private static string Say(SwitchStatus status) =>
        Word(status.State) + (status.Since is { } since ? $" (since {Ages.Clock(since)} by {status.By ?? "?"})" : "");

    private static string Word(SwitchWord word) => word switch { SwitchWord.On => "on", SwitchWord.Off => "off", _ => "draining" };
}

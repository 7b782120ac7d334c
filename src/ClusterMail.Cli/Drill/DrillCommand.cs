using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;
using ClusterMail.Cli.Local;
using ClusterMail.Cli.Output;
using ClusterMail.Drill;

namespace ClusterMail.Cli.Drill;

/// <summary><c>drill</c>: rehearses a fault under traffic and says what it cost. On a local cluster by itself, elsewhere by telling a person what to do.</summary>
internal sealed class DrillCommand(ConnectionOptions connection)
{
    /// <summary>Used where none is named, and only on a local cluster.</summary>
    private const string LocalDomain = "clustermail-drill.test";

    private readonly Option<string?> _node = new("--node") { Description = "The node that is harmed. Default: the one with the leader role.", HelpName = "NAME" };
    private readonly Option<string?> _domain = new("--domain")
    { Description = $"A domain nobody uses; its mail goes to the drill's sink while the drill lasts. Default on a local cluster: {LocalDomain}.", HelpName = "DOMAIN" };
    private readonly Option<string?> _sink = new("--sink")
    { Description = "Address of this machine as the nodes reach it; the sink listens there. Default on a local cluster: loopback.", HelpName = "HOST:PORT" };
    private readonly Option<string[]> _through = new("--through")
    { Description = "Listener to send through, may be given several times; NODE=HOST:PORT names the node behind it. Default on a local cluster: every node.", HelpName = "HOST:PORT" };
    private readonly Option<int> _sessions = Number("--sessions", 10, 1, 200, "Clients at once.", "N");
    private readonly Option<int> _rate = Number("--rate", 100, 1, 5000, "Mails a second, all clients together.", "N");
    private readonly Option<int> _for = Number("--for", 15, 1, 3600, "How long the harm lasts.", "SECONDS");
    private readonly Option<int> _margin = Number("--margin", 5, 1, 600, "Traffic before the harm and after it.", "SECONDS");
    private readonly Option<int> _settle = Number("--settle", 60, 5, 3600, "Longest wait for the last mail to arrive.", "SECONDS");
    private readonly Option<string?> _report = new("--report") { Description = "Also write the report as one HTML file.", HelpName = "FILE" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be done, and do nothing." };
    private readonly Option<bool> _yes = Verbs.Yes();
    private readonly Option<string?> _daemon = LocalCommands.Daemon();

    public Command Build()
    {
        var drill = new Command("drill", "Rehearse a fault: traffic, the harm, and a report of what was lost, doubled or delayed.");
        foreach (var kind in DrillKinds.All)
            drill.Add(Build(kind));
        drill.Add(Clean());
        return drill;
    }

    private Verb Build(DrillKind kind)
    {
        var verb = new Verb(
            kind.Name, kind.Summary, $"clustermail drill {kind.Name} --dry-run", $"clustermail drill {kind.Name} --yes --report drill.html",
            $"clustermail drill {kind.Name} --url http://10.0.0.5:8025 --domain drill.example.jp --sink 10.0.0.9:2599 --through n1=10.0.0.5:25 --through n2=10.0.0.6:25")
        { _domain, _sink, _through, _sessions, _rate, _for, _margin, _settle, _report, _dryRun, _yes, _daemon };
        if (kind.HarmsNode)
            verb.Options.Add(_node);
        var json = Verbs.Json(verb);
        verb.SetAction((parsed, cancel) => RunAsync(kind, parsed, parsed.GetValue(json), cancel));
        return verb;
    }

    private async Task<int> RunAsync(DrillKind kind, ParseResult parsed, bool json, CancellationToken cancel)
    {
        using var client = connection.Connect(parsed);
        var local = parsed.GetValue(_through) is { Length: > 0 } ? null
            : connection.IsElsewhere(parsed) ? throw new CommandFailure(Exit.Usage, $"name the listeners of that farm with --through NODE=HOST:PORT, once for each")
            : connection.Cluster(parsed);
        if (local is not null && kind.NeedsStandby && LocalState.Read(connection.Folder(parsed)) is not { Standby: true })
            throw new CommandFailure($"this cluster has no standby: run 'clustermail up --standby' first");
        var say = Saying(json);
        var hands = local is null ? null : Hands(parsed);
        var isDry = parsed.GetValue(_dryRun);
        if (hands is not null && !isDry && await DrillRemains.PutRightIfKilledAsync(hands, client, say, cancel))
            local = connection.Cluster(parsed);
        var order = await OrderAsync(kind, client, local, hands, parsed, cancel);
        await using var harm = order.Harm;
        if (isDry)
        {
            DrillScreen.DryRun(order);
            return Exit.Done;
        }
        RefuseWithoutPerson(order);
        Verbs.Confirm(parsed.GetValue(_yes), Words.Say($"This harms a running farm ({JapaneseHelp.Text(kind.Summary)!.TrimEnd('.', '。')}), with {order.Rate} mails a second to {order.Domain}. Go on?"));
        var report = DrillReport.Of(kind.Name, order.Domain, await new DrillSession(client, order, say).RecordAsync(cancel));
        if (parsed.GetValue(_report) is { } file)
            await File.WriteAllTextAsync(file, new ReportPage(Words.Of, Words.InJapanese ? "ja" : "en").Of(report), cancel);
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(report, DrillJson.Default.DrillReport));
        else
            DrillScreen.Show(new Screen(), report);
        return report.Check.Passed ? Exit.Done : Exit.Refused;
    }

    private Verb Clean()
    {
        var verb = new Verb(
            "clean", "Put right what a drill left that was killed: its cut, its full disk, its name server, its clock, its route. The next drill does it too.", "clustermail drill clean",
            "clustermail drill clean --json") { _daemon };
        var json = Verbs.Json(verb);
        verb.SetAction(async (parsed, cancel) =>
        {
            if (connection.IsElsewhere(parsed))
                throw new CommandFailure(Exit.Usage, $"only what a drill left on a local cluster can be put right: name its folder with --data");
            using var client = connection.Connect(parsed);
            var hands = Hands(parsed);
            var kind = DrillMark.Read(hands.Folder)?.Kind;
            var cleaned = await DrillRemains.PutRightIfKilledAsync(hands, client, Saying(parsed.GetValue(json)), cancel);
            if (parsed.GetValue(json))
                Console.Out.WriteLine(JsonSerializer.Serialize(new DrillCleaned(cleaned, kind), DrillJson.Default.DrillCleaned));
            else
                new Screen().Line(cleaned ? Words.Say($"all is as it was before the drill") : Words.Say($"no drill has left anything in {hands.Folder}"));
            return Exit.Done;
        });
        return verb;
    }

    private LocalHands Hands(ParseResult parsed) => new(connection.Folder(parsed), LocalCommands.FindDaemon(parsed.GetValue(_daemon)));

    /// <summary>Beside JSON the course of things goes to stderr.</summary>
    private static Action<string> Saying(bool json)
    {
        var watch = Stopwatch.StartNew();
        return line => (json ? Console.Error : Console.Out).WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds,6:0.0} s  {line}"));
    }

    private async Task<DrillOrder> OrderAsync(DrillKind kind, AdminClient client, ClusterFile? local, LocalHands? hands, ParseResult parsed, CancellationToken cancel)
    {
        var status = (await client.GetAsync(Routes.Cluster, AdminJson.Default.ClusterStatus, cancel)).Value;
        var alive = status.Nodes.Where(node => node.State == "alive").ToList();
        if (alive.Count < 2)
            throw new CommandFailure($"a drill needs two nodes that are alive; there are {alive.Count}: see 'clustermail cluster status'");
        var node = (kind.HarmsNode ? parsed.GetValue(_node) : null) ?? status.Leader ?? alive[0].Name;
        if (alive.All(one => one.Name != node))
            throw new CommandFailure($"there is no node {node} alive; there are {string.Join(", ", alive.Select(one => one.Name))}");
        var domain = parsed.GetValue(_domain) ?? (local is null ? throw new CommandFailure(Exit.Usage, $"name a domain that nobody uses with --domain: its mail goes to the drill's sink for a while") : LocalDomain);
        var sink = parsed.GetValue(_sink) is { } address ? HostAndPort.Split(address)
            : local is null ? throw new CommandFailure(Exit.Usage, $"name this machine's address as the nodes reach it with --sink HOST:PORT") : ("127.0.0.1", 0);
        var order = new DrillOrder(
            kind, new DrillTarget(node, status, TimeSpan.FromSeconds(parsed.GetValue(_for))), domain, sink, Receivers(local, parsed.GetValue(_through) ?? []), parsed.GetValue(_sessions),
            parsed.GetValue(_rate), TimeSpan.FromSeconds(parsed.GetValue(_margin)), TimeSpan.FromSeconds(parsed.GetValue(_settle)), hands)
        { IsReserved = domain == LocalDomain };
        return hands is null || kind.Harm is null ? order : await order.WithHarmAsync(kind.Harm(hands, client, order.Target, domain), cancel);
    }

    private static IReadOnlyList<(string, string)> Receivers(ClusterFile? local, IReadOnlyList<string> through) => local is not null
        ? [.. local.Nodes.Where(node => node.State == "running").Select(node => (node.Name, node.Smtp))]
        : [.. through.Select(text => text.Split('=', 2) is [var name, var address] ? (name, Checked(address)) : (text, Checked(text)))];

    private static string Checked(string address)
    {
        HostAndPort.Split(address);
        return address;
    }

    private static void RefuseWithoutPerson(DrillOrder order)
    {
        if (Console.IsInputRedirected && order.Acts.FirstOrDefault(act => act.Seen is null && !order.IsByItself(act)) is { } act)
            throw order.Lacks is { } lacks
                ? new CommandFailure(Exit.Usage, $"this drill does its harm by itself with {lacks}, which this machine lacks; without it '{act.Instruction}' has to be done by a person at a terminal, and here is none")
                : new CommandFailure(Exit.Usage, $"'{act.Instruction}' has to be done by a person at a terminal, and here is none");
    }

    private static Option<int> Number(string name, int value, int min, int max, string description, string unit)
    {
        var option = new Option<int>(name) { Description = $"{description} Default: {value.ToString(CultureInfo.InvariantCulture)}.", HelpName = unit, DefaultValueFactory = _ => value };
        Numbers.Limit(option, min, max);
        return option;
    }
}

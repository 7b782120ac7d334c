using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;
using ClusterMail.Cli.Demo;
using ClusterMail.Cli.Local;
using ClusterMail.Cli.Output;
using ClusterMail.Drill;

namespace ClusterMail.Cli.Drill;

/// <summary><c>drill</c>: rehearses a fault under traffic and says what it cost. On a local cluster by itself, elsewhere by telling a person what to do.</summary>
internal sealed class DrillCommand(ConnectionOptions connection)
{
    /// <summary>Used where none is named, and only on a local cluster.</summary>
    private const string LocalDomain = "clustermail-drill.test";

    private static readonly TimeSpan TakeOverLimit = TimeSpan.FromSeconds(20);

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
        var local = parsed.GetValue(_through) is null or [] ? connection.Cluster(parsed) : null;
        if (local is not null && kind.NeedsStandby && LocalState.Read(connection.Folder(parsed)) is not { Standby: true })
            throw new CommandFailure($"this cluster has no standby: run 'clustermail up --standby' first");
        var order = await OrderAsync(kind, client, local, parsed, cancel);
        var watch = Stopwatch.StartNew();
        void Say(string line) => (json ? Console.Error : Console.Out).WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds,6:0.0} s  {line}"));
        if (parsed.GetValue(_dryRun))
        {
            DryRun(order);
            return Exit.Done;
        }
        RefuseWithoutPerson(order);
        Verbs.Confirm(parsed.GetValue(_yes), $"This harms a running farm ({kind.Summary.TrimEnd('.')}), with {order.Rate} mails a second to {order.Domain}. Go on?");
        var report = DrillReport.Of(kind.Name, order.Domain, await RecordAsync(client, order, Say, cancel));
        if (parsed.GetValue(_report) is { } file)
            await File.WriteAllTextAsync(file, new ReportPage(Words.Of, Words.InJapanese ? "ja" : "en").Of(report), cancel);
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(report, DrillJson.Default.DrillReport));
        else
            Show(new Screen(), report);
        return report.Check.Passed ? Exit.Done : Exit.Refused;
    }

    private async Task<DrillOrder> OrderAsync(DrillKind kind, AdminClient client, ClusterFile? local, ParseResult parsed, CancellationToken cancel)
    {
        var status = (await client.GetAsync(Routes.Cluster, AdminJson.Default.ClusterStatus, cancel)).Value;
        var alive = status.Nodes.Where(node => node.State == "alive").ToList();
        if (alive.Count < 2)
            throw new CommandFailure($"a drill needs two nodes that are alive; there are {alive.Count}: see 'clustermail cluster status'");
        var node = parsed.GetValue(_node) ?? status.Leader ?? alive[0].Name;
        if (alive.All(one => one.Name != node))
            throw new CommandFailure($"there is no node {node} alive; there are {string.Join(", ", alive.Select(one => one.Name))}");
        var domain = parsed.GetValue(_domain) ?? (local is null ? throw new CommandFailure(Exit.Usage, $"name a domain that nobody uses with --domain: its mail goes to the drill's sink for a while") : LocalDomain);
        var sink = parsed.GetValue(_sink) is { } address ? HostAndPort.Split(address)
            : local is null ? throw new CommandFailure(Exit.Usage, $"name this machine's address as the nodes reach it with --sink HOST:PORT") : ("127.0.0.1", 0);
        return new DrillOrder(
            kind, new DrillTarget(node, status, TimeSpan.FromSeconds(parsed.GetValue(_for))), domain, sink, Receivers(local, parsed.GetValue(_through) ?? []), parsed.GetValue(_sessions),
            parsed.GetValue(_rate), TimeSpan.FromSeconds(parsed.GetValue(_margin)), TimeSpan.FromSeconds(parsed.GetValue(_settle)),
            local is null ? null : new LocalHands(connection.Folder(parsed), LocalCommands.FindDaemon(parsed.GetValue(_daemon))));
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
        if (Console.IsInputRedirected && DrillRun.Acts(order).FirstOrDefault(act => act.Seen is null && act.Remotely is null && (act.Locally is null || order.Locally is null)) is { } act)
            throw new CommandFailure(Exit.Usage, $"'{act.Instruction}' has to be done by a person at a terminal, and here is none");
    }

    private static async Task<DrillRecord> RecordAsync(AdminClient client, DrillOrder order, Action<string> say, CancellationToken cancel)
    {
        var (host, port) = order.Sink;
        await using var sink = new DrillSink(new IPEndPoint(order.Locally is null ? IPAddress.IPv6Any : IPAddress.Loopback, port), TimeProvider.System);
        var route = new TemporaryRoute(client, order.Domain, FormattableString.Invariant($"{host},{sink.Port}"), "drill", isReserved: order.Domain == LocalDomain);
        var version = await route.AddAsync(cancel);
        try
        {
            await client.InForceAsync(version, TakeOverLimit, cancel);
            // The others take it over within 5 s (ADMIN-24).
            await Task.Delay(TimeSpan.FromSeconds(5), cancel);
            say($"settings version {version}: mail for {order.Domain} goes to the drill's sink on {host}:{sink.Port}");
            return await new DrillRun(client, sink, order, TimeProvider.System, say).RunAsync(cancel);
        }
        catch when (order.Locally is { } hands)
        {
            say("the drill was broken off; putting everything right again");
            await hands.RepairAsync(CancellationToken.None);
            throw;
        }
        finally
        {
            // Also when interrupted: the sink is gone in a moment, and no route may lead there.
            await route.RemoveAsync(CancellationToken.None);
            say("the drill's domain and route are removed");
        }
    }

    private static void DryRun(DrillOrder order)
    {
        var screen = new Screen();
        screen.Line($"drill {order.Kind.Name}: {order.Kind.Summary}");
        screen.Line($"  1  save a version of the settings in which mail for {order.Domain} goes to a sink of the drill");
        screen.Line(FormattableString.Invariant($"  2  send {order.Rate} mails a second over {order.Sessions} sessions for {order.Margin.TotalSeconds:0} s: {string.Join(", ", order.Receivers.Select(one => $"{one.Node} {one.Address}"))}"));
        var number = 3;
        foreach (var act in DrillRun.Acts(order))
        {
            var who = act.Remotely is not null ? "by itself" : act.Locally is not null && order.Locally is not null ? "by itself" : "you do it, the drill tells you when";
            screen.Line(FormattableString.Invariant($"  {number++}  {act.Name}: {act.Instruction} ({who}){(act.Then > TimeSpan.Zero ? $", then wait {act.Then.TotalSeconds:0} s" : "")}"));
        }
        screen.Line(FormattableString.Invariant($"  {number}  go on for {order.Margin.TotalSeconds:0} s, wait up to {order.Settle.TotalSeconds:0} s for the last mail, take the domain and the route away again, report"));
        screen.Line("nothing was done");
    }

    private static void Show(Screen screen, DrillReport report)
    {
        var check = report.Check;
        screen.Line();
        screen.Heading(check.Passed ? "passed" : "failed");
        screen.Line($"accepted {check.Accepted}, delivered {check.Delivered}, lost {check.Lost.Count}, twice {check.Duplicates.Count} ({check.Duplicates.Count(one => one.Cause is not null)} explained), arrived without a 250 seen {check.Unpromised}");
        screen.Line(FormattableString.Invariant($"longest gap in acceptance {check.LongestGap:0.0} s, takeover {(check.Takeover is { } takeover ? $"{takeover:0.0} s" : "-")}, refused {(check.Refused.Count == 0 ? "nothing" : ReportPage.ByCode(check.Refused))}"));
        screen.Line();
        var sheet = new Sheet(new("Step"), new("Seconds", Right: true), new("Accepted", Right: true), new("Delivered", Right: true), new("Refused"), new("What was done", Flexible: true, Optional: true));
        foreach (var step in report.Steps)
            sheet.Add(step.Name, step.Seconds.ToString("0.0", CultureInfo.InvariantCulture), $"{step.Accepted}", $"{step.Delivered}", step.Refused.Count == 0 ? "-" : ReportPage.ByCode(step.Refused), step.Done);
        sheet.Print(screen);
        foreach (var lost in check.Lost.Take(20))
            screen.Warning($"lost: {lost}");
        foreach (var twice in check.Duplicates.Take(20))
            screen.Line($"twice: {twice.Number} {twice.Cause ?? "unexplained"}");
    }

    private static Option<int> Number(string name, int value, int min, int max, string description, string unit)
    {
        var option = new Option<int>(name) { Description = $"{description} Default: {value.ToString(CultureInfo.InvariantCulture)}.", HelpName = unit, DefaultValueFactory = _ => value };
        Numbers.Limit(option, min, max);
        return option;
    }
}

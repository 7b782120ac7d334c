using System.Diagnostics;
using System.Globalization;
using System.CommandLine;
using System.Text.RegularExpressions;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Demo;

/// <summary><c>demo</c>: one mail through the local cluster to a sink, and its story. Proves an installation, and shows what there is to see.</summary>
internal static partial class DemoCommand
{
    private const string Domain = "clustermail-demo.test";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Nodes take settings over within 5 s (ADMIN-24).</summary>
    private static readonly TimeSpan TakeOverLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DeliveryLimit = TimeSpan.FromSeconds(30);

    public static Verb Build(ConnectionOptions connection)
    {
        var through = new Option<string?>("--through") { Description = "Node that receives it. Default: the first that runs.", HelpName = "NAME" };
        var verb = new Verb("demo", "Send a mail through the local cluster to a sink of its own and show its trace.", "clustermail demo", "clustermail demo --through n2") { through };
        verb.SetAction((parsed, cancel) => RunAsync(connection, parsed, parsed.GetValue(through), cancel));
        return verb;
    }

    private static async Task<int> RunAsync(ConnectionOptions connection, ParseResult parsed, string? through, CancellationToken cancel)
    {
        var node = connection.Cluster(parsed).Nodes.FirstOrDefault(n => through is null ? n.State == "running" : n.Name == through)
            ?? throw new CommandFailure(Exit.NoNode, $"no such node runs: see 'clustermail cluster status', or run 'clustermail up'");
        using var client = connection.Connect(parsed, node);
        var mark = Guid.NewGuid().ToString("N");
        var watch = Stopwatch.StartNew();
        await using var sink = new DemoSink(mark);
        var route = new TemporaryRoute(client, Domain, FormattableString.Invariant($"127.0.0.1,{sink.Port}"), "demonstration", isReserved: true);
        try
        {
            var version = await route.AddAsync(cancel);
            Say(watch, $"settings version {version}: mail for {Domain} goes to a sink on 127.0.0.1:{sink.Port}");
            await client.InForceAsync(version, TakeOverLimit, cancel);
            Say(watch, $"{node.Name} has it; sending through {node.Smtp}");
            var taken = await DemoClient.SendAsync(node.Smtp, $"demo@{Domain}", $"friend@{Domain}", Content(mark), line => Console.Out.WriteLine("            " + line), cancel);
            var mail = await sink.Mail.WaitAsync(DeliveryLimit, cancel);
            Say(watch, $"the sink has it, {mail.Length} octets");
            await ShowTraceAsync(client, MailNumber().Match(taken) is { Success: true } number ? number.Value : $"friend@{Domain}", cancel);
            return Exit.Done;
        }
        catch (TimeoutException)
        {
            throw new CommandFailure($"the mail did not arrive within {DeliveryLimit.TotalSeconds:0} s: see 'clustermail queue list' and 'clustermail queue why ID'");
        }
        finally
        {
            // Also when interrupted: the sink is gone in a moment, and no route may lead there.
            await route.RemoveAsync(CancellationToken.None);
        }
    }

    /// <summary>The outcome is written a moment after the sink has the mail.</summary>
    private static async Task ShowTraceAsync(AdminClient client, string mail, CancellationToken cancel)
    {
        var path = Verbs.Query(Routes.Trace, ("q", mail), ("limit", "1"));
        var watch = Stopwatch.StartNew();
        var trace = (await client.GetAsync(path, AdminJson.Default.TraceResult, cancel)).Value;
        while (!trace.Mails.Any(m => m.Recipients.All(r => r.State == "delivered")) && watch.Elapsed < DeliveryLimit)
        {
            await Task.Delay(Poll, cancel);
            trace = (await client.GetAsync(path, AdminJson.Default.TraceResult, cancel)).Value;
        }

        Console.Out.WriteLine();
        Console.Out.WriteLine($"$ clustermail trace {mail}");
        StoryCommands.Show(new Screen(), trace);
    }

    private static string Content(string mark) => string.Join(
        "\r\n",
        $"From: demo@{Domain}", $"To: friend@{Domain}", "Subject: The first mail through this cluster",
        $"Date: {DateTimeOffset.UtcNow.ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture)}", $"Message-ID: <{mark}@{Domain}>", "",
        "It was written to disk before the node said 250.", "");

    private static void Say(Stopwatch watch, string line) =>
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds,6:0.0} s  {line}"));

    [GeneratedRegex(@"\b[A-Z]\d{10}\b")]
    private static partial Regex MailNumber();
}

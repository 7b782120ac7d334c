using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;
using System.CommandLine;

namespace ClusterMail.Cli.Commands;

/// <summary><c>approval overview</c> and <c>approval export</c>: all policies at a glance (APPROVE-93), and the history for a spreadsheet (APPROVE-334).</summary>
internal sealed class ApprovalOverviewCommands(Verbs verbs)
{
    public Verb Overview()
    {
        var waiting = new Option<int>("--waiting") { Description = "Show approvers with at least so many undecided mails.", HelpName = "N", DefaultValueFactory = _ => 10 };
        Numbers.Limit(waiting, 1, 1_000_000);
        return verbs.Reading(
            new Verb("overview", "Who is covered, who approves whom, who stands in, who is missing, who has much to decide.", "clustermail approval overview", "clustermail approval overview --waiting 50 --json") { waiting },
            parsed => Verbs.Query(Routes.ApprovalOverview, ("waiting", parsed.GetValue(waiting).ToString(CultureInfo.InvariantCulture))), AdminJson.Default.ApprovalOverview, Show);
    }

    private static void Show(Screen screen, ApprovalOverview overview)
    {
        var policies = new Sheet(new("Policy of", Flexible: true), new("Holds", Right: true), new("Refuses", Right: true), new("Sends", Right: true), new("Approvers", Flexible: true), new("Missing", Flexible: true, Optional: true));
        foreach (var policy in overview.Policies)
            policies.Add(policy.Owner.Length > 0 ? policy.Owner : "*", $"{policy.Holds}", $"{policy.Refuses}", $"{policy.Sends}", string.Join(", ", policy.Approvers), string.Join(", ", policy.Missing));
        Print(screen, "Policies", policies);
        foreach (var policy in overview.Policies.Where(policy => policy.WithoutApprover.Count > 0))
            screen.Line(Words.Say($"policy of {(policy.Owner.Length > 0 ? policy.Owner : "*")}: nobody is left to approve by line {string.Join(", ", policy.WithoutApprover)}"));
        var proxies = new Sheet(new("Approver", Flexible: true), new("Proxy", Flexible: true), new("Until"), new("Reason", Flexible: true, Optional: true));
        foreach (var proxy in overview.Proxies)
            proxies.Add(proxy.Approver, proxy.Proxy, Ages.Clock(proxy.Until), proxy.Reason);
        Print(screen, "Proxies", proxies);
        var busy = new Sheet(new("Approver", Flexible: true), new("Undecided", Right: true), new("Oldest"));
        foreach (var approver in overview.Busy)
            busy.Add(approver.Address, $"{approver.Waiting}", Ages.Since(approver.Oldest, screen.Now));
        Print(screen, "Much to decide", busy);
    }

    private static void Print(Screen screen, string heading, Sheet sheet)
    {
        screen.Heading(Words.Of(heading));
        if (sheet.Count == 0)
            screen.Line(Words.Of("nothing found"));
        else
            sheet.Print(screen);
    }

    public Verb Export()
    {
        var day = new Option<string?>("--day") { Description = "YYYY-MM-DD. Default: today.", HelpName = "DAY" };
        var from = new Option<string?>("--from") { Description = "Beginning: a day, or a time.", HelpName = "WHEN" };
        var until = new Option<string?>("--until") { Description = "End, a day included. Default: now.", HelpName = "WHEN" };
        var output = new Option<string?>("--to") { Description = "File. Default: standard output.", HelpName = "FILE" };
        return verbs.Acting(
            new Verb("export", "Mails held in a span, with all that became of them, as CSV. That you have exported them is audited.", "clustermail approval export --from 2026-01-01 --until 2026-01-31 --to january.csv")
            { day, from, until, output },
            async (client, parsed, cancel) =>
            {
                await using var target = parsed.GetValue(output) is { } file ? File.Create(file) : Console.OpenStandardOutput();
                await client.CopyAsync(Verbs.Query(Routes.ApprovalExport, ("day", parsed.GetValue(day)), ("from", parsed.GetValue(from)), ("to", parsed.GetValue(until))), target, cancel);
            });
    }
}

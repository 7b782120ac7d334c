using System.Globalization;
using ClusterMail.Cli.Output;
using ClusterMail.Drill;

namespace ClusterMail.Cli.Drill;

/// <summary>What a drill says on the terminal.</summary>
internal static class DrillScreen
{
    private const int MostListed = 20;

    public static void DryRun(DrillOrder order)
    {
        var screen = new Screen();
        var number = 1;
        void Line(string text) => screen.Labelled(string.Create(CultureInfo.InvariantCulture, $"{number++,3}  "), text);
        screen.Line($"drill {order.Kind.Name}: {JapaneseHelp.Text(order.Kind.Summary)}");
        if (order.Lacks is { } lacks)
            screen.Line(Words.Say($"this machine lacks {lacks}: you do the harm, the drill tells you when"));
        if (order.Harm?.Preparation is { } preparation)
            Line(Words.Say($"prepare: {preparation}"));
        Line(Words.Say($"save a version of the settings in which mail for {order.Domain} goes to a sink of the drill"));
        Line(Words.Say($"send {order.Rate} mails a second over {order.Sessions} sessions for {order.Margin.TotalSeconds:0} s: {string.Join(", ", order.Receivers.Select(one => $"{one.Node} {one.Address}"))}"));
        foreach (var act in order.Acts)
        {
            var who = order.IsByItself(act) ? Words.Say($"by itself") : Words.Say($"you do it, the drill tells you when");
            Line($"{Words.Of(act.Name)}: {order.Text(act)} ({who}){(act.Then > TimeSpan.Zero ? Words.Say($", then wait {act.Then.TotalSeconds:0} s") : "")}");
        }
        Line(Words.Say($"go on for {order.Margin.TotalSeconds:0} s, wait up to {order.Settle.TotalSeconds:0} s for the last mail, take the domain and the route away again, report"));
        screen.Line(Words.Say($"nothing was done"));
    }

    public static void Show(Screen screen, DrillReport report)
    {
        var check = report.Check;
        screen.Line();
        screen.Heading(Words.Of(check.Passed ? "passed" : "failed"));
        screen.Line(Words.Say($"accepted {check.Accepted}, delivered {check.Delivered}, lost {check.Lost.Count}, twice {check.Duplicates.Count} ({check.Duplicates.Count(one => one.Cause is not null)} explained), arrived without a 250 seen {check.Unpromised}"));
        screen.Line(Words.Say($"longest gap in acceptance {check.LongestGap:0.0} s, takeover {Taken(check)}, refused {(check.Refused.Count == 0 ? Words.Say($"nothing") : ReportPage.ByCode(check.Refused, Words.Of))}"));
        screen.Line();
        var sheet = new Sheet(new("Step"), new("Seconds", Right: true), new("Accepted", Right: true), new("Delivered", Right: true), new("Refused"), new("What was done", Flexible: true, Optional: true));
        foreach (var step in report.Steps)
            sheet.Add(Words.Of(step.Name), step.Seconds.ToString("0.0", CultureInfo.InvariantCulture), $"{step.Accepted}", $"{step.Delivered}", step.Refused.Count == 0 ? "-" : ReportPage.ByCode(step.Refused, Words.Of), step.Done);
        sheet.Print(screen);
        foreach (var step in report.Steps.Where(step => step.Seen.Length > 0))
            screen.Labelled(Words.Of(step.Name) + ": ", step.Seen);
        foreach (var lost in check.Lost.Take(MostListed))
            screen.Warning(Words.Say($"lost: {lost}"));
        if (check.Lost.Count > MostListed)
            screen.Line(Words.Say($"the rest is in --json"));
        foreach (var (cause, mails) in ReportPage.ByCause(check, Words.Of))
            screen.Labelled(Words.Say($"twice: "), $"{cause} ({mails})");
    }

    private static string Taken(HistoryCheck check) => check.Takeover is { } takeover ? string.Create(CultureInfo.InvariantCulture, $"{takeover:0.0} s") : "-";
}

using System.Globalization;
using System.Net;
using System.Text;

namespace ClusterMail.Drill;

/// <summary>
/// The course of a drill as a picture: accepted upwards, delivered downwards, the phases behind them, and as bars the longest gap and the takeover. It stretches with the page, so nothing in it is
/// text; the numbers of the phases stand above it and are those of the table below.
/// </summary>
/// <param name="say">A text in the reader's language.</param>
internal sealed class ReportTimeline(Func<string, string> say, DrillReport report)
{
    private const int Half = 100;
    private const int Width = 1000;

    /// <summary>A gap shorter than it is the pace of the clients, and no picture shows it.</summary>
    private const double ShortestGap = 1;

    private double Step => (double)Width / report.Seconds.Count;

    public void Draw(StringBuilder page)
    {
        if (report.Seconds.Count == 0)
            return;
        var most = Math.Max(1, report.Seconds.Max(second => Math.Max(second.Accepted, second.Delivered)));
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Text("Second by second")}</h2>\n<div class=\"key soft\">{Key("in", "Accepted")}{Key("out", "Delivered")}{Key("no", "Refused")}");
        page.Append(CultureInfo.InvariantCulture, $"{(HasGap ? Key("gap", "Longest gap in acceptance") : "")}{(report.Check.Takeover is not null ? Key("take", "Takeover") : "")}</div>\n<div class=\"phases\">");
        Numbers(page);
        page.Append(CultureInfo.InvariantCulture, $"</div>\n<svg viewBox=\"0 0 {Width} {2 * Half}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{Text("Second by second")}\">\n");
        Phases(page);
        Bars(page, most);
        Spans(page);
        page.Append(CultureInfo.InvariantCulture, $"</svg>\n<div class=\"axis soft\"><span>0 s</span><span>{Text("at most")} {most}/s</span><span>{report.Seconds.Count} s</span></div>\n");
    }

    /// <summary>What a step is, for its colour.</summary>
    public static string Kind(string step) => step is "before" or "after" or "settle" ? "rest" : step is "undo" || step.StartsWith("start ", StringComparison.Ordinal) ? "undo" : "harm";

    private bool HasGap => report.Check is { GapAt: not null, LongestGap: >= ShortestGap };

    /// <summary>One close behind another stands above it: on a telephone both would be one blot.</summary>
    private void Numbers(StringBuilder page)
    {
        const double room = 0.04 * Width;
        var (before, up) = (double.NegativeInfinity, false);
        for (var step = 0; step < report.Steps.Count; step++)
        {
            var x = At(report.Steps[step].At);
            up = x - before < room && !up;
            page.Append(CultureInfo.InvariantCulture, $"<b{(up ? " class=\"up\"" : "")} style=\"left:{x / Width * 100:0.##}%\">{step + 1}</b>");
            before = x;
        }
    }

    private void Phases(StringBuilder page)
    {
        foreach (var step in report.Steps.Where(step => Kind(step.Name) != "rest"))
            page.Append(CultureInfo.InvariantCulture, $"<rect class=\"{Kind(step.Name)}\" x=\"{At(step.At):0.#}\" y=\"0\" width=\"{step.Seconds * Step:0.#}\" height=\"{2 * Half}\"/>\n");
        foreach (var step in report.Steps.Skip(1))
            page.Append(CultureInfo.InvariantCulture, $"<line x1=\"{At(step.At):0.#}\" x2=\"{At(step.At):0.#}\" y1=\"0\" y2=\"{2 * Half}\"/>\n");
    }

    private void Bars(StringBuilder page, int most)
    {
        for (var second = 0; second < report.Seconds.Count; second++)
        {
            var at = report.Seconds[second];
            Bar(second, Half - Scaled(at.Accepted), Scaled(at.Accepted), "in");
            Bar(second, Half, Scaled(at.Delivered), "out");
            // Beside the others however few they are: one refusal is what a reader looks for.
            Bar(second, Half - Math.Max(Scaled(at.Refused), 6), at.Refused > 0 ? Math.Max(Scaled(at.Refused), 6) : 0, "no", 0.4);
        }
        page.Append(CultureInfo.InvariantCulture, $"<line class=\"zero\" x1=\"0\" x2=\"{Width}\" y1=\"{Half}\" y2=\"{Half}\"/>\n");

        double Scaled(int count) => Math.Min(1, (double)count / most) * (Half - 8);
        void Bar(int second, double y, double height, string colour, double part = 0.86)
        {
            if (height > 0)
                page.Append(CultureInfo.InvariantCulture, $"<rect class=\"{colour}\" x=\"{(second + (1 - part) / 2) * Step:0.##}\" y=\"{y:0.#}\" width=\"{part * Step:0.##}\" height=\"{height:0.#}\"/>\n");
        }
    }

    private void Spans(StringBuilder page)
    {
        if (HasGap)
            Span("gap", report.Check.GapAt!.Value, report.Check.LongestGap, 1);
        if (report.Check.Takeover is { } takeover && report.HarmAt is { } harm)
            Span("take", harm, takeover, 2 * Half - 6);

        void Span(string name, DateTimeOffset from, double seconds, double y) =>
            page.Append(CultureInfo.InvariantCulture, $"<rect class=\"{name}\" x=\"{At(from):0.#}\" y=\"{y:0.#}\" width=\"{Math.Max(seconds * Step, 2):0.#}\" height=\"5\"/>\n");
    }

    private double At(DateTimeOffset moment) => Math.Min(Width, (moment - report.Began).TotalSeconds * Step);

    private string Key(string colour, string name) => $"<span><i class=\"{colour}\"></i>{Text(name)}</span>";

    private string Text(string english) => WebUtility.HtmlEncode(say(english));
}

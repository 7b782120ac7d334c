using System.Globalization;
using System.Net;
using System.Text;

namespace ClusterMail.Drill;

/// <summary>
/// The report as one HTML file: no script, nothing fetched from elsewhere, readable on paper. Every text that came from outside is encoded.
/// </summary>
/// <param name="say">A text of the page in the reader's language.</param>
public sealed class ReportPage(Func<string, string> say, string language)
{
    private const int Height = 120;
    private const int Width = 960;

    /// <summary>Faults named on the page; the JSON has them all.</summary>
    private const int MostListed = 50;

    private const string Style = """
        :root{color-scheme:light dark;--ink:#1c2430;--soft:#5d6b7c;--line:#d8dee6;--paper:#fff;--good:#12704a;--bad:#b3261e;--in:#2f6fd0;--out:#2a9d74;--no:#d9822b}
        @media(prefers-color-scheme:dark){:root{--ink:#e6ebf2;--soft:#9aa8b8;--line:#364252;--paper:#151b23;--good:#5fd0a0;--bad:#ff8a80;--in:#7fb0ff;--out:#66d1a6;--no:#ffb566}}
        body{margin:0 auto;max-width:62rem;padding:2rem 1.25rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Noto Sans CJK JP",sans-serif}
        h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}.soft{color:var(--soft)}
        .verdict{display:inline-block;margin:1rem 0;padding:.3rem .9rem;border-radius:1rem;border:2px solid;font-weight:700}.good{color:var(--good)}.bad{color:var(--bad)}
        .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.75rem;margin:0}.facts div{border:1px solid var(--line);border-radius:.5rem;padding:.5rem .75rem}
        .facts dt{color:var(--soft);font-size:.85rem}.facts dd{margin:0;font-size:1.4rem;font-variant-numeric:tabular-nums}
        .wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto}svg text{fill:var(--soft);font-size:11px}.key i{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin:0 .35rem 0 1rem}
        """;

    public string Of(DrillReport report)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html>\n<html lang=\"{language}\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append(CultureInfo.InvariantCulture, $"<title>{Text(say("Fail-over drill"))}: {Text(report.Kind)}</title>\n<style>{Style}</style>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Text(say("Fail-over drill"))}: {Text(report.Kind)}{(report.Victim is { } victim ? " " + Text(victim) : "")}</h1>\n");
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"soft\">{report.Began.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, {(report.Ended - report.Began).TotalSeconds:0} s, {Text(report.Domain)}</div>\n");
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"verdict {(report.Check.Passed ? "good" : "bad")}\">{Text(say(report.Check.Passed ? "passed" : "failed"))}</div>\n");
        Facts(page, report.Check);
        Timeline(page, report);
        Steps(page, report.Steps);
        Faults(page, report.Check);
        return page.ToString();
    }

    private void Facts(StringBuilder page, HistoryCheck check)
    {
        page.Append("<dl class=\"facts\">");
        Fact("Accepted", $"{check.Accepted}");
        Fact("Delivered", $"{check.Delivered}");
        Fact("Lost", $"{check.Lost.Count}");
        Fact("Twice", check.Duplicates.Count == 0 ? "0" : $"{check.Duplicates.Count} ({check.Duplicates.Count(one => one.Cause is not null)} {say("explained")})");
        Fact("Refused", $"{check.Refused.Values.Sum()}");
        Fact("Longest gap in acceptance", Seconds(check.LongestGap));
        Fact("Takeover", check.Takeover is { } takeover ? Seconds(takeover) : "–");
        page.Append("</dl>\n");

        void Fact(string name, string value) => page.Append(CultureInfo.InvariantCulture, $"<div><dt>{Text(say(name))}</dt><dd>{Text(value)}</dd></div>");
    }

    private void Timeline(StringBuilder page, DrillReport report)
    {
        if (report.Seconds.Count == 0)
            return;
        var most = Math.Max(1, report.Seconds.Max(second => Math.Max(second.Accepted, second.Delivered)));
        var bar = (double)Width / report.Seconds.Count;
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(say("Second by second"))}</h2>\n<div class=\"key soft\"><i style=\"background:var(--in)\"></i>{Text(say("Accepted"))}<i style=\"background:var(--out)\"></i>{Text(say("Delivered"))}<i style=\"background:var(--no)\"></i>{Text(say("Refused"))}</div>\n");
        page.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 -20 {Width} {2 * Height + 50}\" role=\"img\" aria-label=\"{Text(say("Second by second"))}\">\n");
        for (var second = 0; second < report.Seconds.Count; second++)
        {
            var at = report.Seconds[second];
            Bar(second * bar, Height - Scaled(at.Accepted), Scaled(at.Accepted), "in");
            Bar(second * bar, Height + 2, Scaled(at.Delivered), "out");
            if (at.Refused > 0)
                page.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{second * bar + bar / 2:0.#}\" cy=\"{Height}\" r=\"{Math.Min(6, 2 + Math.Log2(at.Refused)):0.#}\" fill=\"var(--no)\"/>");
        }
        foreach (var step in report.Steps)
        {
            var x = (step.At - report.Began).TotalSeconds * bar;
            page.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x:0.#}\" x2=\"{x:0.#}\" y1=\"-6\" y2=\"{2 * Height + 6}\" stroke=\"var(--soft)\" stroke-dasharray=\"3 3\"/><text x=\"{x + 3:0.#}\" y=\"-8\">{Text(say(step.Name))}</text>");
        }
        page.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{2 * Height + 22}\">0 s</text><text x=\"{Width}\" y=\"{2 * Height + 22}\" text-anchor=\"end\">{report.Seconds.Count} s, {Text(say("at most"))} {most}/s</text>\n</svg>\n");

        double Scaled(int count) => (double)count / most * (Height - 4);
        void Bar(double x, double y, double height, string colour)
        {
            if (height > 0)
                page.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" y=\"{y:0.#}\" width=\"{Math.Max(bar - 1, 0.5):0.##}\" height=\"{height:0.#}\" fill=\"var(--{colour})\"/>");
        }
    }

    private void Steps(StringBuilder page, IReadOnlyList<StepReport> steps)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(say("Steps"))}</h2>\n<div class=\"wide\"><table><tr><th>{Text(say("Step"))}<th>{Text(say("What was done"))}<th class=\"n\">{Text(say("Seconds"))}<th class=\"n\">{Text(say("Accepted"))}<th class=\"n\">{Text(say("Delivered"))}<th>{Text(say("Refused"))}</tr>\n");
        foreach (var step in steps)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(say(step.Name))}<td>{Text(step.Done)}<td class=\"n\">{step.Seconds:0.0}<td class=\"n\">{step.Accepted}<td class=\"n\">{step.Delivered}<td>{Text(ByCode(step.Refused))}</tr>\n");
        page.Append("</table></div>\n");
    }

    private void Faults(StringBuilder page, HistoryCheck check)
    {
        if (check.Lost.Count > 0)
            List("Lost", check.Lost.Select(id => (id, "")));
        if (check.Duplicates.Count > 0)
            List("Twice", check.Duplicates.Select(one => ($"{one.Number} {one.MessageId} ×{one.Times}", one.Cause ?? say("unexplained"))));
        if (check.Refused.Count > 0)
            List("Refused", check.Refused.OrderByDescending(pair => pair.Value).Select(pair => (pair.Key, string.Create(CultureInfo.InvariantCulture, $"{pair.Value}"))));

        void List(string title, IEnumerable<(string What, string Why)> rows)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(say(title))}</h2>\n<div class=\"wide\"><table>");
            foreach (var (what, why) in rows.Take(MostListed))
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(what)}<td>{Text(why)}</tr>\n");
            page.Append("</table></div>\n");
        }
    }

    /// <summary>451 ×3, lost ×1</summary>
    public static string ByCode(IReadOnlyDictionary<string, int> refused) =>
        string.Join(", ", refused.OrderByDescending(pair => pair.Value).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} ×{pair.Value}")));

    private static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}

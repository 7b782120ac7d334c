using System.Globalization;
using System.Net;
using System.Text;

namespace ClusterMail.Drill;

/// <summary>
/// The report as one HTML file: no script, nothing fetched from elsewhere, readable on a telephone and on paper. Every text that came from outside is encoded.
/// </summary>
/// <param name="say">A text of the page in the reader's language.</param>
public sealed class ReportPage(Func<string, string> say, string language)
{
    /// <summary>Faults named on the page; the JSON has them all.</summary>
    private const int MostListed = 50;

    private const string Style = """
        :root{color-scheme:light dark;--ink:#1c2430;--soft:#5d6b7c;--line:#d8dee6;--paper:#fff;--good:#12704a;--bad:#b3261e;--in:#2f6fd0;--out:#2a9d74;--no:#c2570c;--gap:#b3261e;--take:#7a4fc0;--harm:#fbe3e1;--undo:#fdf1d8}
        @media screen and (prefers-color-scheme:dark){:root{--ink:#e6ebf2;--soft:#a3b1c0;--line:#364252;--paper:#151b23;--good:#5fd0a0;--bad:#ff8a80;--in:#7fb0ff;--out:#66d1a6;--no:#ffb566;--gap:#ff8a80;--take:#c3a2ff;--harm:#3d2429;--undo:#3a331f}}
        *{box-sizing:border-box}body{margin:0 auto;max-width:64rem;padding:1.5rem 1rem 3rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Noto Sans CJK JP",sans-serif;overflow-wrap:anywhere}
        h1{font-size:1.4rem;line-height:1.25;margin:1.25rem 0 .25rem}h2{font-size:1.1rem;margin:2.25rem 0 .5rem}.soft{color:var(--soft)}
        .verdict{display:flex;flex-wrap:wrap;gap:.15rem .75rem;align-items:baseline;padding:.6rem 1rem;border-left:.4rem solid;border-radius:.25rem;background:color-mix(in srgb,currentColor 9%,transparent)}
        .verdict strong{font-size:1.4rem}.verdict span{color:var(--ink)}.good{color:var(--good)}.bad{color:var(--bad)}
        .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:.6rem;margin:1rem 0 0}.facts div{border:1px solid var(--line);border-radius:.5rem;padding:.5rem .75rem}
        .facts dt{color:var(--soft);font-size:.82rem;line-height:1.3}.facts dd{margin:0;font-size:1.4rem;line-height:1.4;font-variant-numeric:tabular-nums}.facts small{display:block;font-size:.82rem;line-height:1.2}
        .key{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.9rem;margin-bottom:.4rem}.key i{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.35rem;vertical-align:-1px}
        i.in{background:var(--in)}i.out{background:var(--out)}i.no{background:var(--no)}i.gap{background:var(--gap)}i.take{background:var(--take)}
        .phases{position:relative;height:2.2rem}.phases b{position:absolute;bottom:0;font-size:.8rem;line-height:1.3rem;padding-left:2px;color:var(--soft)}.phases b.up{bottom:.95rem}.axis{display:flex;justify-content:space-between;font-size:.82rem}
        svg{display:block;width:100%;height:clamp(9rem,28vw,15rem);border:1px solid var(--line)}rect.in{fill:var(--in)}rect.out{fill:var(--out)}rect.no{fill:var(--no)}rect.gap{fill:var(--gap)}rect.take{fill:var(--take)}rect.harm{fill:var(--harm)}rect.undo{fill:var(--undo)}
        line{stroke:var(--soft);stroke-dasharray:3 3;vector-effect:non-scaling-stroke}line.zero{stroke:var(--ink);stroke-dasharray:none}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}th{font-size:.85rem;color:var(--soft);white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .step{display:inline-block;min-width:1.5rem;text-align:center;border-radius:.25rem;margin-right:.4rem;font-size:.85rem;font-weight:700;background:var(--line)}.step.harm{background:var(--harm)}.step.undo{background:var(--undo)}.steps td:first-child{white-space:nowrap}.steps th:last-child{padding-left:.75rem}.steps td:last-child{padding-left:.75rem;min-width:7.5rem}
        @media screen and (max-width:40rem){.steps thead{display:none}.steps,.steps tbody{display:block}.steps tr{display:grid;grid-template-columns:repeat(3,1fr);padding:.6rem 0;border-bottom:1px solid var(--line)}.steps td,.steps td:last-child{border:0;padding:.1rem 0;text-align:left!important}.steps td:nth-child(-n+2),.steps td:last-child{grid-column:1/-1}.steps td:empty{display:none}.steps td[data-l]::before{content:attr(data-l) " ";color:var(--soft);font-size:.82rem}.steps td:first-child{font-weight:700}}
        @media print{body{padding:0;max-width:none;font-size:11pt}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}svg,tr,.facts div{break-inside:avoid}h2{break-after:avoid}}
        """;

    public string Of(DrillReport report)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html>\n<html lang=\"{language}\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append(CultureInfo.InvariantCulture, $"<title>{Said("Fail-over drill")}: {Text(report.Kind)}, {Said(Word(report.Check))}</title>\n<style>{Style}</style>\n");
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"verdict {(report.Check.Passed ? "good" : "bad")}\"><strong>{Said(Word(report.Check))}</strong><span>{Text(Reason(report.Check))}</span></div>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Said("Fail-over drill")}: {Text(report.Kind)}{(report.Victim is { } victim ? " " + Text(victim) : "")}</h1>\n");
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"soft\">{report.Began.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, {(report.Ended - report.Began).TotalSeconds:0} s, {Text(report.Domain)}</div>\n");
        Facts(page, report.Check);
        new ReportTimeline(say, report).Draw(page);
        Steps(page, report.Steps);
        Faults(page, report.Check);
        return page.ToString();
    }

    private static string Word(HistoryCheck check) => check.Passed ? "passed" : "failed";

    /// <summary>The three things a verdict is made of (P1, P4, CLU-31), each in words.</summary>
    private string Reason(HistoryCheck check)
    {
        var unexplained = check.Duplicates.Count(one => one.Cause is null);
        var permanent = check.Refused.Where(pair => pair.Key.StartsWith('5')).Sum(pair => pair.Value);
        return string.Join(language == "ja" ? "、" : ", ",
        [
            check.Lost.Count == 0 ? say("no mail lost") : Counted("{0} mails lost", check.Lost.Count),
            unexplained > 0 ? Counted("{0} mails twice without a reason", unexplained) : check.Duplicates.Count == 0 ? say("none twice") : Counted("{0} mails twice, all explained", check.Duplicates.Count),
            permanent == 0 ? say("no client refused for good") : Counted("{0} clients refused for good", permanent),
        ]);

        string Counted(string what, int count) => string.Format(CultureInfo.InvariantCulture, say(what), count);
    }

    private void Facts(StringBuilder page, HistoryCheck check)
    {
        page.Append("<dl class=\"facts\">");
        Fact("Accepted", $"{check.Accepted}");
        Fact("Delivered", $"{check.Delivered}");
        Fact("Lost", $"{check.Lost.Count}");
        Fact("Twice", $"{check.Duplicates.Count}", check.Duplicates.Count == 0 ? "" : $"{check.Duplicates.Count(one => one.Cause is not null)} {say("explained")}");
        Fact("Refused", $"{check.Refused.Values.Sum()}", ByCode(check.Refused, say));
        Fact("Longest gap in acceptance", Seconds(check.LongestGap));
        Fact("Takeover", check.Takeover is { } takeover ? Seconds(takeover) : "–");
        page.Append("</dl>\n");

        void Fact(string name, string value, string more = "") =>
            page.Append(CultureInfo.InvariantCulture, $"<div><dt>{Said(name)}</dt><dd>{Text(value)}{(more.Length > 0 ? $"<small class=\"soft\">{Text(more)}</small>" : "")}</dd></div>");
    }

    private void Steps(StringBuilder page, IReadOnlyList<StepReport> steps)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Said("Steps")}</h2>\n<table class=\"steps\"><thead><tr><th>{Said("Step")}<th>{Said("What was done")}<th class=\"n\">{Said("Seconds")}<th class=\"n\">{Said("Accepted")}<th class=\"n\">{Said("Delivered")}<th>{Said("Refused")}</tr></thead><tbody>\n");
        for (var number = 0; number < steps.Count; number++)
        {
            var step = steps[number];
            page.Append(CultureInfo.InvariantCulture, $"<tr><td><span class=\"step {ReportTimeline.Kind(step.Name)}\">{number + 1}</span>{Said(step.Name)}<td>{Text(step.Done)}{(step.Seen.Length > 0 ? $"<div class=\"soft\">{Text(step.Seen)}</div>" : "")}");
            page.Append(CultureInfo.InvariantCulture, $"<td class=\"n\" data-l=\"{Said("Seconds")}\">{step.Seconds:0.0}<td class=\"n\" data-l=\"{Said("Accepted")}\">{step.Accepted}<td class=\"n\" data-l=\"{Said("Delivered")}\">{step.Delivered}<td data-l=\"{Said("Refused")}\">{Text(ByCode(step.Refused, say))}</tr>\n");
        }
        page.Append("</tbody></table>\n");
    }

    private void Faults(StringBuilder page, HistoryCheck check)
    {
        if (check.Lost.Count > 0)
            List("Lost", check.Lost.Select(id => (id, "")));
        if (check.Duplicates.Count > 0)
            List("Twice", ByCause(check, say).Select(row => (row.Mails, row.Cause)));

        void List(string title, IEnumerable<(string What, string Why)> rows)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Said(title)}</h2>\n<table>");
            foreach (var (what, why) in rows.Take(MostListed))
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(why.Length > 0 ? why : what)}{(why.Length > 0 ? $"<div class=\"soft\">{Text(what)}</div>" : "")}</tr>\n");
            page.Append("</table>\n");
        }
    }

    /// <summary>Mails that share a reason share a row: a hundred of one cut are one thing to read.</summary>
    /// <param name="say">A text in the reader's language.</param>
    /// <returns>How many and why, and their numbers, of which the first fifty are named.</returns>
    public static IEnumerable<(string Cause, string Mails)> ByCause(HistoryCheck check, Func<string, string> say) => check.Duplicates
        .GroupBy(one => one.Cause is not { } cause ? say("unexplained") : one.Number.Length > 0 ? cause.Replace(one.Number, "…", StringComparison.Ordinal) : cause)
        .Select(group => (
            string.Create(CultureInfo.InvariantCulture, $"{group.Count()} × {group.Key}"),
            string.Join(", ", group.Take(MostListed).Select(one => one.Number.Length > 0 ? one.Number : one.MessageId)) + (group.Count() > MostListed ? " …" : "")));

    /// <summary>451 ×3, connection broken ×1. Not "lost": beside a number of lost mails that would frighten.</summary>
    /// <param name="say">A text in the reader's language.</param>
    public static string ByCode(IReadOnlyDictionary<string, int> refused, Func<string, string> say) => string.Join(", ", refused.OrderByDescending(pair => pair.Value).Select(pair => string.Create(
        CultureInfo.InvariantCulture, $"{pair.Key switch { FailedAttempt.Lost => say("connection broken"), FailedAttempt.Closed => say("no connection"), _ => pair.Key }} ×{pair.Value}")));

    private static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");

    private string Said(string english) => Text(say(english));

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}

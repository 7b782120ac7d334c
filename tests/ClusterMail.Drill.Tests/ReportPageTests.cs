using System.Text.RegularExpressions;

namespace ClusterMail.Drill.Tests;

/// <summary>The HTML report: one file that fetches nothing, runs nothing and believes no text from outside.</summary>
public class ReportPageTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static string Page(DrillRecord seen, Func<string, string>? say = null, string domain = "drill.test") =>
        new ReportPage(say ?? (text => text), "en").Of(DrillReport.Of("kill", domain, seen));

    private static DrillRecord Lost { get; } = new()
    {
        Victim = "n2",
        Promises = [new Promise("gone@drill.test", "n2", Noon)],
        Refusals = [new FailedAttempt("451", "n1", Noon.AddSeconds(1))],
        Steps = [new DrillStep("before", Noon, Noon.AddSeconds(4), "traffic"), new DrillStep("harm", Noon.AddSeconds(4), Noon.AddSeconds(9), "kill n2")],
    };

    [Fact]
    public void CLU_22_the_page_says_first_whether_it_passed_and_names_what_was_lost()
    {
        Assert.Contains(">failed<", Page(Lost), StringComparison.Ordinal);
        Assert.Contains("gone@drill.test", Page(Lost), StringComparison.Ordinal);
        Assert.Contains(">passed<", Page(Lost with { Arrivals = [new Arrival("gone@drill.test", Noon.AddSeconds(5))] }), StringComparison.Ordinal);
    }

    [Fact]
    public void CLU_22_the_verdict_stands_before_everything_else_with_its_reason()
    {
        var body = Page(Lost)[Page(Lost).IndexOf("</style>", StringComparison.Ordinal)..];
        Assert.True(body.IndexOf(">failed<", StringComparison.Ordinal) < body.IndexOf("<h1>", StringComparison.Ordinal), body);
        Assert.Contains("1 mails lost, none twice, no client refused for good", body, StringComparison.Ordinal);
    }

    [Fact]
    public void CLU_22_the_picture_shows_where_the_longest_gap_was_and_how_long_the_takeover_took()
    {
        // Promises in seconds 0 and 8 of ten, with the harm at 4; what n2 had open arrives at 7.
        var page = Page(Lost with
        {
            Promises = [new Promise("gone@drill.test", "n2", Noon), new Promise("late@drill.test", "n1", Noon.AddSeconds(8))],
            Arrivals = [new Arrival("gone@drill.test", Noon.AddSeconds(7)), new Arrival("late@drill.test", Noon.AddSeconds(9))],
            HarmAt = Noon.AddSeconds(4),
            Steps = [new DrillStep("before", Noon, Noon.AddSeconds(4), "traffic"), new DrillStep("harm", Noon.AddSeconds(4), Noon.AddSeconds(10), "kill n2", "it was dead")],
        });
        Assert.Matches("""<rect class="gap" x="0" y="[0-9.]+" width="800" """, page);
        Assert.Matches("""<rect class="take" x="400" y="[0-9.]+" width="300" """, page);
        Assert.Matches("""<rect class="harm" x="400" y="0" width="600" """, page);
        Assert.Contains("it was dead", page, StringComparison.Ordinal);
    }

    [Fact]
    public void CLU_22_mails_twice_for_one_reason_are_one_row()
    {
        static Arrival[] Twice(string id) => [new Arrival(id, Noon), new Arrival(id, Noon.AddSeconds(1))];
        var page = Page(new DrillRecord
        {
            Arrivals = [.. Twice("a@drill.test"), .. Twice("b@drill.test")],
            Numbers = new Dictionary<string, string> { ["a@drill.test"] = "B0000000001", ["b@drill.test"] = "B0000000002" },
            PossibleDuplicates = [new PossibleDuplicate("B0000000001", "B0000000001 was fenced"), new PossibleDuplicate("B0000000002", "B0000000002 was fenced")],
            Steps = [new DrillStep("before", Noon, Noon.AddSeconds(2), "traffic")],
        });
        Assert.Contains("2 × … was fenced", System.Net.WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        Assert.Contains("B0000000001, B0000000002", page, StringComparison.Ordinal);
    }

    [Fact]
    public void CLU_22_the_page_is_one_file_without_scripts()
    {
        var page = Page(Lost);
        Assert.DoesNotMatch(new Regex("""<script|<link|<img|<iframe|url\(|https?://|\bon\w+=|@import""", RegexOptions.IgnoreCase), page);
    }

    [Fact]
    public void CLU_22_texts_from_outside_are_shown_and_not_obeyed()
    {
        const string hostile = "<script>alert(1)</script>\"'&";
        var page = Page(Lost with { Promises = [new Promise(hostile, "n2", Noon)], Victim = hostile, Steps = [new DrillStep("harm", Noon, Noon.AddSeconds(2), hostile)] }, domain: hostile);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void CLU_22_the_page_speaks_the_language_it_is_given()
    {
        var page = Page(Lost, text => text == "Lost" ? "喪失" : text);
        Assert.Contains("<dt>喪失</dt>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void CLU_22_an_hour_is_drawn_and_a_day_is_bounded()
    {
        var day = DrillReport.Of("kill", "drill.test", new DrillRecord { Steps = [new DrillStep("before", Noon, Noon.AddDays(1), "traffic")] });
        Assert.Equal(3600, day.Seconds.Count);
    }
}

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

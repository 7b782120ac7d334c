using System.Net;
using OtpNet;
using static ClusterMail.Node.Tests.PageScene;

namespace ClusterMail.Node.Tests;

/// <summary>Logins on the pages with a second factor: <c>approval.web.auth = login+otp</c>.</summary>
public sealed class CodePageTests
{
    private static string Between(string html, string begin, string end)
    {
        var at = html.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return html[at..html.IndexOf(end, at, StringComparison.Ordinal)];
    }

    /// <summary>A code of another time step each call, all within those that are taken: no step opens twice.</summary>
    private static string Code(string secret, int step) => new Totp(Base32Encoding.ToBytes(secret)).ComputeTotp(DateTime.UtcNow.AddSeconds(30 * step));

    [Fact]
    public async Task APPROVE_162_with_login_and_otp_nobody_sees_or_decides_anything_by_his_password_alone()
    {
        await using var scene = await StartAsync(settings: ("approval.web.auth", "login+otp"));
        var hold = await scene.HoldAsync();
        var link = await scene.LinkAsync(hold);
        using var browser = scene.Open();
        // The first login, by the password: it leads to setting codes up, and to nothing else.
        await browser.LogInAsync(link, Bucho);
        Assert.Equal((HttpStatusCode.SeeOther, "/code?lang=ja"), (browser.Status, browser.Response.Headers.Location!.ToString()));
        foreach (var path in (string[])[link, "/list", "/mine", "/proxy", "/history", "/history.csv", "/trial", "/log/20261101"])
        {
            await browser.GetAsync(path);
            Assert.Equal((HttpStatusCode.SeeOther, "/code?lang=ja"), (browser.Status, browser.Response.Headers.Location!.ToString()));
        }
        await browser.GetAsync("/code");
        await browser.GetAsync("/code?act=begin");
        Assert.Equal(0, await scene.Database.ScalarAsync<long>("SELECT count(*) FROM page_factor"));
        await browser.SubmitAsync("/code", ("act", "begin"));
        var secret = Between(browser.Html, "<p class=\"codes\">", "</p>").Replace(" ", "", StringComparison.Ordinal);
        await browser.SubmitAsync("/code", ("act", "confirm"), ("otp", "000000"));
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        await browser.SubmitAsync("/code", ("act", "confirm"), ("otp", Code(secret, -1)));
        var recovery = Between(browser.Html, "<p class=\"codes\">", "<br>");
        Assert.Matches("^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$", recovery);
        Assert.Contains("okyaku", await browser.GetAsync(link), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, await browser.GetAsync("/code"), StringComparison.Ordinal);
        // Another browser: the password alone, a wrong code and one that was used open nothing.
        using var other = scene.Open();
        foreach (var code in (string[])["", "000000", Code(secret, -1), "AAAA-AAAA-AAAA-AAAA"])
        {
            await other.GetAsync(link);
            await other.SubmitAsync(link, ("account", Bucho), ("password", Password), ("otp", code));
            Assert.Equal(HttpStatusCode.Forbidden, other.Status);
            Assert.DoesNotContain("okyaku", other.Html, StringComparison.Ordinal);
        }
        Assert.Equal(4, await scene.Database.ScalarAsync<long>("SELECT count(*) FROM (SELECT record FROM audit UNION ALL SELECT record FROM audit_entry) r WHERE record LIKE '%\"type\":\"LOGIN_FAILED\"%'"));
        await other.SubmitAsync(link, ("account", Bucho), ("password", Password), ("otp", Code(secret, 0)));
        Assert.Contains("okyaku", await other.GetAsync(link), StringComparison.Ordinal);
        // A recovery code opens once.
        using var third = scene.Open();
        await third.GetAsync(link);
        await third.SubmitAsync(link, ("account", Bucho), ("password", Password), ("otp", recovery));
        Assert.Equal(HttpStatusCode.SeeOther, third.Status);
        using var fourth = scene.Open();
        await fourth.GetAsync(link);
        await fourth.SubmitAsync(link, ("account", Bucho), ("password", Password), ("otp", recovery));
        Assert.Equal(HttpStatusCode.Forbidden, fourth.Status);
    }

    [Fact]
    public async Task APPROVE_504_a_login_that_was_begun_without_codes_ends_when_they_are_asked_for_and_when_they_are_set_up()
    {
        await using var scene = await StartAsync();
        var hold = await scene.HoldAsync();
        var link = await scene.LinkAsync(hold);
        using var before = scene.Open();
        Assert.Contains("okyaku", await before.LogInAsync(link, Bucho), StringComparison.Ordinal);
        await before.GetAsync("/code");
        Assert.Equal(HttpStatusCode.NotFound, before.Status);
        await scene.SwitchAsync(("approval.web.auth", "login+otp"));
        Assert.Contains("type=\"password\"", await before.GetAsync(link), StringComparison.Ordinal);
        // Two browsers with the password alone; one of them sets the codes up, and the other one has nothing any more.
        using var own = scene.Open();
        using var thief = scene.Open();
        foreach (var browser in (Browser[])[own, thief])
        {
            await browser.GetAsync("/code");
            await browser.SubmitAsync("/code", ("account", Bucho), ("password", Password), ("otp", ""));
            await browser.GetAsync("/code");
        }
        await own.SubmitAsync("/code", ("act", "begin"));
        var secret = Between(own.Html, "<p class=\"codes\">", "</p>").Replace(" ", "", StringComparison.Ordinal);
        await own.SubmitAsync("/code", ("act", "confirm"), ("otp", Code(secret, 0)));
        Assert.Contains("okyaku", await own.GetAsync(link), StringComparison.Ordinal);
        await thief.SubmitAsync("/code", ("act", "begin"));
        Assert.Contains("type=\"password\"", thief.Html, StringComparison.Ordinal);
        Assert.Contains("type=\"password\"", await thief.GetAsync(link), StringComparison.Ordinal);
        Assert.Equal(1, await scene.Database.ScalarAsync<long>("SELECT count(*) FROM page_factor WHERE enabled_at IS NOT NULL"));
    }
}

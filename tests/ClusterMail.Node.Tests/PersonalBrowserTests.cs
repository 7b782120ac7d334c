using ClusterMail.Protocol;
using ClusterMail.Testing.Processes;
using static ClusterMail.Node.Tests.PageScene;

namespace ClusterMail.Node.Tests;

/// <summary>The pages of approvers, senders and administrators in a real browser, on a narrow telephone and on a desk, in both languages.</summary>
public sealed class PersonalBrowserTests
{
    [Fact]
    public async Task APPROVE_501_every_page_of_ones_own_fits_360_pixels_and_a_desk_in_both_languages_without_script_and_asks_nobody_for_anything()
    {
        await using var scene = await StartAsync("*@corp.example:0\n*:1::bucho@corp.example", ("approval.web.auth", "login+otp"), ("approval.admins", "bucho@corp.example"));
        var (first, second) = (await scene.HoldAsync(), await scene.HoldAsync(to: "a-rather-long-name-of-somebody@a-long-domain-of-a-customer.example,okyaku@client.example"));
        await scene.Database.ExecuteAsync("UPDATE hold SET requester = 'bucho@corp.example' WHERE id = $1", second.Id);
        await scene.Database.ExecuteAsync("INSERT INTO approval_proxy (approver, proxy, from_at, until_at, set_by, reason) VALUES ('bucho@corp.example', 'kacho@corp.example', now(), now() + interval '3 days', 'bucho@corp.example', '')");
        await scene.Database.ExecuteAsync("SELECT next_approval_version()");
        await scene.Database.ExecuteAsync("INSERT INTO hold_decision (hold_id, result_id, state, decided_by, channel, node, comment) VALUES ($1, 777, 'rejected', 'bucho@corp.example', 'web', 'n1', '金額を確認してください')", second.Id);
        await scene.Database.ExecuteAsync("UPDATE hold SET state = 'rejected' WHERE id = $1", second.Id);
        await scene.KnowsAsync(lists => lists.Register.Proxies.Any(), "the proxy is known");
        await using var browser = await Chromium.StartAsync("ja");
        await browser.ShowAsync(new Uri(scene.Site, "/list"), 360, 780, isPhone: true);
        await FitsAsync(browser, "login", "ja", 360);
        await BrowserTests.PressAsync(browser, $"document.querySelector('#account').value = '{Bucho}'; document.querySelector('#password').value = '{Password}'; document.querySelector('form.card button').click()", "button[value=begin]");
        await FitsAsync(browser, "code-begin", "ja", 360);
        await BrowserTests.PressAsync(browser, "document.querySelector('button[value=begin]').click()", ".codes");
        await FitsAsync(browser, "code-secret", "ja", 360);
        var secret = (await browser.EvaluateAsync("document.querySelector('.codes').innerText.replaceAll(' ', '')"))!.GetValue<string>();
        var code = new OtpNet.Totp(OtpNet.Base32Encoding.ToBytes(secret)).ComputeTotp();
        await BrowserTests.PressAsync(browser, $"document.querySelector('#otp').value = '{code}'; document.querySelector('button[value=confirm]').click()", ".codes br");
        await FitsAsync(browser, "code-recovery", "ja", 360);
        foreach (var (name, path) in ((string, string)[])[("list", "/list"), ("mine", "/mine"), ("proxy", "/proxy"), ("history", "/history"), ("trial", "/trial"), ("code", "/code"), ("decision", $"/h/{new MessageId(first.Id)}")])
            foreach (var language in (string[])["ja", "en"])
                foreach (var (width, height, isPhone) in ((int, int, bool)[])[(360, 780, true), (1280, 900, false)])
                {
                    var page = new Uri(scene.Site, $"{path}?lang={language}");
                    await browser.ShowAsync(page, width, height, isPhone);
                    Assert.Equal([page.ToString()], browser.Requests);
                    await FitsAsync(browser, name, language, width);
                }
        await browser.ShowAsync(new Uri(scene.Site, "/trial"), 360, 780, isPhone: true);
        await BrowserTests.PressAsync(browser, $"document.querySelector('#sender').value = '{User2}'; document.querySelector('#recipients').value = 'okyaku@client.example'; document.querySelector('form.card button').click()", "span.tag");
        await FitsAsync(browser, "trial-answer", "ja", 360);
    }

    /// <summary>No sideways scrolling, a heading, every button and link large enough for a finger, no script.</summary>
    private static async Task FitsAsync(Chromium browser, string name, string language, int width)
    {
        var where = $"{name} {language} {width}";
        await BrowserTests.LookAsync(browser, $"own-{name}-{language}-{width}");
        var wide = (await browser.EvaluateAsync("document.documentElement.scrollWidth"))!.GetValue<int>();
        Assert.True(wide <= width, $"{where}: the page is {wide} wide");
        Assert.Equal(language, (await browser.EvaluateAsync("document.documentElement.lang"))!.GetValue<string>());
        Assert.Equal("", (await browser.EvaluateAsync("""
            [...document.querySelectorAll('button, a.button, .menu a, summary')].map(e => [e, e.getBoundingClientRect()]).filter(([, r]) => r.width > 0 && (r.height < 40 || r.left < 0 || r.right > innerWidth + 1)).map(([e, r]) => e.innerText + ' ' + r.height).join()
            """))!.GetValue<string>());
        Assert.Equal((1, 0), ((await browser.EvaluateAsync("document.querySelectorAll('h1').length"))!.GetValue<int>(), (await browser.EvaluateAsync("document.scripts.length"))!.GetValue<int>()));
        // Every field says what it is for.
        Assert.Equal("", (await browser.EvaluateAsync("[...document.querySelectorAll('input:not([type=hidden]), textarea')].filter(e => !e.labels || e.labels.length === 0).map(e => e.name).join()"))!.GetValue<string>());
    }
}

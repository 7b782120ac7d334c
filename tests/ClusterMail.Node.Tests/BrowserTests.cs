using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Store.Approval;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Node.Tests;

/// <summary>The page in a real browser, on a telephone and on a desk, with mails that mean harm.</summary>
public sealed class BrowserTests
{
    private static readonly (int Width, int Height, bool IsPhone)[] Windows = [(390, 844, true), (1280, 900, false)];

    [Fact]
    public async Task APPROVE_500_hostile_mails_stay_inside_their_frame_ask_nobody_for_anything_and_leave_the_buttons_where_they_are()
    {
        using var elsewhere = new Elsewhere();
        await using var scene = await PageScene.StartAsync(settings: ("approval.web.auth", "link"));
        var pages = new Dictionary<string, (HoldRow Hold, string Link)>();
        foreach (var (name, content) in HostileMails.All)
        {
            var hold = await scene.HoldAsync(content);
            pages[name] = (hold, await scene.LinkAsync(hold));
        }
        await using var browser = await Chromium.StartAsync("ja", (HostileMails.Host, elsewhere.Address));
        foreach (var (name, (hold, link)) in pages)
            foreach (var language in (string[])["ja", "en"])
                foreach (var (width, height, isPhone) in Windows)
                {
                    var page = new Uri(scene.Site, $"{link}?lang={language}");
                    await browser.ShowAsync(page, width, height, isPhone);
                    await LookAsync(browser, $"{name}-{language}-{width}");
                    Assert.Equal([page.ToString()], browser.Requests);
                    await AssertWholeAsync(browser, name, language, width);
                    Assert.Equal(HoldState.Held, (await scene.AgainAsync(hold)).State);
                }
        await browser.ShowAsync(new Uri(scene.Site, pages["html"].Link), 1280, 900, isPhone: false);
        // Of the mail's own markup nothing is left that acts, as the browser itself reads it; and what the recipient would see is there.
        Assert.Equal("", (await browser.EvaluateAsync("""
            (() => { const mail = new DOMParser().parseFromString(document.querySelector('iframe').srcdoc, 'text/html');
              return [...mail.querySelectorAll('script,link,base,form,input,button,object,embed,video,audio,svg,math,iframe,a[href],[onload],[onerror],[background],meta[http-equiv],img:not([src^="data:"])')].map(e => e.outerHTML).join() })()
            """))!.GetValue<string>());
        Assert.Equal((1, 1, 0), ((await browser.EvaluateAsync("document.forms.length"))!.GetValue<int>(), (await browser.EvaluateAsync("document.querySelectorAll('iframe[sandbox=\"\"]').length"))!.GetValue<int>(),
            (await browser.EvaluateAsync("document.querySelectorAll('script,link,base,object,embed,img,svg').length"))!.GetValue<int>()));
        Assert.Contains(HostileMails.Visible, (await browser.EvaluateAsync("document.querySelector('iframe').srcdoc"))!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty(elsewhere.Heard);
        Assert.Empty(await TriedAsync(scene));
    }

    /// <summary>Nothing the page did counts as an attempt of anybody.</summary>
    private static async Task<IReadOnlyList<string>> TriedAsync(PageScene scene) =>
        await scene.Database.ScalarAsync<long>("SELECT count(*) FROM approval_failure") == 0 ? [] : ["attempts were counted"];

    /// <summary>No sideways scrolling, nothing over the buttons, a heading and a text of readable size, and no character that turns round what follows.</summary>
    private static async Task AssertWholeAsync(Chromium browser, string name, string language, int width)
    {
        var where = $"{name} {language} {width}";
        var wide = (await browser.EvaluateAsync("document.documentElement.scrollWidth"))!.GetValue<int>();
        Assert.True(wide <= width, $"{where}: the page is {wide} wide");
        var buttons = (await browser.EvaluateAsync("""
            [...document.querySelectorAll('form button[name=verb]')].map(b => { b.scrollIntoView({block: 'center'}); const r = b.getBoundingClientRect();
              const top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2); return [b.value, top === b, r.height >= 44, r.left >= 0 && r.right <= innerWidth].join() }).join(' ')
            """))!.GetValue<string>();
        Assert.Equal("approval,true,true,true reject,true,true,true", buttons);
        var gap = (await browser.EvaluateAsync("(() => { const [a, r] = [...document.querySelectorAll('form button[name=verb]')].map(b => b.getBoundingClientRect()); return r.top - a.bottom })()"))!.GetValue<double>();
        Assert.True(gap >= 20, $"{where}: approve and reject are {gap} apart (APPROVE-501)");
        Assert.Equal(language, (await browser.EvaluateAsync("document.documentElement.lang"))!.GetValue<string>());
        Assert.True((await browser.EvaluateAsync("document.querySelector('h1').getBoundingClientRect().height < innerHeight / 2 && parseFloat(getComputedStyle(document.body).fontSize) === 16"))!.GetValue<bool>(), where);
        Assert.Equal(0, (await browser.EvaluateAsync("document.scripts.length"))!.GetValue<int>());
        Assert.False((await browser.EvaluateAsync(@"/[\u202a-\u202e\u2066-\u2069\u200b]/.test(document.body.innerText)"))!.GetValue<bool>(), $"{where}: a character that deceives the eye is shown as it is");
    }

    [Fact]
    public async Task APPROVE_504_a_browser_logs_in_keeps_its_cookie_and_decides_without_any_script()
    {
        await using var scene = await PageScene.StartAsync();
        var hold = await scene.HoldAsync();
        await using var browser = await Chromium.StartAsync("en-US");
        await browser.ShowAsync(new Uri(scene.Site, await scene.LinkAsync(hold)), 390, 844, isPhone: true);
        await LookAsync(browser, "login");
        Assert.Equal("en", (await browser.EvaluateAsync("document.documentElement.lang"))!.GetValue<string>());
        await PressAsync(browser, $"document.querySelector('#account').value = '{PageScene.Bucho}'; document.querySelector('#password').value = '{PageScene.Password}'; document.querySelector('form.card button').click()", "textarea");
        await LookAsync(browser, "decision");
        await PressAsync(browser, "document.querySelector('#comment').value = 'fine'; document.querySelector('button[value=approval]').click()", ".big");
        await LookAsync(browser, "done");
        var decided = (await scene.AgainAsync(hold)).Decision!;
        Assert.Equal((HoldState.Approved, PageScene.Bucho, "fine"), ((await scene.AgainAsync(hold)).State, decided.Auth, decided.Comment));
        await browser.ShowAsync(new Uri(scene.Site, "/list"), 390, 844, isPhone: true);
        await LookAsync(browser, "list");
        Assert.Contains("No mail is waiting", (await browser.EvaluateAsync("document.body.innerText"))!.GetValue<string>(), StringComparison.Ordinal);
    }

    internal static async Task PressAsync(Chromium browser, string what, string then)
    {
        await browser.EvaluateAsync(what);
        await Until.TrueAsync(async () =>
        {
            try
            {
                return (await browser.EvaluateAsync($"document.readyState === 'complete' && !!document.querySelector('{then}')"))!.GetValue<bool>();
            }
            catch (InvalidOperationException)
            {
                // Between two pages there is nothing to ask.
                return false;
            }
        }, PageScene.Patience, then);
    }

    /// <summary>For people: pictures of what the test saw, where they say they want them.</summary>
    internal static async Task LookAsync(Chromium browser, string name)
    {
        if (Environment.GetEnvironmentVariable("CLUSTERMAIL_SCREENSHOTS") is not { Length: > 0 } folder)
            return;
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}.png"), await browser.ScreenshotAsync());
    }

    /// <summary>Stands for a host outside: takes connections, and remembers what they said.</summary>
    private sealed class Elsewhere : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _heard = new();

        public Elsewhere()
        {
            _listener.Start();
            _ = ListenAsync();
        }

        public string Address => _listener.LocalEndpoint.ToString()!;
        public IReadOnlyCollection<string> Heard => _heard;

        private async Task ListenAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var buffer = new byte[2000];
                    var count = await client.GetStream().ReadAsync(buffer);
                    _heard.Enqueue(Encoding.Latin1.GetString(buffer, 0, count));
                }
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException or IOException)
            {
                // The test is over.
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}

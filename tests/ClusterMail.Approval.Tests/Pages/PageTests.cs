using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tests.Notices;
using ClusterMail.Approval.Tests.Tokens;

namespace ClusterMail.Approval.Tests.Pages;

public class PageTests
{
    private static PageFrame Frame(Language language = Language.Japanese) => new() { Language = language, Zone = NoticeSample.Tokyo, Path = "/a/B0000500101/secret" };

    private static DecisionPage Page(HeldCase? held = null, Language language = Language.Japanese) => new() { Frame = Frame(language), Held = held ?? NoticeSample.Held(), Guard = "1.k1.mac" };

    [Fact]
    public void APPROVE_161_the_page_decides_by_POST_only_and_with_the_anti_forgery_value()
    {
        var html = Page().Render();
        var form = Assert.Single(Regex.Matches(html, "<form[^>]*>"));
        Assert.Contains("method=\"post\"", form.Value, StringComparison.Ordinal);
        Assert.Contains("name=\"guard\" value=\"1.k1.mac\"", html, StringComparison.Ordinal);
        Assert.Contains("name=\"verb\" value=\"approval\"", html, StringComparison.Ordinal);
        Assert.Contains("name=\"verb\" value=\"reject\"", html, StringComparison.Ordinal);
        Assert.DoesNotMatch("href=\"[^\"]*(approval|reject)", html);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_70_the_decision_is_bound_to_the_content_that_is_shown()
    {
        var html = Page().Render();
        Assert.Contains($"name=\"sha256\" value=\"{Vectors.ContentSha256}\"", html, StringComparison.Ordinal);
        Assert.Contains($"SHA-256 {Vectors.ContentSha256}", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Language.Japanese, "承認して送信する", "却下する", "送信先アドレス", "lang=en")]
    [InlineData(Language.English, "Approve and send", "Reject", "Recipients", "lang=ja")]
    public void APPROVE_124_the_page_shows_the_mail_in_both_languages(Language language, string approve, string reject, string recipients, string other)
    {
        var held = NoticeSample.Held("outlook-iso2022jp.eml") with { Recipients = [Sample.Box("okyaku@client.example"), Sample.Box("himitsu@client.example")] };
        var html = Page(held, language).Render();
        Assert.All([approve, reject, recipients, other, "okyaku@client.example", "見積書の件", "見積書.pdf"], text => Assert.Contains(text, html, StringComparison.Ordinal));
        Assert.Matches("himitsu@client.example <span class=\"bcc\">\\(Bcc\\)</span>", html);
        Assert.DoesNotMatch("okyaku@client.example <span class=\"bcc\">", html);
        Assert.Contains(held.Mail.Attachments[0].Sha256, html, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_102_what_the_sender_wrote_is_never_markup_of_the_page()
    {
        const string Attack = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
        var mail = Sample.View(Encoding.UTF8.GetBytes(
            $"From: {Attack}\r\nSubject: {Attack}\r\nX-Evil: {Attack}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n{Attack}\r\n--x\r\n"
            + $"Content-Type: text/html\r\n\r\n<p>{Attack}</p></iframe><script>parent.alert(1)</script>\r\n--x\r\nContent-Type: application/pdf; name=\"a'><script>.pdf\"\r\n\r\nx\r\n--x--\r\n"));
        var held = NoticeSample.Held() with { Mail = mail, RequesterName = Attack, Note = Attack, Recipients = [Sample.Box($"\"{Attack}\"@client.example")], Warnings = [new CaseWarning(CaseWarningKind.NewDomain, Attack)] };
        foreach (var html in (string[])[Page(held).Render(), (Page(held) with { Comment = Attack, Fault = Attack }).Render(), new ResultPage.Done(held, Verb.Approve, true).Render(Frame()), Waiting(held).Render()])
        {
            Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotMatch("<[^>]*\\sonerror", Regex.Replace(html, "srcdoc=\"[^\"]*\"", ""));
        }
    }

    [Fact]
    public void APPROVE_124_the_HTML_of_the_mail_stands_in_a_frame_without_any_right()
    {
        var html = Page(NoticeSample.Held("html-newsletter.eml")).Render();
        var frame = Assert.Single(Regex.Matches(Regex.Replace(html, "srcdoc=\"[^\"]*\"", ""), "<iframe[^>]*>"));
        Assert.Contains("sandbox=\"\"", frame.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("allow", frame.Value, StringComparison.Ordinal);
        Assert.DoesNotContain(" src=", frame.Value, StringComparison.Ordinal);
        Assert.Contains("外部の画像 1 件は表示していません。", html, StringComparison.Ordinal);
        Assert.Contains("https://www.corp.example/new?x=1&amp;y=2", html, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_102_the_policy_of_the_page_lets_nothing_in_and_knows_its_own_sheets()
    {
        var policy = PageStyle.ContentSecurityPolicy;
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.Contains("form-action 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch("script-src|connect-src|http:|https:|\\*", policy);
        var sheet = Regex.Match(Page().Render(), "<style>(.*?)</style>", RegexOptions.Singleline).Groups[1].Value;
        Assert.Contains($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(sheet)))}'", policy, StringComparison.Ordinal);
        Assert.Equal("no-referrer", PageStyle.Headers["Referrer-Policy"]);
        Assert.Equal("no-store", PageStyle.Headers["Cache-Control"]);
    }

    [Fact]
    public void APPROVE_102_the_pages_refer_to_nothing_outside()
    {
        var html = Page(NoticeSample.Held("html-newsletter.eml")).Render();
        Assert.DoesNotMatch("<(link|script|img|video|audio|object|embed)\\b", html);
        Assert.DoesNotMatch("(src|href|action)=\"(https?:)?//", html);
    }

    [Fact]
    public void APPROVE_144_a_rejection_without_its_reason_comes_back_with_what_was_written()
    {
        var html = (Page() with { IsReasonRequired = true, Comment = "<b>" }).WithReasonMissing().Render();
        Assert.Contains("却下の理由を入力してください。まだ何も決定されていません。", html, StringComparison.Ordinal);
        Assert.Contains("却下する場合は必須", html, StringComparison.Ordinal);
        Assert.Contains(">&lt;b&gt;</textarea>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_206_a_proxy_sees_for_whom_he_decides() =>
        Assert.Contains("bucho@corp.example の代理として決定します。", (Page() with { ProxyOf = Vectors.Bucho }).Render(), StringComparison.Ordinal);

    [Fact]
    public void APPROVE_163_after_the_decision_the_link_only_shows_the_result()
    {
        var decided = new ResultPage.AlreadyDecided(NoticeSample.Held(), NoticeSample.Result(HoldStatus.Approved).Decision);
        var html = decided.Render(Frame());
        Assert.Equal(200, decided.Status);
        Assert.Contains("すでに決定されています", html, StringComparison.Ordinal);
        Assert.Contains("bucho@corp.example ・ 2026/11/24 10:16:19 (+09:00) ・ 承認されました", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<form", html, StringComparison.Ordinal);
        Assert.DoesNotContain("hello", html, StringComparison.Ordinal);
    }

    public static TheoryData<ResultPage, int, string, string> Results => new()
    {
        { new ResultPage.Done(NoticeSample.Held(), Verb.Approve, true), 200, "承認しました", "Approved" },
        { new ResultPage.Done(NoticeSample.Held(), Verb.Approve, false), 200, "承認を受け付けました", "Your approval is counted" },
        { new ResultPage.Done(NoticeSample.Held(), Verb.Reject, true), 200, "却下しました", "Rejected" },
        { new ResultPage.LinkEnded(), 404, "このリンクは使えません", "This link does not work" },
        { new ResultPage.NotForYou(), 403, "あなた宛のページではありません", "This page is not for you" },
        { new ResultPage.OwnMail(), 403, "自分のメールは決定できません", "Nobody decides on his own mail" },
        { new ResultPage.Locked(), 429, "一時的に受け付けていません", "Not taken for a while" },
        { new ResultPage.PostRefused(), 403, "操作を受け付けられませんでした", "This was not taken" },
        { new ResultPage.Unavailable(), 503, "ただいま利用できません", "Not available right now" },
        { new ResultPage.Withdrawn(NoticeSample.Held()), 200, "取り消しました", "Taken back" },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public void APPROVE_77_and_163_every_end_has_a_page_that_says_what_happened(ResultPage page, int status, string japanese, string english)
    {
        Assert.Equal(status, page.Status);
        Assert.Contains($"<h1>{japanese}</h1>", page.Render(Frame()), StringComparison.Ordinal);
        Assert.Contains($"<h1>{english}</h1>", page.Render(Frame(Language.English)), StringComparison.Ordinal);
    }

    private static WaitingPage Waiting(HeldCase held) => new()
    {
        Frame = Frame(),
        Entries = [new WaitingPage.Entry(new WaitingEntry(held, null, null, Vectors.Bucho, TimeSpan.FromMinutes(75)), "/a/B0000500101/secret")],
        Total = 120,
        Guard = "g",
        NextPath = "/waiting?after=1",
    };

    [Fact]
    public void APPROVE_232_the_waiting_list_leads_to_each_mail_and_decides_several()
    {
        var html = Waiting(NoticeSample.Held()).Render();
        Assert.Contains("全 120 件", html, StringComparison.Ordinal);
        Assert.Contains("name=\"hold\" value=\"B0000500101\"", html, StringComparison.Ordinal);
        Assert.Contains("href=\"/a/B0000500101/secret\"", html, StringComparison.Ordinal);
        Assert.Contains("1 時間 15 分", html, StringComparison.Ordinal);
        Assert.Contains("bucho@corp.example の代理", html, StringComparison.Ordinal);
        Assert.Contains("一度に 50 件まで", html, StringComparison.Ordinal);
        Assert.Contains("/waiting?after=1", html, StringComparison.Ordinal);
        Assert.Contains("承認待ちのメールはありません。", (Waiting(NoticeSample.Held()) with { Entries = [], Total = 0 }).Render(), StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_162_the_login_asks_for_a_code_only_where_it_is_needed()
    {
        var page = new LoginPage { Frame = Frame(), Guard = "g" };
        Assert.DoesNotContain("name=\"otp\"", page.Render(), StringComparison.Ordinal);
        Assert.Contains("name=\"otp\"", (page with { WantsOneTimeCode = true }).Render(), StringComparison.Ordinal);
        Assert.Contains("ログインできませんでした。", (page with { HasFailed = true }).Render(), StringComparison.Ordinal);
        Assert.Contains("autocomplete=\"current-password\"", page.Render(), StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_233_the_sender_takes_his_mail_back_by_POST()
    {
        var html = new WithdrawPage { Frame = Frame(), Groups = [NoticeSample.Held(), NoticeSample.Held(number: 500102)], Guard = "g" }.Render();
        Assert.Contains("method=\"post\"", html, StringComparison.Ordinal);
        Assert.Contains("<dt>B0000500102</dt>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"verb\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_124_what_cannot_be_shown_is_said_at_the_top()
    {
        var held = NoticeSample.Held() with { Mail = Sample.View(Encoding.ASCII.GetBytes("From: a@b.example\r\n\r\n" + new string('x', 300_000))) };
        Assert.Contains("このメールは完全には表示できません。", Page(held).Render(), StringComparison.Ordinal);
    }
}

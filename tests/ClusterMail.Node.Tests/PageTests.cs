using System.Net;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using static ClusterMail.Node.Tests.PageScene;

namespace ClusterMail.Node.Tests;

/// <summary>The decision page as a node serves it, from the request in the queue to the mail that leaves.</summary>
public sealed class PageTests
{
    [Fact]
    public async Task APPROVE_160_the_link_of_a_request_leads_through_the_login_to_a_decision_that_releases_the_mail()
    {
        await using var scene = await StartAsync();
        var hold = await scene.HoldAsync();
        var link = await scene.LinkAsync(hold);
        using var browser = scene.Open();
        var page = await browser.LogInAsync(link, Bucho);
        Assert.All(["見積", "鈴木 花子 &lt;user2@corp.example&gt;", "okyaku@client.example", "承認して送信する"], text => Assert.Contains(text, page, StringComparison.Ordinal));
        Assert.Contains("承認しました", await browser.SubmitAsync(link, ("verb", "approval"), ("comment", "どうぞ")), StringComparison.Ordinal);
        var approved = await scene.AgainAsync(hold);
        Assert.Equal((HoldState.Approved, Bucho, "web", "127.0.0.1", Bucho, "どうぞ"),
            (approved.State, approved.Decision!.By, approved.Decision.Channel, approved.Decision.ClientAddress, approved.Decision.Auth, approved.Decision.Comment));
        Assert.EndsWith("\r\n\r\nhello\r\n", Encoding.UTF8.GetString(await scene.ReleasedAsync(hold)), StringComparison.Ordinal);
        Assert.Contains("どうぞ", (await scene.MailAsync($"{new MessageId(approved.Decision.ResultId)}-N0001", User2)).TextBody, StringComparison.Ordinal);
        var audit = await scene.AuditedAsync(hold);
        Assert.Contains($"CONTENT_SHOWN OK web {Bucho}", audit);
        Assert.Contains($"APPROVED OK web {Bucho}", audit);
        // Only the hash of the secret is kept (APPROVE-160).
        var secret = link.Split('/')[^1];
        Assert.Equal(0, await scene.Database.ScalarAsync<long>("SELECT count(*) FROM approval_link WHERE position(convert_to($1, 'UTF8') IN hash) > 0", secret));
        Assert.DoesNotContain(await scene.AuditedAsync(hold), line => line.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_161_neither_GET_nor_HEAD_nor_a_POST_without_the_page_decides_or_uses_the_link_up()
    {
        await using var scene = await StartAsync(settings: ("approval.web.auth", "link"));
        var hold = await scene.HoldAsync();
        var link = await scene.LinkAsync(hold);
        using var browser = scene.Open();
        foreach (var path in (string[])[link, $"{link}?verb=approval", $"{link}?verb=approval&guard=1.k1.x", $"{link}?lang=en"])
            for (var i = 0; i < 2; i++)
            {
                await browser.GetAsync(path);
                Assert.Equal(HttpStatusCode.OK, browser.Status);
                await browser.SendAsync(HttpMethod.Head, path, null);
                Assert.Equal((HttpStatusCode.OK, ""), (browser.Status, browser.Html));
            }
        var page = await browser.GetAsync(link);
        var sha = Convert.ToHexStringLower(hold.Mail.Sha256);
        // Without the value, with somebody's own, with another content, from another site.
        await browser.PostAsync(link, new() { ["verb"] = "approval", ["sha256"] = sha });
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        await browser.PostAsync(link, new() { ["verb"] = "approval", ["sha256"] = sha, ["guard"] = "1790000000.k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" });
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        var guard = Regex(page, "name=\"guard\" value=\"([^\"]+)\"");
        await browser.PostAsync(link, new() { ["verb"] = "approval", ["sha256"] = new string('0', 64), ["guard"] = guard });
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        await browser.PostAsync(link, new() { ["verb"] = "approval", ["sha256"] = sha, ["guard"] = guard }, ("Sec-Fetch-Site", "cross-site"));
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        foreach (var method in (string[])["PUT", "DELETE", "OPTIONS", "TRACE"])
        {
            await browser.SendAsync(new HttpMethod(method), link, null);
            Assert.Equal(HttpStatusCode.NotFound, browser.Status);
        }
        Assert.Equal((HoldState.Held, 1), ((await scene.AgainAsync(hold)).State, (await scene.AgainAsync(hold)).Version));
        Assert.Equal(4, (await scene.AuditedAsync(hold)).Count(line => line == "ATTEMPT BAD_TOKEN web link"));
        Assert.Contains("承認しました", await browser.PostAsync(link, new() { ["verb"] = "approval", ["sha256"] = sha, ["guard"] = guard }), StringComparison.Ordinal);
        Assert.Equal(("link", HoldState.Approved), ((await scene.AgainAsync(hold)).Decision!.Auth, (await scene.AgainAsync(hold)).State));
    }

    [Fact]
    public async Task EX_APPR_16_the_web_page_from_the_scanner_to_the_second_tab()
    {
        await using var scene = await StartAsync();
        var hold = await scene.HoldAsync();
        var link = await scene.LinkAsync(hold);
        using var scanner = scene.Open();
        for (var i = 0; i < 5; i++)
            await scanner.GetAsync(link);
        Assert.Equal((HoldState.Held, 1), ((await scene.AgainAsync(hold)).State, (await scene.AgainAsync(hold)).Version));
        Assert.DoesNotContain(await scene.AuditedAsync(hold), line => line.StartsWith("ATTEMPT", StringComparison.Ordinal));
        // The same link in the hands of somebody else who can log in and is not asked.
        using var other = scene.Open();
        await other.LogInAsync(link, "user1@corp.example");
        Assert.Contains("ATTEMPT NOT_APPROVER web user1@corp.example", await scene.AuditedAsync(hold));

        using var browser = scene.Open();
        await browser.LogInAsync(link, Bucho);
        var sha = Convert.ToHexStringLower(hold.Mail.Sha256);
        var guard = Regex(browser.Html, "name=\"guard\" value=\"([^\"]+)\"");
        await browser.PostAsync(link, new() { ["verb"] = "approval", ["sha256"] = sha });
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        Assert.Contains($"ATTEMPT BAD_TOKEN web {Bucho}", await scene.AuditedAsync(hold));
        Assert.Contains("承認しました", await browser.PostAsync(link, new() { ["verb"] = "approval", ["sha256"] = sha, ["guard"] = guard }), StringComparison.Ordinal);
        var approved = await scene.AgainAsync(hold);
        Assert.Equal((HoldState.Approved, "web"), (approved.State, approved.Decision!.Channel));
        // The second tab was opened before.
        Assert.Contains("すでに決定されています", await browser.PostAsync(link, new() { ["verb"] = "reject", ["sha256"] = sha, ["guard"] = guard }), StringComparison.Ordinal);
        Assert.Equal(HoldState.Approved, (await scene.AgainAsync(hold)).State);
    }

    [Fact]
    public async Task APPROVE_163_after_a_decision_the_link_and_a_repeated_POST_only_show_by_whom_and_when()
    {
        await using var scene = await StartAsync(settings: ("approval.web.auth", "link"));
        var hold = await scene.HoldAsync();
        var (own, other) = (await scene.LinkAsync(hold), await scene.LinkAsync(hold, Kacho));
        using var first = scene.Open();
        using var second = scene.Open();
        await first.GetAsync(own);
        await second.GetAsync(other);
        Assert.Contains("却下しました", await first.SubmitAsync(own, ("verb", "reject"), ("comment", "wrong price")), StringComparison.Ordinal);
        // The other tab, the back button, and the same again.
        Assert.Contains("すでに決定されています", await second.SubmitAsync(other, ("verb", "approval")), StringComparison.Ordinal);
        Assert.Contains(Bucho, second.Html, StringComparison.Ordinal);
        await first.GetAsync(own);
        Assert.Contains("すでに決定されています", first.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<textarea", first.Html, StringComparison.Ordinal);
        Assert.Contains("rejected, not sent", await first.GetAsync($"{own}?lang=en"), StringComparison.Ordinal);
        var state = await scene.AgainAsync(hold);
        Assert.Equal((HoldState.Rejected, "wrong price"), (state.State, state.Decision!.Comment));
        Assert.Contains("ATTEMPT LATE web link", await scene.AuditedAsync(hold));
        Assert.Equal(0, await scene.Database.ScalarAsync<long>("SELECT count(*) FROM hold_job WHERE kind = 'release'"));
    }

    [Fact]
    public async Task APPROVE_160_unknown_expired_and_forged_links_get_the_same_answer_octet_by_octet()
    {
        await using var scene = await StartAsync();
        var (hold, other) = (await scene.HoldAsync(), await scene.HoldAsync());
        var link = await scene.LinkAsync(hold);
        var secret = link.Split('/')[^1];
        var expired = await scene.LinkAsync(other);
        await scene.Database.ExecuteAsync("DELETE FROM approval_link WHERE hold_id = $1", other.Id);
        using var browser = scene.Open();
        string[] paths = [
            $"/a/{new MessageId(hold.Id)}/{new string('A', 43)}", $"/a/B0009999999/{secret}", $"/a/{new MessageId(other.Id)}/{secret}", expired, $"{link[..^1]}", $"{link}x", $"{link}/", "/a/", "/nothing", "/api/v1/cluster", "/metrics", "/..%2f..%2fetc/passwd"];
        var answers = new List<string>();
        foreach (var path in paths)
        {
            var html = await browser.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, browser.Status);
            // The page links to itself in the other language; that is all that differs.
            answers.Add(System.Text.RegularExpressions.Regex.Replace(html, "href=\"[^\"]*\\?lang=en\"", "") + string.Join(';', browser.Response.Headers.Where(header => header.Key != "Date").Select(header => $"{header.Key}:{string.Join(',', header.Value)}")));
        }
        Assert.Single(answers.Distinct());
        Assert.DoesNotContain("user2", answers[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_506_a_forwarded_link_shows_nothing_to_somebody_else_and_is_audited()
    {
        await using var scene = await StartAsync();
        var hold = await scene.HoldAsync();
        var link = await scene.LinkAsync(hold);
        using var stranger = scene.Open();
        var page = await stranger.LogInAsync(link, "user1@corp.example");
        Assert.Equal(HttpStatusCode.Forbidden, stranger.Status);
        Assert.Contains("あなた宛のページではありません", page, StringComparison.Ordinal);
        Assert.DoesNotContain("okyaku", page, StringComparison.Ordinal);
        using var sender = scene.Open();
        Assert.Contains("自分のメールは決定できません", await sender.LogInAsync(link, User2), StringComparison.Ordinal);
        Assert.DoesNotContain("okyaku", sender.Html, StringComparison.Ordinal);
        // Another approver of the same mail decides in his own name, whoever's link he has.
        using var colleague = scene.Open();
        Assert.Contains("okyaku", await colleague.LogInAsync(link, Kacho), StringComparison.Ordinal);
        Assert.Contains("承認しました", await colleague.SubmitAsync(link, ("verb", "approval")), StringComparison.Ordinal);
        Assert.Equal(Kacho, (await scene.AgainAsync(hold)).Decision!.By);
        var audit = await scene.AuditedAsync(hold);
        Assert.Contains("ATTEMPT NOT_APPROVER web user1@corp.example", audit);
        Assert.Contains($"ATTEMPT SELF_APPROVAL web {User2}", audit);
    }

    [Fact]
    public async Task APPROVE_504_a_login_that_fails_says_one_thing_and_one_that_holds_ends_with_the_password()
    {
        await using var scene = await StartAsync();
        var link = await scene.LinkAsync(await scene.HoldAsync());
        using var browser = scene.Open();
        var answers = new List<string>();
        foreach (var (account, password) in ((string, string)[])[(Bucho, "wrong"), ("nobody@corp.example", "wrong"), ("nobody@client.example", Password), (Bucho, ""), ("x", "y")])
        {
            await browser.LogInAsync(link, account, password);
            Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
            answers.Add(System.Text.RegularExpressions.Regex.Replace(browser.Html, "name=\"guard\" value=\"[^\"]+\"", ""));
        }
        Assert.Single(answers.Distinct());
        Assert.Null(browser.SetCookie);
        Assert.Contains("見積", await browser.LogInAsync(link, Bucho), StringComparison.Ordinal);
        Assert.All(["__Host-approval=", "path=/", "secure", "httponly", "samesite=lax"], part => Assert.Contains(part, browser.SetCookie, StringComparison.Ordinal));
        Assert.Contains("見積", await browser.GetAsync("/list"), StringComparison.Ordinal);
        await scene.Database.ExecuteAsync("UPDATE account SET password_hash = password_hash || 'x' WHERE name = 'bucho'");
        Assert.Contains("type=\"password\"", await browser.GetAsync(link), StringComparison.Ordinal);
        Assert.DoesNotContain("見積", browser.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_232_several_mails_are_decided_from_the_list_each_with_an_audit_of_its_own()
    {
        await using var scene = await StartAsync();
        var holds = new[] { await scene.HoldAsync(), await scene.HoldAsync(), await scene.HoldAsync() };
        using var browser = scene.Open();
        var list = await browser.LogInAsync("/list", Bucho);
        Assert.All(holds, hold => Assert.Contains($"/h/{new MessageId(hold.Id)}", list, StringComparison.Ordinal));
        var guard = Regex(list, "name=\"guard\" value=\"([^\"]+)\"");
        var form = new FormUrlEncodedContent([new("guard", guard), new("verb", "approval"), new("hold", new MessageId(holds[0].Id).ToString()), new("hold", new MessageId(holds[1].Id).ToString()), new("hold", "B0009999999")]);
        Assert.Contains("2 件を承認しました。 1 件はすでに", await browser.SendAsync(HttpMethod.Post, "/list", form), StringComparison.Ordinal);
        Assert.Equal([HoldState.Approved, HoldState.Approved, HoldState.Held], [(await scene.AgainAsync(holds[0])).State, (await scene.AgainAsync(holds[1])).State, (await scene.AgainAsync(holds[2])).State]);
        foreach (var hold in holds[..2])
            Assert.Contains($"APPROVED OK web {Bucho}", await scene.AuditedAsync(hold));
        // One of them by the path of the list; no secret is in it, so a stranger meets the login.
        Assert.Contains("承認して送信する", await browser.GetAsync($"/h/{new MessageId(holds[2].Id)}"), StringComparison.Ordinal);
        using var stranger = scene.Open();
        Assert.Contains("type=\"password\"", await stranger.GetAsync($"/h/{new MessageId(holds[2].Id)}"), StringComparison.Ordinal);
        Assert.Equal(stranger.Html.Length, (await stranger.GetAsync("/h/B0009999999")).Length);
    }

    [Fact]
    public async Task APPROVE_233_a_sender_takes_his_mail_back_on_the_page_his_notice_names()
    {
        await using var scene = await StartAsync();
        var hold = await scene.HoldAsync();
        var notice = await scene.MailAsync($"{new MessageId(hold.Id)}-S0001", User2);
        var path = $"/w/{new MessageId(hold.Id)}";
        Assert.Contains($"https://approve.corp.example{path}", notice.TextBody, StringComparison.Ordinal);
        Assert.DoesNotContain("/a/", notice.TextBody, StringComparison.Ordinal);
        using var other = scene.Open();
        Assert.Contains("このリンクは使えません", await other.LogInAsync(path, Bucho), StringComparison.Ordinal);
        using var browser = scene.Open();
        await browser.LogInAsync(path, User2);
        Assert.Contains("取り消しました", await browser.SubmitAsync(path), StringComparison.Ordinal);
        Assert.Equal(HoldState.Withdrawn, (await scene.AgainAsync(hold)).State);
        Assert.Equal("取消通知(user2@corp.example)見積", (await scene.MailAsync($"{new MessageId((await scene.AgainAsync(hold)).Decision!.ResultId)}-N0001", Bucho)).Subject);
    }

    [Fact]
    public async Task APPROVE_500_the_mail_is_downloaded_only_where_its_domain_allows_it_and_never_opened_by_the_browser()
    {
        await using var scene = await StartAsync(settings: [("approval.web.auth", "link"), ("approval.web.allow_download", "corp.example")]);
        var hold = await scene.HoldAsync("From: user2@corp.example\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n");
        var link = await scene.LinkAsync(hold);
        using var browser = scene.Open();
        Assert.Contains($"href=\"{link}/original.eml\"", await browser.GetAsync(link), StringComparison.Ordinal);
        var file = await browser.GetAsync($"{link}/original.eml");
        Assert.Contains("<script>alert(1)</script>", file, StringComparison.Ordinal);
        Assert.Equal(("application/octet-stream", "attachment", $"{new MessageId(hold.Id)}.eml", "default-src 'none'; sandbox", "nosniff"),
            (browser.Response.Content.Headers.ContentType!.MediaType, browser.Response.Content.Headers.ContentDisposition!.DispositionType, browser.Response.Content.Headers.ContentDisposition.FileName,
            browser.Response.Headers.GetValues("Content-Security-Policy").Single(), browser.Response.Headers.GetValues("X-Content-Type-Options").Single()));
        Assert.Equal(hold.Mail.Sha256, System.Security.Cryptography.SHA256.HashData(Encoding.Latin1.GetBytes(file)));
        await browser.GetAsync($"/a/{new MessageId(hold.Id)}/{new string('A', 43)}/original.eml");
        Assert.Equal(HttpStatusCode.NotFound, browser.Status);
    }

    [Fact]
    public async Task APPROVE_86_one_address_is_slowed_down_and_only_a_trusted_balancer_may_name_another()
    {
        await using var scene = await StartAsync(settings: [("approval.web.requests_per_minute", "25"), ("approval.web.auth", "link")]);
        var hold = await scene.HoldAsync();
        var link = await scene.LinkAsync(hold);
        using var browser = scene.Open();
        for (var i = 0; i < 60 && browser.Response?.StatusCode != HttpStatusCode.TooManyRequests; i++)
            await browser.GetAsync(link, ("X-Forwarded-For", $"198.51.100.{i}"));
        Assert.Equal((HttpStatusCode.TooManyRequests, "60"), (browser.Status, browser.Response!.Headers.RetryAfter!.ToString()));
        Assert.DoesNotContain("okyaku", browser.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_89_behind_a_trusted_balancer_the_audit_has_the_address_it_names()
    {
        await using var scene = await StartAsync(settings: [("approval.web.proxies", "127.0.0.0/8"), ("approval.web.auth", "link")]);
        var hold = await scene.HoldAsync();
        var link = await scene.LinkAsync(hold);
        using var browser = scene.Open();
        // What the client itself has put in front counts for nothing.
        await browser.GetAsync(link, ("X-Forwarded-For", "203.0.113.9, 198.51.100.7"));
        var guard = Regex(browser.Html, "name=\"guard\" value=\"([^\"]+)\"");
        await browser.PostAsync(link, new() { ["verb"] = "reject", ["guard"] = guard, ["sha256"] = Convert.ToHexStringLower(hold.Mail.Sha256) }, ("X-Forwarded-For", "203.0.113.9, 198.51.100.7"));
        Assert.Equal("198.51.100.7", (await scene.AgainAsync(hold)).Decision!.ClientAddress);
    }

    [Fact]
    public async Task APPROVE_144_a_comment_is_cut_a_reason_is_asked_for_and_a_body_has_its_limit()
    {
        await using var scene = await StartAsync(settings: [("approval.reject_reason_required", "true"), ("approval.web.auth", "link")]);
        var hold = await scene.HoldAsync();
        var link = await scene.LinkAsync(hold);
        using var browser = scene.Open();
        await browser.GetAsync(link);
        Assert.Contains("却下の理由を入力してください。まだ何も決定されていません。", await browser.SubmitAsync(link, ("verb", "reject"), ("comment", " \r\n ")), StringComparison.Ordinal);
        await browser.PostAsync(link, new() { ["verb"] = "reject", ["comment"] = new string('x', 200_000) });
        Assert.False(browser.Response.IsSuccessStatusCode);
        Assert.Equal(HoldState.Held, (await scene.AgainAsync(hold)).State);
        await browser.GetAsync(link);
        await browser.SubmitAsync(link, ("verb", "reject"), ("comment", new string('理', 3000)));
        Assert.Equal(2000, (await scene.AgainAsync(hold)).Decision!.Comment.Length);
    }

    [Fact]
    public async Task APPROVE_46_an_approver_outside_decides_on_the_page_only()
    {
        await using var scene = await StartAsync("*:1::partner@client.example", ("approval.allow_external_approver", "true"));
        var hold = await scene.HoldAsync("Subject: x\r\n\r\nhello", "tanto@partner.example");
        Assert.Equal("partner@client.example", Assert.Single(hold.Approvers).Address);
        var link = await scene.LinkAsync(hold, "partner@client.example");
        Assert.DoesNotContain("subject=approval_", (await scene.MailAsync($"{new MessageId(hold.Id)}-A0001", "partner@client.example")).TextBody, StringComparison.Ordinal);
        using var browser = scene.Open();
        Assert.Contains("承認して送信する", await browser.GetAsync(link), StringComparison.Ordinal);
        await browser.SubmitAsync(link, ("verb", "approval"));
        Assert.Equal(("partner@client.example", "link"), ((await scene.AgainAsync(hold)).Decision!.By, (await scene.AgainAsync(hold)).Decision!.Auth));
    }

    [Fact]
    public async Task APPROVE_501_a_mail_with_a_warning_is_approved_only_when_asked_twice()
    {
        await using var scene = await StartAsync(settings: ("approval.web.auth", "link"));
        await scene.HoldAsync("Message-ID: <same@corp.example>\r\nSubject: x\r\n\r\nhello");
        var hold = await scene.HoldAsync("Message-ID: <same@corp.example>\r\nSubject: x\r\n\r\nhello");
        Assert.NotNull(hold.Mail.LikeId);
        var link = await scene.LinkAsync(hold);
        using var browser = scene.Open();
        await browser.GetAsync(link);
        Assert.Contains("まだ何も決定されていません。", await browser.SubmitAsync(link, ("verb", "approval")), StringComparison.Ordinal);
        Assert.Equal(HoldState.Held, (await scene.AgainAsync(hold)).State);
        Assert.Contains("承認しました", await browser.SubmitAsync(link, ("verb", "approval")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_504_the_page_speaks_TLS_with_the_certificate_of_the_node_and_its_answers_lock_the_browser_down()
    {
        using var authority = new CertificateAuthority();
        var pair = authority.Issue("approve.corp.example");
        await using var scene = await StartAsync(settings: [("approval.web.tls", "true"), ("tls.certificate", pair.Certificate), ("tls.key", pair.Key), ("approval.web.auth", "link")]);
        var link = await scene.LinkAsync(await scene.HoldAsync());
        using var browser = scene.Open();
        Assert.Contains("見積", await browser.GetAsync(link), StringComparison.Ordinal);
        string Header(string name) => string.Join(',', browser.Response.Headers.GetValues(name));
        Assert.Equal(("max-age=31536000", "no-store", "no-referrer", "nosniff", "DENY"),
            (Header("Strict-Transport-Security"), Header("Cache-Control"), Header("Referrer-Policy"), Header("X-Content-Type-Options"), Header("X-Frame-Options")));
        Assert.StartsWith("default-src 'none'; ", Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.False(browser.Response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task APPROVE_23_the_page_opens_moves_and_closes_with_the_settings_and_without_them_everything_works_by_mail()
    {
        await using var scene = await StartAsync();
        var port = Ports.Block(1);
        var known = await scene.Database.ScalarAsync<string>("SELECT values::text FROM setting_version ORDER BY version DESC LIMIT 1");
        var settings = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(known)!;
        settings["approval.web.listen"] = $"127.0.0.1:{port}";
        await scene.SaveAsync([.. settings.Select(pair => (pair.Key, pair.Value))]);
        await Until.TrueAsync(() => AnswersAsync($"http://127.0.0.1:{port}/"), Patience, "the page has moved");
        await Until.TrueAsync(async () => !await AnswersAsync(scene.Site.ToString()), Patience, "it is not where it was");
        settings["approval.web.listen"] = "";
        settings["approval.web.url"] = "";
        await scene.SaveAsync([.. settings.Select(pair => (pair.Key, pair.Value))]);
        await Until.TrueAsync(async () => !await AnswersAsync($"http://127.0.0.1:{port}/"), Patience, "the page is closed");
        var request = await scene.MailAsync($"{new MessageId((await scene.HoldAsync()).Id)}-A0001", Bucho);
        Assert.DoesNotContain("https://", request.TextBody, StringComparison.Ordinal);
        Assert.Contains("mailto:", request.TextBody, StringComparison.Ordinal);
    }

    private static async Task<bool> AnswersAsync(string url)
    {
        try
        {
            using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
            using var answer = await client.GetAsync(url);
            return answer.StatusCode == HttpStatusCode.SeeOther;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Regex(string text, string pattern) => WebUtility.HtmlDecode(System.Text.RegularExpressions.Regex.Match(text, pattern).Groups[1].Value);
}

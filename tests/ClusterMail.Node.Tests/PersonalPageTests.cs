using System.IO.Compression;
using System.Net;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;
using static ClusterMail.Node.Tests.PageScene;

namespace ClusterMail.Node.Tests;

/// <summary>What approvers and senders do for themselves on the pages: proxies, history, own mails, handing over, and what administrators of approval have there.</summary>
public sealed class PersonalPageTests
{
    private const string Jomu = "jomu@corp.example";
    private const string Kanri = "kanri@corp.example";
    private const string Policy = "*@corp.example:0\n*:1::bucho@corp.example";

    private static Task<long> CountAsync(PageScene scene, string what) => scene.Database.ScalarAsync<long>($"SELECT count(*) FROM {what}");

    [Fact]
    public async Task APPROVE_232_an_approver_sets_his_proxy_with_hours_on_the_page_and_clears_him_and_both_are_told()
    {
        await using var scene = await StartAsync(Policy);
        using var browser = scene.Open();
        Assert.Contains("代理承認者は設定されていません", await browser.LogInAsync("/proxy", Bucho), StringComparison.Ordinal);
        await browser.SubmitAsync("/proxy", ("act", "set"), ("proxy", Kacho), ("from", "2090-12-01T09:00"), ("until", "2090-12-10T18:30"));
        Assert.Equal(HttpStatusCode.OK, browser.Status);
        // In the time of the domain, which is nine hours ahead.
        Assert.Equal(1, await CountAsync(scene, "approval_proxy WHERE approver = 'bucho@corp.example' AND proxy = 'kacho@corp.example' AND from_at = '2090-12-01 00:00+00' AND until_at = '2090-12-10 09:30+00' AND set_by = 'bucho@corp.example'"));
        var told = await scene.Database.ScalarAsync<long>("SELECT count(*) FROM hold_job WHERE (starts_with(kind, 'proxy-changed:') OR starts_with(kind, 'proxy')) AND addressee IN ('bucho@corp.example', 'kacho@corp.example')");
        Assert.Equal(2, told);
        Assert.Equal(1, await CountAsync(scene, "(SELECT record FROM audit UNION ALL SELECT record FROM audit_entry) r WHERE record LIKE '%\"type\":\"PROXY_SET\"%' AND record LIKE '%\"channel\":\"web\"%' AND record LIKE '%\"auth\":\"bucho@corp.example\"%'"));
        await scene.KnowsAsync(lists => lists.Register.Proxies.Any(), "the proxy is known");
        Assert.Contains("2090/12/01 09:00:00 (+09:00) - 2090/12/10 18:30:00 (+09:00)", await browser.GetAsync("/proxy"), StringComparison.Ordinal);
        await browser.SubmitAsync("/proxy", ("act", "clear"));
        Assert.Equal((HttpStatusCode.OK, 0), (browser.Status, await CountAsync(scene, "approval_proxy")));
    }

    [Theory]
    [InlineData("nobody@corp.example", "", "", "そのアドレスのアカウントはありません")]
    [InlineData("x@elsewhere.example", "", "", "そのアドレスのアカウントはありません")]
    [InlineData(Bucho, "", "", "自分自身を代理承認者にすることはできません")]
    [InlineData(Kacho, "", "2020-01-01T00:00", "期間がすでに終わっています")]
    [InlineData(Kacho, "2090-12-10T00:00", "2090-12-01T00:00", "期間がすでに終わっています")]
    [InlineData(Kacho, "", "tomorrow", "日時として読めません")]
    [InlineData(Kacho, "2090-12-01T00:00", "2090-12-12T00:01", "期間が長すぎる")]
    [InlineData(Kacho, "", "", "期間が長すぎる")]
    public async Task APPROVE_207_a_proxy_who_cannot_be_one_is_refused_on_the_page_with_the_reason_and_nothing_changes(string proxy, string from, string until, string why)
    {
        var limited = why.StartsWith("期間が長", StringComparison.Ordinal);
        await using var scene = await StartAsync(Policy, limited ? [("approval.proxy_max_days", "11")] : []);
        using var browser = scene.Open();
        await browser.LogInAsync("/proxy", Bucho);
        Assert.Contains(why, await browser.SubmitAsync("/proxy", ("act", "set"), ("proxy", proxy), ("from", from), ("until", until)), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.BadRequest, 0), (browser.Status, await CountAsync(scene, "approval_proxy")));
    }

    [Fact]
    public async Task APPROVE_205_who_approves_for_nobody_has_no_proxy()
    {
        await using var scene = await StartAsync(Policy);
        using var browser = scene.Open();
        await browser.LogInAsync("/proxy", Jomu);
        Assert.Contains("承認者として登録されていません", await browser.SubmitAsync("/proxy", ("act", "set"), ("proxy", Kacho)), StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync(scene, "approval_proxy"));
        // A superior whom an account names is an approver.
        await scene.Database.ExecuteAsync("UPDATE account SET superior = 'jomu@corp.example' WHERE name = 'user1'");
        await browser.GetAsync("/proxy");
        await browser.SubmitAsync("/proxy", ("act", "set"), ("proxy", Kacho));
        Assert.Equal(1, await CountAsync(scene, "approval_proxy"));
    }

    [Fact]
    public async Task APPROVE_206_the_proxy_gets_requests_for_what_waits_already_only_when_the_approver_asks_for_it_and_decides_with_them()
    {
        await using var scene = await StartAsync(Policy);
        var hold = await scene.HoldAsync();
        using var browser = scene.Open();
        await browser.LogInAsync("/proxy", Bucho);
        Assert.Contains("現在有効な代理承認者がいません", await browser.SubmitAsync("/proxy", ("act", "ask")), StringComparison.Ordinal);
        await browser.GetAsync("/proxy");
        await browser.SubmitAsync("/proxy", ("act", "set"), ("proxy", Kacho));
        await scene.KnowsAsync(lists => lists.Register.Proxies.Any(), "the proxy is known");
        Assert.Equal(0, await CountAsync(scene, "hold_job WHERE kind = 'request' AND addressee = 'kacho@corp.example'"));
        await browser.GetAsync("/proxy");
        Assert.Contains("1 件を代理承認者に依頼しました", await browser.SubmitAsync("/proxy", ("act", "ask")), StringComparison.Ordinal);
        var request = await scene.MailAsync($"{new MessageId(hold.Id)}-A0001", Kacho);
        Assert.Contains(Bucho, request.TextBody, StringComparison.Ordinal);
        Assert.Equal((HoldState.Held, Bucho), ((await scene.AgainAsync(hold)).State, Assert.Single((await scene.AgainAsync(hold)).Approvers).Address));
        using var proxy = scene.Open();
        var link = await scene.LinkAsync(hold, Kacho);
        Assert.Contains("bucho@corp.example の代理として決定します", await proxy.LogInAsync(link, Kacho), StringComparison.Ordinal);
        await proxy.SubmitAsync(link, ("verb", "approval"));
        var decided = (await scene.AgainAsync(hold)).Decision!;
        Assert.Equal((Kacho, Bucho), (decided.By, decided.Principal));
    }

    [Fact]
    public async Task APPROVE_206_an_approver_hands_one_mail_over_and_somebody_else_decides_it_in_his_place()
    {
        await using var scene = await StartAsync(Policy);
        var hold = await scene.HoldAsync();
        var (page, over) = ($"/h/{new MessageId(hold.Id)}", $"/h/{new MessageId(hold.Id)}/handover");
        using var browser = scene.Open();
        Assert.Contains("別の承認者に引き継ぐ", await browser.LogInAsync(page, Bucho), StringComparison.Ordinal);
        var form = browser.Html;
        foreach (var nobody in (string[])["nobody@corp.example", "x@elsewhere.example", Bucho, User2, "no address"])
        {
            await browser.GetAsync(page);
            Assert.Contains("引き継げませんでした", await browser.SubmitAsync(over, ("proxy", nobody)), StringComparison.Ordinal);
        }
        Assert.Equal([Bucho], (await scene.AgainAsync(hold)).Approvers.Select(approver => approver.Address));
        // Without the value of the page, with that of the decision, from another site.
        var guard = System.Text.RegularExpressions.Regex.Matches(form, "name=\"guard\" value=\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToArray();
        Assert.Equal(2, guard.Distinct().Count());
        foreach (var wrong in (string[])["", guard[0]])
        {
            await browser.PostAsync(over, new() { ["guard"] = wrong, ["proxy"] = Jomu });
            Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        }
        await browser.PostAsync(over, new() { ["guard"] = guard[1], ["proxy"] = Jomu }, ("Sec-Fetch-Site", "cross-site"));
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        await browser.GetAsync(over);
        Assert.Equal(HttpStatusCode.SeeOther, browser.Status);
        Assert.Equal([Bucho], (await scene.AgainAsync(hold)).Approvers.Select(approver => approver.Address));
        await browser.GetAsync(page);
        Assert.Contains("引き継ぎました", await browser.SubmitAsync(over, ("proxy", Jomu)), StringComparison.Ordinal);
        Assert.Equal([Jomu], (await scene.AgainAsync(hold)).Approvers.Select(approver => approver.Address));
        Assert.Contains($"REASSIGNED OK web {Bucho}", await scene.AuditedAsync(hold));
        await browser.GetAsync(page);
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        using var other = scene.Open();
        await other.LogInAsync(await scene.LinkAsync(hold, Jomu), Jomu);
        await other.GetAsync(page);
        await other.SubmitAsync(page, ("verb", "approval"));
        Assert.Equal(Jomu, (await scene.AgainAsync(hold)).Decision!.By);
    }

    [Fact]
    public async Task APPROVE_233_a_sender_sees_his_held_mails_with_their_state_takes_one_back_and_reminds_once_an_hour()
    {
        await using var scene = await StartAsync(Policy);
        var (first, second) = (await scene.HoldAsync(), await scene.HoldAsync(to: "tanto@partner.example"));
        using var browser = scene.Open();
        var page = await browser.LogInAsync("/mine", User2);
        Assert.All([new MessageId(first.Id).ToString(), "okyaku@client.example", "tanto@partner.example", "保留中 (未送信)", Bucho, $"/w/{new MessageId(second.Id)}"], text => Assert.Contains(text, page, StringComparison.Ordinal));
        Assert.True(page.IndexOf("tanto@partner.example", StringComparison.Ordinal) < page.IndexOf("okyaku@client.example", StringComparison.Ordinal), "newest first");
        Assert.Contains("承認者に督促を送りました", await browser.SubmitAsync("/mine", ("hold", new MessageId(first.Id).ToString())), StringComparison.Ordinal);
        Assert.Contains("督促は送られませんでした", await browser.SubmitAsync("/mine", ("hold", new MessageId(first.Id).ToString())), StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync(scene, $"hold_job WHERE hold_id = {first.Id} AND starts_with(kind, 'reminder:') AND addressee = 'bucho@corp.example'"));
        await scene.Database.ExecuteAsync("UPDATE hold_job SET made_at = made_at - interval '61 minutes', kind = 'reminder:old' WHERE starts_with(kind, 'reminder:') AND hold_id = $1", first.Id);
        Assert.Contains("承認者に督促を送りました", await browser.SubmitAsync("/mine", ("hold", new MessageId(first.Id).ToString())), StringComparison.Ordinal);
        Assert.Equal("督促:承認待ち一覧(bucho@corp.example)", (await scene.MailAsync($"{new MessageId(first.Id)}-N0001", Bucho)).Subject);
        // Somebody else sees nothing of it, and reminds nobody of it.
        using var stranger = scene.Open();
        Assert.Contains("保留されたメールはありません", await stranger.LogInAsync("/mine", "user1@corp.example"), StringComparison.Ordinal);
        await stranger.GetAsync("/proxy");
        var others = await stranger.GetAsync("/mine");
        Assert.DoesNotContain("okyaku", others, StringComparison.Ordinal);
        await browser.GetAsync($"/w/{new MessageId(second.Id)}");
        await browser.SubmitAsync($"/w/{new MessageId(second.Id)}");
        Assert.Contains("送信者が取り消しました", await browser.GetAsync("/mine"), StringComparison.Ordinal);
        Assert.Equal((HoldState.Held, HoldState.Withdrawn), ((await scene.AgainAsync(first)).State, (await scene.AgainAsync(second)).State));
    }

    [Fact]
    public async Task APPROVE_232_the_own_history_has_what_one_has_decided_and_nothing_else_as_a_table_and_as_CSV_that_is_safe_in_a_spreadsheet()
    {
        await using var scene = await StartAsync();
        var (own, others) = (await scene.HoldAsync(), await scene.HoldAsync(to: "tanto@partner.example"));
        using var bucho = scene.Open();
        using var kacho = scene.Open();
        await bucho.LogInAsync($"/h/{new MessageId(own.Id)}", Bucho);
        await bucho.SubmitAsync($"/h/{new MessageId(own.Id)}", ("verb", "reject"), ("comment", "=1+1, \"no\""));
        await kacho.LogInAsync($"/h/{new MessageId(others.Id)}", Kacho);
        await kacho.SubmitAsync($"/h/{new MessageId(others.Id)}", ("verb", "approval"));
        var page = await bucho.GetAsync("/history");
        Assert.All([new MessageId(own.Id).ToString(), "okyaku@client.example", "却下されました", "=1+1"], text => Assert.Contains(text, page, StringComparison.Ordinal));
        Assert.DoesNotContain("tanto@partner.example", page, StringComparison.Ordinal);
        var csv = await bucho.GetAsync("/history.csv");
        Assert.Equal(("text/csv; charset=utf-8", true), (bucho.Response.Content.Headers.ContentType!.ToString(), csv.StartsWith("\uFEFFdecided,result,hold_id,", StringComparison.Ordinal) || csv.StartsWith("decided,result,hold_id,", StringComparison.Ordinal)));
        var line = csv.Split("\r\n")[1];
        Assert.Contains($",REJECTED,{new MessageId(own.Id)},{new MessageId((await scene.AgainAsync(own)).Decision!.ResultId)},user2@corp.example,okyaku@client.example,見積,bucho@corp.example,,web,\"'=1+1, \"\"no\"\"\"", line, StringComparison.Ordinal);
        Assert.Equal("", csv.Split("\r\n")[2]);
        Assert.Contains("この期間の記録はありません", await bucho.GetAsync("/history?from=2020-01-01&until=2020-01-02"), StringComparison.Ordinal);
        Assert.Contains("期間として読めません", await bucho.GetAsync("/history?from=2020-01-03&until=2020-01-02"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_221_the_log_is_had_as_a_packed_file_by_day_by_administrator_accounts_alone()
    {
        await using var scene = await StartAsync(Policy);
        var hold = await scene.HoldAsync();
        using var bucho = scene.Open();
        await bucho.LogInAsync($"/h/{new MessageId(hold.Id)}", Bucho);
        await bucho.SubmitAsync($"/h/{new MessageId(hold.Id)}", ("verb", "approval"));
        await bucho.GetAsync("/log/20200101-20901231");
        Assert.Equal(HttpStatusCode.NotFound, bucho.Status);
        var today = DateTime.UtcNow.AddHours(9).ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);
        var path = $"/log/20260101-{today}";
        await bucho.GetAsync(path);
        Assert.Equal(HttpStatusCode.Forbidden, bucho.Status);
        using var kanri = scene.Open();
        await kanri.LogInAsync("/list", Kanri);
        await kanri.GetAsync(path);
        Assert.Equal((HttpStatusCode.OK, "application/zip"), (kanri.Status, kanri.Response.Content.Headers.ContentType!.ToString()));
        using var zip = new ZipArchive(await kanri.Response.Content.ReadAsStreamAsync());
        var file = Assert.Single(zip.Entries);
        Assert.Equal($"{today[2..]}.txt", file.Name);
        using var text = new StreamReader(file.Open(), Encoding.UTF8);
        var lines = (await text.ReadToEndAsync()).Split("\r\n");
        Assert.Contains($"[承認] 承認者=bucho@corp.example (127.0.0.1) 承認メール={new MessageId(hold.Id)}@", lines[0], StringComparison.Ordinal);
        Assert.Equal(["", 2], new object[] { lines[1], lines.Length });
        Assert.Equal(2, await CountAsync(scene, "(SELECT record FROM audit UNION ALL SELECT record FROM audit_entry) r WHERE record LIKE '%\"type\":\"HISTORY_TAKEN\"%'"));
    }

    [Fact]
    public async Task APPROVE_231_the_test_box_says_what_would_happen_and_which_line_decides_to_administrator_accounts_alone()
    {
        await using var scene = await StartAsync("*@corp.example:0\n*@rival.example:-1\n*:2::bucho@corp.example");
        using var bucho = scene.Open();
        await bucho.LogInAsync("/trial", Bucho);
        Assert.Equal(HttpStatusCode.Forbidden, bucho.Status);
        using var kanri = scene.Open();
        await kanri.LogInAsync("/trial", Kanri);
        (string, string)[] mail = [("sender", User2), ("recipients", "okyaku@client.example\nuser1@corp.example\nx@rival.example"), ("subject", "test")];
        string Said(string address) => System.Text.RegularExpressions.Regex.Match(kanri.Html, $"<section class=\"card\"><span class=\"tag [a-z]+\">([^<]*)</span><p class=\"subject\">{address}</p>.*?</section>", System.Text.RegularExpressions.RegexOptions.Singleline) is { Success: true } match ? match.Value : "";
        await kanri.SubmitAsync("/trial", [.. mail, ("attachments", "quote.pdf")]);
        Assert.All([("okyaku@client.example", ">保留<"), ("user1@corp.example", ">すぐに送信<"), ("x@rival.example", ">拒否<")], one => Assert.Contains(one.Item2, Said(one.Item1), StringComparison.Ordinal));
        Assert.All(["line 3", Bucho], text => Assert.Contains(text, Said("okyaku@client.example"), StringComparison.Ordinal));
        await kanri.SubmitAsync("/trial", mail);
        Assert.Contains(">すぐに送信<", Said("okyaku@client.example"), StringComparison.Ordinal);
        Assert.Contains("メールアドレスとして読めません", await kanri.SubmitAsync("/trial", ("sender", "x"), ("recipients", "okyaku@client.example")), StringComparison.Ordinal);
        Assert.Equal((0, 0), (await CountAsync(scene, "mail"), await CountAsync(scene, "hold")));
    }

    [Fact]
    public async Task APPROVE_161_no_page_of_ones_own_acts_on_a_GET_or_on_a_form_from_elsewhere_or_of_another_page()
    {
        await using var scene = await StartAsync(Policy);
        var hold = await scene.HoldAsync();
        using var browser = scene.Open();
        await browser.LogInAsync("/proxy", Bucho);
        var guard = System.Text.RegularExpressions.Regex.Match(browser.Html, "name=\"guard\" value=\"([^\"]+)\"").Groups[1].Value;
        await browser.GetAsync($"/proxy?act=set&proxy={Kacho}&guard={guard}");
        await browser.PostAsync("/proxy", new() { ["act"] = "set", ["proxy"] = Kacho });
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        await browser.PostAsync("/proxy", new() { ["act"] = "set", ["proxy"] = Kacho, ["guard"] = guard }, ("Sec-Fetch-Site", "same-site"));
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        using var sender = scene.Open();
        await sender.LogInAsync("/mine", User2);
        await sender.PostAsync("/mine", new() { ["hold"] = new MessageId(hold.Id).ToString(), ["guard"] = guard });
        Assert.Equal(HttpStatusCode.Forbidden, sender.Status);
        await sender.GetAsync($"/mine?hold={new MessageId(hold.Id)}");
        Assert.Equal((0, 0), (await CountAsync(scene, "approval_proxy"), await CountAsync(scene, "hold_job WHERE starts_with(kind, 'reminder')")));
        // Whose login is over is asked again, whatever he posts.
        using var nobody = scene.Open();
        foreach (var path in (string[])["/proxy", "/mine", "/history", "/history.csv", "/trial", "/log/20261101", $"/h/{new MessageId(hold.Id)}/handover"])
            Assert.Contains("type=\"password\"", await nobody.PostAsync(path, new() { ["guard"] = guard, ["act"] = "set", ["proxy"] = Kacho }), StringComparison.Ordinal);
    }
}

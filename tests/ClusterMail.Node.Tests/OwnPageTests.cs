using System.Net;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Node.Tests;

/// <summary>The sender's own link: what waits for his word alone, and what he tells his approvers (APPROVE-502, APPROVE-510, APPROVE-511); and what they see (APPROVE-503).</summary>
public sealed class OwnPageTests
{
    private const string User2 = "user2@corp.example";
    private const string Bucho = "bucho@corp.example";

    private static async Task<string> LinkAsync(PageScene scene, HoldRow hold)
    {
        var notice = await scene.MailAsync($"{new MessageId(hold.Id)}-S0001", User2);
        return new Uri(notice.TextBody!.Split('\n').Select(line => line.Trim()).First(line => line.StartsWith("https://approve.corp.example/s/", StringComparison.Ordinal))).AbsolutePath;
    }

    [Fact]
    public async Task APPROVE_510_the_links_of_the_notice_show_a_page_whose_form_sends_or_discards_and_nothing_else_does()
    {
        await using var scene = await PageScene.StartAsync("*:3;delay=1h");
        var (first, second) = (await scene.HoldAsync(), await scene.HoldAsync());
        var link = await LinkAsync(scene, first);
        using var browser = scene.Open();
        // A scanner opens it, somebody posts without the page, a colleague logs in: nothing happens.
        await browser.SendAsync(HttpMethod.Head, link, null);
        Assert.Contains("type=\"password\"", await browser.GetAsync(link), StringComparison.Ordinal);
        using (var colleague = scene.Open())
        {
            Assert.Contains("あなた宛のページではありません", await colleague.LogInAsync(link, Bucho), StringComparison.Ordinal);
            await colleague.PostAsync(link, new() { ["act"] = "send" });
        }
        var page = await browser.LogInAsync(link, User2);
        Assert.All(["okyaku@client.example", "自動的に送信されます", "破棄する"], text => Assert.Contains(text, page, StringComparison.Ordinal));
        await browser.GetAsync($"{link}?act=send");
        await browser.PostAsync(link, new() { ["act"] = "send" });
        Assert.Equal(HttpStatusCode.Forbidden, browser.Status);
        Assert.Equal(HoldState.Held, (await scene.AgainAsync(first)).State);

        await browser.GetAsync(link);
        Assert.Contains("送信します", await browser.SubmitAsync(link, ("act", "send")), StringComparison.Ordinal);
        var sent = await scene.AgainAsync(first);
        Assert.Equal((HoldState.Sent, User2, "web", User2), (sent.State, sent.Decision!.By, sent.Decision.Channel, sent.Decision.Auth));
        Assert.EndsWith("\r\n\r\nhello\r\n", Encoding.UTF8.GetString(await scene.ReleasedAsync(first)), StringComparison.Ordinal);
        Assert.Contains("すでに決定されています", await browser.GetAsync(link), StringComparison.Ordinal);

        var other = await LinkAsync(scene, second);
        // The form of one mail is none for another.
        await browser.GetAsync(other);
        Assert.Contains("破棄しました", await browser.SubmitAsync(other, ("act", "discard")), StringComparison.Ordinal);
        Assert.Equal(HoldState.Withdrawn, (await scene.AgainAsync(second)).State);
    }

    [Fact]
    public async Task APPROVE_510_a_link_that_was_changed_opens_nothing_and_an_approvers_page_does_not_open_by_a_senders_link()
    {
        await using var scene = await PageScene.StartAsync("*:3;delay=1h", ("approval.web.auth", "link"));
        var hold = await scene.HoldAsync();
        var link = await LinkAsync(scene, hold);
        using var browser = scene.Open();
        var forged = link[..^1] + (link[^1] == 'A' ? 'Q' : 'A');
        Assert.Contains("このリンクは使えません", await browser.GetAsync(forged), StringComparison.Ordinal);
        Assert.Contains("このリンクは使えません", await browser.GetAsync(link.Replace("/s/", "/a/", StringComparison.Ordinal)), StringComparison.Ordinal);
        // Where the link is enough, it is: but by POST with the value of the page.
        Assert.Contains("破棄する", await browser.GetAsync(link), StringComparison.Ordinal);
        await browser.SubmitAsync(link, ("act", "discard"));
        Assert.Equal((HoldState.Withdrawn, "link"), ((await scene.AgainAsync(hold)).State, (await scene.AgainAsync(hold)).Decision!.Auth));
    }

    [Fact]
    public async Task APPROVE_511_a_confirmation_is_given_on_the_page_and_not_by_mail_where_there_is_one()
    {
        await using var scene = await PageScene.StartAsync("*:3;confirm");
        var hold = await scene.HoldAsync();
        var notice = await scene.MailAsync($"{new MessageId(hold.Id)}-S0001", User2);
        Assert.DoesNotContain("sendnow_", notice.TextBody, StringComparison.Ordinal);
        var link = await LinkAsync(scene, hold);
        using var browser = scene.Open();
        Assert.Contains("あなたが確認するまで送信されません", await browser.LogInAsync(link, User2), StringComparison.Ordinal);
        Assert.Contains("送信します", await browser.SubmitAsync(link, ("act", "send")), StringComparison.Ordinal);
        Assert.Equal(HoldState.Sent, (await scene.AgainAsync(hold)).State);
    }

    [Fact]
    public async Task APPROVE_502_and_503_the_senders_note_and_three_blocks_of_recipients_stand_on_the_page_and_the_mail_is_unchanged()
    {
        await using var scene = await PageScene.StartAsync("user1@corp.example:0\n*:1::bucho@corp.example", ("approval.new_domain_days", "180"), ("approval.many_outside", "0"));
        await scene.Database.ExecuteAsync("""
            INSERT INTO history (mail_id, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
            VALUES (1, now(), 1, 0, 1, 'delivered', 'n1', 'n1', 'user2@corp.example', 'a@client.example', 'x', '250 ok')
            """);
        var hold = await scene.HoldAsync(to: "user1@corp.example,kacho@corp.example,okyaku@cl1ent.example");
        var own = await LinkAsync(scene, hold);
        using var sender = scene.Open();
        await sender.LogInAsync(own, User2);
        // He may tell, and nothing else.
        await sender.SubmitAsync(own, ("act", "send"));
        Assert.Equal(HoldState.Held, (await scene.AgainAsync(hold)).State);
        await sender.GetAsync(own);
        Assert.Contains("承認者に表示されます", await sender.SubmitAsync(own, ("act", "tell"), ("comment", $"お急ぎ <b>です</b>{new string('x', 1500)}")), StringComparison.Ordinal);
        var told = await scene.AgainAsync(hold);
        Assert.Equal(1000, told.SenderNote.Length);

        var link = await scene.LinkAsync(hold);
        using var browser = scene.Open();
        var page = await browser.LogInAsync(link, Bucho);
        Assert.Contains("お急ぎ &lt;b&gt;です&lt;/b&gt;xxx", page, StringComparison.Ordinal);
        string Block(string name) => System.Text.RegularExpressions.Regex.Match(page, $"<dd class=\"to {name}\"><ul>(.*?)</ul></dd>", System.Text.RegularExpressions.RegexOptions.Singleline).Groups[1].Value;
        Assert.Contains("user1@corp.example", Block("done"), StringComparison.Ordinal);
        Assert.Contains("kacho@corp.example", Block("in"), StringComparison.Ordinal);
        Assert.Contains("<b class=\"domain\" aria-hidden=\"true\">cl1ent.example</b> okyaku@cl1ent.example", Block("out"), StringComparison.Ordinal);
        Assert.Contains("client.example と 1 文字違い", Block("out"), StringComparison.Ordinal);
        Assert.DoesNotContain("@corp.example", Block("out"), StringComparison.Ordinal);

        await browser.SubmitAsync(link, ("verb", "approval"));
        Assert.Contains("承認しました", await browser.SubmitAsync(link, ("verb", "approval")), StringComparison.Ordinal);
        Assert.DoesNotContain("お急ぎ", Encoding.UTF8.GetString(await scene.ReleasedAsync(hold)), StringComparison.Ordinal);
        Assert.Contains($"SENDER_NOTE OK web {User2}", await scene.AuditedAsync(hold));
        // Decided is decided: nothing is told any more.
        Assert.Contains("すでに決定されています", await sender.SubmitAsync(own, ("act", "tell"), ("comment", "late")), StringComparison.Ordinal);
        Assert.Equal(told.SenderNote, (await scene.AgainAsync(hold)).SenderNote);
    }
}

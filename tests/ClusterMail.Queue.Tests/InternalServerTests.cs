using System.Security.Cryptography;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Tests;

/// <summary>Approval before another mail server (chapter 24, section 5): what comes from it, and what comes back.</summary>
public sealed class InternalServerTests
{
    private const string Bucho = "bucho@corp.example";
    private const string User1 = "user1@corp.example";
    private const string User2 = "user2@corp.example";
    private const string Customer = "okyaku@client.example";
    private const string Exchange = "192.0.2.80";

    private static Task<ApprovalScene> StartAsync(params (string Name, string Value)[] more) => ApprovalScene.StartAsync(settings:
        [("approval.internal_servers", Exchange), ("approval.sub_domain_label", "sub"), .. more]);

    /// <summary>Held, approved through the sub-domain and released.</summary>
    private static async Task<(HoldRow Hold, byte[] Left)> ReleaseAsync(ApprovalScene scene, string content = ApprovalScene.Content)
    {
        Assert.Equal(250, (await scene.SendAsync(User2, [Customer], content, auth: "", client: Exchange)).Code);
        var hold = (await scene.NewestAsync())!;
        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(hold, Bucho, "approval"), to: "user2@sub.corp.example", auth: "")).Code);
        await scene.WorkAsync();
        return (hold, await scene.Queue.Database.ScalarAsync<byte[]>(
            "SELECT m.content FROM mail m JOIN recipient r ON r.mail_id = m.id WHERE m.name = $1 AND r.forward_path = $2", new MessageId(hold.Id).ToString(), Customer));
    }

    private static Task<long> HeldAsync(ApprovalScene scene) => scene.Queue.CountAsync("hold");

    [Fact]
    public async Task APPROVE_452_in_front_of_a_released_mail_stands_its_mark_and_behind_it_what_was_held_octet_by_octet()
    {
        await using var scene = await StartAsync(("approval.mark_released", "true"));
        var (hold, left) = await ReleaseAsync(scene);
        var content = Encoding.UTF8.GetBytes(ApprovalScene.Content);
        // As the rule has it: CMR1, number, sender, hash, each with LF; the key is that of APPROVE-135.
        var mac = HMACSHA256.HashData((byte[])[.. Enumerable.Range(0, 32).Select(i => (byte)i)],
            Encoding.UTF8.GetBytes($"CMR1\n{new MessageId(hold.Id)}\n{User2}\n{Convert.ToHexStringLower(SHA256.HashData(content))}\n"));
        Assert.Equal($"X-ClusterMail-Released: {new MessageId(hold.Id)}; s=k1.{System.Buffers.Text.Base64Url.EncodeToString(mac.AsSpan(0, 16))}\r\n{ApprovalScene.Content}", Encoding.UTF8.GetString(left));
    }

    [Fact]
    public async Task APPROVE_452_without_the_setting_a_released_mail_is_what_was_held_and_nothing_else()
    {
        await using var scene = await StartAsync();
        Assert.Equal(ApprovalScene.Content, Encoding.UTF8.GetString((await ReleaseAsync(scene)).Left));
    }

    [Fact]
    public async Task APPROVE_452_what_was_released_and_comes_back_from_an_internal_server_is_not_held_twice()
    {
        await using var scene = await StartAsync(("approval.mark_released", "true"));
        var (hold, left) = await ReleaseAsync(scene);
        var held = await HeldAsync(scene);
        var back = $"Received: from cloud.example\r\n\tby mx.example; now\r\n{Encoding.UTF8.GetString(left)}";
        Assert.Equal(250, (await scene.SendAsync(User2, [Customer], back, auth: "", client: Exchange)).Code);
        Assert.Equal(held, await HeldAsync(scene));
        Assert.Equal(back, Encoding.UTF8.GetString(await scene.Queue.Database.ScalarAsync<byte[]>("SELECT content FROM mail ORDER BY id DESC LIMIT 1")));
        Assert.Contains("CAME_BACK OK", await scene.AuditedAsync(hold));
    }

    [Theory]
    [InlineData("another recipient")]
    [InlineData("one recipient more")]
    [InlineData("another sender")]
    [InlineData("another content")]
    [InlineData("another signature")]
    [InlineData("another number")]
    [InlineData("not from an internal server")]
    public async Task APPROVE_452_the_mark_opens_nothing_but_what_was_approved(string what)
    {
        await using var scene = await StartAsync(("approval.mark_released", "true"));
        await scene.SetPolicyAsync("user1", ApprovalScene.ThreeApprovers);
        var (_, left) = await ReleaseAsync(scene);
        var content = Encoding.UTF8.GetString(left);
        if (what == "another number")
        {
            // Of a mail that was not approved.
            Assert.Equal(250, (await scene.SendAsync(User2, [Customer], ApprovalScene.Content, auth: "", client: Exchange)).Code);
            content = content.Replace(content[24..35], new MessageId((await scene.NewestAsync())!.Id).ToString(), StringComparison.Ordinal);
        }
        content = what switch
        {
            "another content" => content.Replace("hello", "hellO", StringComparison.Ordinal),
            "another signature" => content.Replace("s=k1.", "s=k1.A", StringComparison.Ordinal).Remove(content.IndexOf('\r', StringComparison.Ordinal), 1),
            _ => content,
        };
        var held = await HeldAsync(scene);
        string[] to = what switch { "another recipient" => ["tanto@partner.example"], "one recipient more" => [Customer, "tanto@partner.example"], _ => [Customer] };
        var outside = what == "not from an internal server";
        Assert.Equal(250, (await scene.SendAsync(what == "another sender" ? User1 : User2, to, content, auth: outside ? User2 : "", client: outside ? "192.0.2.75" : Exchange)).Code);
        Assert.Equal(held + 1, await HeldAsync(scene));
    }

    [Fact]
    public async Task APPROVE_452_a_mark_of_a_mail_that_was_rejected_or_of_a_key_that_is_gone_opens_nothing()
    {
        await using var scene = await StartAsync(("approval.mark_released", "true"));
        var (_, left) = await ReleaseAsync(scene);
        await scene.Queue.Database.ExecuteAsync("UPDATE approval_key SET id = 'k7' WHERE id = 'k1'");
        await scene.ReloadAsync();
        var held = await HeldAsync(scene);
        Assert.Equal(250, (await scene.SendAsync(User2, [Customer], Encoding.UTF8.GetString(left), auth: "", client: Exchange)).Code);
        Assert.Equal(held + 1, await HeldAsync(scene));
    }

    [Fact]
    public async Task APPROVE_449_a_decision_packed_by_Exchange_with_a_disclaimer_is_executed_and_its_text_is_the_comment()
    {
        await using var scene = await StartAsync();
        Assert.Equal(250, (await scene.SendAsync(User2, [Customer], ApprovalScene.Content, auth: "", client: Exchange)).Code);
        var hold = (await scene.NewestAsync())!;
        var text = await scene.TextAsync(hold, Bucho, "reject");
        var mail = $"Received: from exchange\r\nX-MS-Exchange-Organization-AuthAs: Internal\r\nThread-Topic: x\r\nX-MS-TNEF-Correlator: <x>\r\nFrom: {Bucho}\r\nSubject: =?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}?=\r\n"
            + "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>金額が違います</p><hr><p>This e-mail is confidential.</p>\r\n--b--\r\n";
        Assert.Equal(250, (await scene.SendAsync(Bucho, ["user2@sub.corp.example"], mail, auth: "", client: Exchange)).Code);
        var decided = await scene.AgainAsync(hold);
        Assert.Equal(HoldState.Rejected, decided.State);
        Assert.StartsWith("金額が違います", decided.Decision!.Comment, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_447_mail_to_the_sub_domain_goes_nowhere_where_approval_has_no_key_yet_and_the_sender_no_policy()
    {
        await using var scene = await StartAsync();
        scene.ForgetLists();
        var reply = await scene.SendAsync("jomu@corp.example", ["user1@sub.corp.example"], ApprovalScene.Content, auth: "", client: Exchange);
        Assert.Equal((550, new EnhancedStatus(5, 1, 1)), (reply.Code, reply.Status));
        Assert.Equal(0, await scene.Queue.CountAsync("mail"));
    }

    [Fact]
    public async Task APPROVE_443_the_mode_0_line_for_the_sub_domain_is_accepted_and_not_needed()
    {
        foreach (var line in (string[])["*@sub.corp.example:0\n", ""])
        {
            await using var scene = await StartAsync();
            await scene.SetPolicyAsync("user2", line + ApprovalScene.ThreeApprovers);
            var (hold, _) = await ReleaseAsync(scene);
            Assert.Equal(HoldState.Approved, (await scene.AgainAsync(hold)).State);
            Assert.Equal(1, await HeldAsync(scene));
        }
    }

    [Fact]
    public async Task APPROVE_451_the_hold_notice_says_that_recipients_inside_had_it_before_only_where_that_is_so()
    {
        await using var scene = await StartAsync(("route.forward_all", "true"), ("route.table", "*,192.0.2.80,25"));
        const string said = "社内のメールサーバーがすでに配信";
        Assert.Equal(250, (await scene.SendAsync(User2, [Customer], ApprovalScene.Content, auth: "", client: Exchange)).Code);
        await scene.WorkAsync();
        Assert.Contains(said, Assert.Single(await scene.MailsAsync($"{new MessageId((await scene.NewestAsync())!.Id)}-S0001", User2)).TextBody, StringComparison.Ordinal);
        await scene.HoldAsync();
        await scene.WorkAsync();
        Assert.DoesNotContain(said, Assert.Single(await scene.MailsAsync($"{new MessageId((await scene.NewestAsync())!.Id)}-S0001", User2)).TextBody, StringComparison.Ordinal);
    }
}

using System.Text;
using ClusterMail.Testing.Processes;
using MimeKit;
using static ClusterMail.Spec.Tests.Exchange.ExchangeFarm;

namespace ClusterMail.Spec.Tests.Exchange;

/// <summary>Approval in front of Exchange with a sub-domain: chapter 24 section 5, with a real mail server in its place.</summary>
public sealed class ExchangeTests(ExchangeFarm farm) : IClassFixture<ExchangeFarm>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task EX_APPR_14_a_decision_reaches_us_through_the_sub_domain_and_by_no_other_way()
    {
        var request = await farm.HoldAsync("mitsumori-14");
        // APPROVE-454 (1), APPROVE-442: the label was saved from a text with a line break.
        var (to, text) = Link(request, "approval");
        Assert.Equal($"user1@{Sub}", to);
        Assert.Matches($@"\[承認\]\s*\n\s*mailto:user1@sub\.test\.example\?subject=approval_", request.TextBody!.ReplaceLineEndings("\n"));
        var hold = HoldOf(text);

        // Inside, Exchange delivers it itself: it never comes here (APPROVE-440).
        await farm.SendAsync(Bucho, User1, text);
        await farm.ArrivedAsync(User1, text);
        // Injected by hand it is to the wrong address.
        using (var byHand = await farm.OpenAsync(Inside))
            Assert.StartsWith("550 5.7.1", await byHand.MailAsync(Bucho, [User1], $"From: <{Bucho}>\r\nSubject: {text}\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal("HELD", await farm.StateAsync(hold), ignoreCase: true);
        await farm.AuditedAsync("WRONG_TO", hold);

        await farm.SendAsync(Bucho, to, text);
        var mail = await farm.Outside.OneAsync(one => one.Text.Contains("Subject: mitsumori-14\r\n", StringComparison.Ordinal), Soon);
        Assert.Equal((User1, "okyaku@client.example"), (mail.ReversePath, Assert.Single(mail.ForwardPaths)));
        // APPROVE-454 (2).
        Assert.Contains(hold, (await farm.ArrivedAsync(User1, $"承認通知({Bucho})mitsumori-14")).TextBody, StringComparison.Ordinal);
        Assert.Equal("APPROVED", await farm.StateAsync(hold), ignoreCase: true);
    }

    [Fact]
    public async Task APPROVE_407_APPROVE_454_9_the_guided_check_works_through_Exchange_and_names_the_sub_domain_nobody_resolves()
    {
        var check = await Tool.RunAsync(TimeSpan.FromSeconds(180), ClusterMail.Testing.Processes.Farm.Program("clustermail"),
            ["approval", "preset", "check", "exchange", "--account", User2, "--account", Bucho, "--account", User1, "--recipient", "check@client.example", "--data", farm.Farm.Data]);
        Assert.True(check.ExitCode == 0, check.Output + check.Errors);
        Assert.Contains($"On the Exchange server {Sub} must resolve to this farm", string.Join(' ', check.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        await farm.ArrivedAsync(User1, "approval alone");
        await farm.Outside.OneAsync(mail => mail.Text.Contains("approval and forwarding", StringComparison.Ordinal), Soon);
    }

    [Fact]
    public async Task APPROVE_454_2_a_rejection_through_Exchange_sends_nothing_and_its_reason_is_read_from_HTML()
    {
        var request = await farm.HoldAsync("mitsumori-reject");
        var (to, text) = Link(request, "reject");
        await farm.SendAsync(Bucho, to, $"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}?=",
            "MIME-Version: 1.0\r\nX-MS-Exchange-Organization-SCL: -1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + Convert.ToBase64String(Encoding.UTF8.GetBytes("<html><body><p>金額が違います</p></body></html>"), Base64FormattingOptions.InsertLineBreaks) + "\r\n");
        var notice = await farm.ArrivedAsync(User1, $"却下通知({Bucho})mitsumori-reject");
        Assert.Contains("金額が違います", notice.TextBody, StringComparison.Ordinal);
        Assert.Equal("REJECTED", await farm.StateAsync(HoldOf(text)), ignoreCase: true);
        Assert.DoesNotContain(farm.Outside.Mails, mail => mail.Text.Contains("Subject: mitsumori-reject\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_454_8_the_request_carries_original_eml_as_message_rfc822_and_the_hold_notice_says_who_had_it_before()
    {
        var request = await farm.HoldAsync("mitsumori-eml");
        var original = Assert.Single(request.Attachments.OfType<MessagePart>());
        Assert.Equal(("message/rfc822", "original.eml", "mitsumori-eml"), (original.ContentType.MimeType, original.ContentDisposition?.FileName, original.Message!.Subject));
        // APPROVE-451.
        Assert.Contains("社内のメールサーバーがすでに配信", (await farm.ArrivedAsync(User1, "保留通知mitsumori-eml")).TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_454_4_a_command_to_the_real_domain_does_nothing_and_to_the_sub_domain_is_answered()
    {
        var request = await farm.HoldAsync("mitsumori-list");
        await farm.SendAsync(Bucho, Bucho, "waitlist_");
        await farm.ArrivedAsync(Bucho, "waitlist_");
        Assert.DoesNotContain(farm.Mailbox(Bucho), mail => mail.Subject!.StartsWith("承認待ち一覧", StringComparison.Ordinal));
        // APPROVE-446.
        await farm.SendAsync(Bucho, $"bucho@{Sub}", "waitlist_");
        var list = await farm.ArrivedAsync(Bucho, $"承認待ち一覧({Bucho})");
        Assert.Contains(HoldOf(Link(request, "approval").Subject), list.TextBody, StringComparison.Ordinal);
        Assert.Equal($"user1@{Sub}", Link(list, "approval").To);
    }

    [Fact]
    public async Task APPROVE_454_5_a_proxy_written_with_the_sub_domain_is_refused_with_a_hint_whatever_the_alias()
    {
        await farm.SendAsync(Bucho, $"bucho@{Sub}", $"setproxyuser_kacho@{Sub}");
        var answer = await farm.ArrivedAsync(Bucho, "処理結果");
        Assert.Contains("サブドメインを付けない", answer.TextBody, StringComparison.Ordinal);
        Assert.Empty((await farm.Farm.JsonAsync("approval", "proxy", "list")).GetProperty("proxies").EnumerateArray());
    }

    [Fact]
    public async Task APPROVE_454_6_nobody_else_sends_under_our_domain_and_Exchange_sends_under_no_other()
    {
        using var stranger = await farm.OpenAsync(Stranger);
        Assert.StartsWith("550 5.1.7", await stranger.SayAsync($"MAIL FROM:<{User1}>"), StringComparison.Ordinal);
        using var exchange = await farm.OpenAsync(Inside);
        Assert.StartsWith("250", await exchange.SayAsync("MAIL FROM:<someone@other.example>"), StringComparison.Ordinal);
        Assert.StartsWith("550 5.1.1", await exchange.SayAsync("RCPT TO:<okyaku@client.example>"), StringComparison.Ordinal);
    }

    private static bool IsReportOf(MimeMessage mail, string recipient) =>
        mail.Subject?.Contains("Undelivered", StringComparison.Ordinal) == true && Text(mail).Contains(recipient, StringComparison.Ordinal);

    [Fact]
    public async Task APPROVE_454_7_ordinary_mail_to_the_sub_domain_comes_back_as_550()
    {
        await farm.SendAsync(User1, $"user2@{Sub}", "lunch");
        await Until.TrueAsync(() => farm.Mailbox(User1).Any(mail => IsReportOf(mail, $"user2@{Sub}")), Soon, "the error mail");
        var report = farm.Mailbox(User1).First(mail => IsReportOf(mail, $"user2@{Sub}"));
        Assert.Contains("550 5.1.1", Text(report), StringComparison.Ordinal);
        Assert.Contains("decisions and commands of approval only", Text(report).ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        using var stranger = await farm.OpenAsync(Stranger);
        Assert.StartsWith("250", await stranger.SayAsync("MAIL FROM:<a@client.example>"), StringComparison.Ordinal);
        Assert.StartsWith("550 5.1.1", await stranger.SayAsync($"RCPT TO:<user2@{Sub}>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_454_10_system_mails_never_enter_approval_although_all_policies_say_so()
    {
        await farm.SendAsync(User2, "okyaku@client.example", "mitsumori-10");
        var request = await farm.ArrivedAsync(Bucho, $"承認依頼({User2})mitsumori-10");
        await farm.ArrivedAsync(User2, "保留通知mitsumori-10");
        var (to, text) = Link(request, "reject");
        await farm.SendAsync(Bucho, to, text);
        await farm.ArrivedAsync(User2, $"却下通知({Bucho})mitsumori-10");
        // Requests go out as user2, notices as bucho, and both have a policy that holds everything: one mail was held, the one he wrote.
        var held = (await farm.Farm.JsonAsync("approval", "list", "--state", "all", "--limit", "200")).GetProperty("mails").EnumerateArray()
            .Select(mail => mail.GetProperty("subject").GetString()).Where(subject => subject!.Contains("mitsumori-10", StringComparison.Ordinal));
        Assert.Equal("mitsumori-10", Assert.Single(held));
    }

    [Fact]
    public async Task APPROVE_453_mail_from_the_Internet_passes_to_Exchange_without_approval()
    {
        using var stranger = await farm.OpenAsync(Stranger);
        Assert.StartsWith("250", await stranger.MailAsync("okyaku@client.example", [User2], "From: <okyaku@client.example>\r\nSubject: henji\r\n\r\nbody"), StringComparison.Ordinal);
        var mail = await farm.ArrivedAsync(User2, "henji");
        Assert.Equal("okyaku@client.example", Assert.Single(mail.From.Mailboxes).Address);
    }

    [Fact]
    public async Task APPROVE_450_a_refusal_reaches_the_user_as_an_error_mail_he_understands()
    {
        await farm.SendAsync(User1, "a@rival.example", "mitsumori-rival");
        await Until.TrueAsync(() => farm.Mailbox(User1).Any(mail => IsReportOf(mail, "a@rival.example")), Soon, "the error mail");
        var report = farm.Mailbox(User1).First(mail => IsReportOf(mail, "a@rival.example"));
        Assert.Contains("550 5.7.1 <a@rival.example>... Your organization does not allow mail to this destination", Text(report).ReplaceLineEndings(" ").Replace("    ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_452_a_released_mail_is_marked_and_not_held_twice_when_it_comes_back()
    {
        var request = await farm.HoldAsync("mitsumori-mark");
        var (to, text) = Link(request, "approval");
        await farm.SendAsync(Bucho, to, text);
        var mail = await farm.Outside.OneAsync(one => one.Text.Contains("Subject: mitsumori-mark\r\n", StringComparison.Ordinal), Soon);
        var end = mail.Content.AsSpan().IndexOf("X-ClusterMail-Released: "u8);
        var (before, marked) = (mail.Content[..end], mail.Content[end..]);
        Assert.DoesNotContain("mitsumori", Encoding.ASCII.GetString(before), StringComparison.Ordinal);
        Assert.StartsWith($"X-ClusterMail-Released: {HoldOf(text)}; s=k1.", Encoding.ASCII.GetString(marked), StringComparison.Ordinal);
        // What follows the mark is what the approver was shown, octet by octet.
        using var shown = new MemoryStream();
        await Assert.Single(request.Attachments.OfType<MessagePart>()).Message!.WriteToAsync(new FormatOptions { NewLineFormat = NewLineFormat.Dos }, shown);
        var held = marked.AsSpan()[(marked.AsSpan().IndexOf((byte)'\n') + 1)..].ToArray();
        Assert.Equal(Encoding.ASCII.GetString(shown.ToArray()).TrimEnd(), Encoding.ASCII.GetString(held).TrimEnd());

        using var exchange = await farm.OpenAsync(Inside);
        Assert.StartsWith("250", await exchange.MailAsync(User1, ["okyaku@client.example"], $"Received: from cloud.example\r\n{Encoding.ASCII.GetString(marked)[..^2]}"), StringComparison.Ordinal);
        await Until.TrueAsync(() => farm.Outside.Mails.Count(one => one.Text.Contains("Subject: mitsumori-mark\r\n", StringComparison.Ordinal)) == 2, Soon, "the mail that came back going on");
        await farm.AuditedAsync("CAME_BACK", HoldOf(text));
    }

    /// <summary>All text of a report.</summary>
    private static string Text(MimeMessage mail) => string.Join('\n', mail.BodyParts.OfType<TextPart>().Select(part => part.Text)) + string.Join('\n', mail.BodyParts.OfType<MessageDeliveryStatus>().SelectMany(status => status.StatusGroups).SelectMany(group => group).Select(field => field.Value));
}

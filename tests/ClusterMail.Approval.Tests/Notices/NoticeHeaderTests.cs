using System.Text;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tests.Tokens;
using ClusterMail.Protocol;
using MimeKit;

namespace ClusterMail.Approval.Tests.Notices;

public class NoticeHeaderTests
{
    private static Notice.Waiting Waiting => new(Vectors.Bucho, [], 0, null);

    public static TheoryData<Notice, string, string, string> Envelopes => new()
    {
        { NoticeSample.HoldNotice(), "user2@corp.example", "bucho@corp.example", "保留通知test" },
        { NoticeSample.Request(), "bucho@corp.example", "user2@corp.example", "承認依頼(user2@corp.example)test" },
        { NoticeSample.Request(approver: Vectors.ShoninB), "shonin_b@corp.example", "user2@corp.example", "承認依頼(user2@corp.example)test" },
        { NoticeSample.Result(HoldStatus.Approved), "user2@corp.example", "bucho@corp.example", "承認通知(bucho@corp.example)test" },
        { NoticeSample.Result(HoldStatus.Approved, toRequester: false), "shonin_a@corp.example", "bucho@corp.example", "承認通知(bucho@corp.example)test" },
        { NoticeSample.Result(HoldStatus.Rejected), "user2@corp.example", "bucho@corp.example", "却下通知(bucho@corp.example)test" },
        { NoticeSample.Result(HoldStatus.Expired), "user2@corp.example", "bucho@corp.example", "期限切れ通知test" },
        { new Notice.Waiting(Vectors.Bucho, [], 0, null), "bucho@corp.example", "bucho@corp.example", "承認待ち一覧(bucho@corp.example)" },
        { new Notice.Waiting(Vectors.Bucho, [], 0, null) { IsReminder = true }, "bucho@corp.example", "bucho@corp.example", "督促:承認待ち一覧(bucho@corp.example)" },
        { new Notice.ProxyChanged(Vectors.Bucho, null, Vectors.Kacho, new ProxyTerm(Vectors.Now, null), 0, []), "bucho@corp.example", "bucho@corp.example", "代理承認者設定" },
        { new Notice.History(new DayRange(new DateOnly(2026, 11, 1), new DateOnly(2026, 11, 24)), null, null), "kanri@corp.example", "kanri@corp.example", "承認履歴" },
        { new Notice.NoAction(NoActionReason.TextChanged, Verb.Approve, NoticeSample.Held()), "bucho@corp.example", "bucho@corp.example", "処理結果test" },
        { new Notice.Request(NoticeSample.Held(), new CurrentApprover(Vectors.Kacho), null, "https://x.example/a/b") { IsEscalated = true }, "kacho@corp.example", "user2@corp.example", "承認依頼(user2@corp.example)[代行]test" },
    };

    [Theory]
    [MemberData(nameof(Envelopes))]
    public async Task APPROVE_104_and_106_author_addressee_and_subject(Notice notice, string to, string from, string subject)
    {
        var mail = await NoticeSample.Write(notice, Sample.Box(to));
        var message = NoticeSample.Parse(mail);
        Assert.Equal(from, mail.From.Mailbox!.ToString());
        Assert.Equal(to, mail.To.ToString());
        Assert.Equal(from, message.From.Mailboxes.Single().Address);
        Assert.Equal("承認システム / Approval", message.From.Mailboxes.Single().Name);
        Assert.Equal("approval@corp.example", message.Sender!.Address);
        Assert.Equal(subject, message.Subject);
    }

    public static TheoryData<Notice, string> EnglishSubjects => new()
    {
        { NoticeSample.HoldNotice(), "Held: test" },
        { NoticeSample.Request(), "Approval request (user2@corp.example): test" },
        { NoticeSample.Result(HoldStatus.Approved), "Approved (bucho@corp.example): test" },
        { NoticeSample.Result(HoldStatus.Rejected), "Rejected (bucho@corp.example): test" },
        { NoticeSample.Result(HoldStatus.Expired), "Expired: test" },
        { Waiting, "Waiting for your approval (user2@corp.example)" },
        { Waiting with { IsReminder = true }, "Reminder: waiting for your approval" },
        { new Notice.ProxyChanged(Vectors.Bucho, null, null, null, 0, []), "Proxy approver changed" },
        { new Notice.History(new DayRange(new DateOnly(2026, 11, 1), new DateOnly(2026, 11, 24)), null, null), "Approval history" },
        { new Notice.NoAction(NoActionReason.TextChanged, Verb.Approve, NoticeSample.Held()), "No action taken: test" },
        { NoticeSample.Request() with { IsEscalated = true }, "Approval request (escalated) (user2@corp.example): test" },
    };

    [Theory]
    [MemberData(nameof(EnglishSubjects))]
    public async Task APPROVE_106_English_subjects(Notice notice, string subject) =>
        Assert.Equal(subject, (await NoticeSample.Read(notice, Vectors.User2, NoticeLanguage.English)).Subject);

    [Fact]
    public async Task APPROVE_103_headers_of_every_mail()
    {
        var message = await NoticeSample.Read(NoticeSample.HoldNotice(NoticeSample.Held("outlook-iso2022jp.eml")), Vectors.User2);
        Assert.Equal("auto-generated", message.Headers["Auto-Submitted"]);
        Assert.Equal("hold-notice; id=B0000500101", message.Headers["X-ClusterMail-Approval"]);
        Assert.Null(message.Headers[HeaderId.Precedence]);
        Assert.Equal("000001dc5cd1$8e2f0a10$aa8d1e30$@corp.example", message.InReplyTo);
        Assert.Equal(["000001dc5cd1$8e2f0a10$aa8d1e30$@corp.example"], message.References);
        Assert.Equal(Vectors.Now, message.Date);
        foreach (var header in (string[])["From", "Sender", "To", "Subject", "Date", "Message-ID", "MIME-Version"])
            Assert.Single(message.Headers, one => one.Field.Equals(header, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task APPROVE_112_the_hold_notice_comes_from_the_first_approver_of_the_first_group()
    {
        var held = NoticeSample.Held() with { Approvers = [new CurrentApprover(Vectors.Kacho, Vectors.Bucho), new CurrentApprover(Vectors.ShoninA)] };
        Assert.Equal(Vectors.Kacho, (await NoticeSample.Write(NoticeSample.HoldNotice(held, NoticeSample.Held(number: 500102)), Vectors.User2)).From.Mailbox);
    }

    [Fact]
    public async Task APPROVE_83_the_Message_ID_is_derived_and_so_a_repeat_is_recognisable()
    {
        async Task<string> Id(Notice notice, Mailbox to) => (await NoticeSample.Write(notice, to)).MessageId;
        var first = await Id(NoticeSample.Request(), Vectors.Bucho);
        Assert.Equal(first, await Id(NoticeSample.Request(), Sample.Box("BUCHO@corp.example")));
        Assert.NotEqual(first, await Id(NoticeSample.Request(), Vectors.ShoninA));
        Assert.NotEqual(first, await Id(NoticeSample.HoldNotice(), Vectors.Bucho));
        Assert.NotEqual(first, await Id(NoticeSample.Request(NoticeSample.Held(number: 500103)), Vectors.Bucho));
        Assert.NotEqual(first, await Id(NoticeSample.Request() with { Serial = "2" }, Vectors.Bucho));
        Assert.EndsWith("@corp.example", first, StringComparison.Ordinal);
        Assert.DoesNotContain("bucho", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_104_the_envelope_may_be_empty_by_setting()
    {
        var mail = await NoticeSample.Write(NoticeSample.Request(), Vectors.Bucho, options: NoticeSample.Options with { HasNullEnvelope = true });
        Assert.True(mail.From.IsNull);
        Assert.Equal("user2@corp.example", NoticeSample.Parse(mail).From.Mailboxes.Single().Address);
    }

    [Fact]
    public async Task APPROVE_105_the_request_names_all_current_approvers_in_To() => Assert.Equal(
        ["bucho@corp.example", "shonin_b@corp.example", "shonin_a@corp.example"],
        (await NoticeSample.Read(NoticeSample.Request(approver: Vectors.ShoninA), Vectors.ShoninA)).To.Mailboxes.Select(one => one.Address));

    [Fact]
    public async Task APPROVE_107_an_empty_subject_is_named_and_a_long_one_cut()
    {
        var empty = NoticeSample.Held() with { Mail = Sample.ViewOf("From: a@b.example\n\nx\n") };
        Assert.Equal("保留通知(件名なし)", (await NoticeSample.Read(NoticeSample.HoldNotice(empty), Vectors.User2)).Subject);
        Assert.Equal("Held: (no subject)", (await NoticeSample.Read(NoticeSample.HoldNotice(empty), Vectors.User2, NoticeLanguage.English)).Subject);
        var longer = NoticeSample.Held() with { Mail = NoticeSample.Held().Mail with { Subject = new string('長', 500) } };
        Assert.Equal("保留通知" + new string('長', 199) + "…", (await NoticeSample.Read(NoticeSample.HoldNotice(longer), Vectors.User2)).Subject);
    }

    [Fact]
    public async Task APPROVE_107_a_subject_cannot_write_headers_or_turn_the_text_round()
    {
        var held = NoticeSample.Held() with { Mail = NoticeSample.Held().Mail with { Subject = "a\r\nBcc: x@y.example\r\n\r\nbody \u202Etxt" } };
        var message = await NoticeSample.Read(NoticeSample.HoldNotice(held), Vectors.User2);
        Assert.Empty(message.Bcc);
        Assert.Equal("保留通知a  Bcc: x@y.example    body ⟦U+202E⟧txt", message.Subject);
    }

    [Theory]
    [InlineData("ja", null, NoticeLanguage.Japanese)]
    [InlineData("en", "ja", NoticeLanguage.English)]
    [InlineData("", "both", NoticeLanguage.Both)]
    [InlineData(null, null, NoticeLanguage.Japanese)]
    [InlineData("fr", "en", NoticeLanguage.English)]
    public void APPROVE_101_the_accounts_language_then_the_setting_then_Japanese(string? account, string? setting, NoticeLanguage expected) =>
        Assert.Equal(expected, Languages.Choose(account, setting));

    [Fact]
    public async Task APPROVE_101_both_languages_in_one_mail_Japanese_first()
    {
        var message = await NoticeSample.Read(NoticeSample.HoldNotice(), Vectors.User2, NoticeLanguage.Both);
        Assert.InRange(message.TextBody!.IndexOf("受付日時", StringComparison.Ordinal), 0, message.TextBody!.IndexOf("Received:", StringComparison.Ordinal));
        Assert.InRange(message.HtmlBody!.IndexOf("受付日時", StringComparison.Ordinal), 0, message.HtmlBody!.IndexOf("Received", StringComparison.Ordinal));
        Assert.Equal("保留通知test / Held", message.Subject);
    }

    [Fact]
    public async Task APPROVE_101_UTF_8_or_ISO_2022_JP_for_old_clients()
    {
        var utf8 = await NoticeSample.Write(NoticeSample.HoldNotice(), Vectors.User2);
        Assert.Contains("=?utf-8?", Encoding.ASCII.GetString(utf8.Content.Span), StringComparison.Ordinal);
        var old = await NoticeSample.Write(NoticeSample.HoldNotice(), Vectors.User2, options: NoticeSample.Options with { PrefersIso2022Jp = true });
        var raw = Encoding.ASCII.GetString(old.Content.Span);
        Assert.Contains("=?iso-2022-jp?", raw, StringComparison.Ordinal);
        Assert.Contains("charset=iso-2022-jp", raw, StringComparison.Ordinal);
        Assert.DoesNotContain("utf-8", raw, StringComparison.Ordinal);
        Assert.Equal("保留通知test", NoticeSample.Parse(old).Subject);
        Assert.Contains("受付日時: 2026/11/24 10:15:02 (+09:00)", NoticeSample.Parse(old).TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_101_a_mail_that_ISO_2022_JP_cannot_hold_goes_as_UTF_8()
    {
        var mail = await NoticeSample.Write(NoticeSample.HoldNotice(NoticeSample.Held("iphone.eml")), Vectors.User2, options: NoticeSample.Options with { PrefersIso2022Jp = true });
        Assert.Equal("保留通知現場の写真です📷", NoticeSample.Parse(mail).Subject);
    }

    [Theory]
    [InlineData("auto-replied", null, true)]
    [InlineData("no", null, false)]
    [InlineData(null, null, false)]
    [InlineData(null, "yes", true)]
    public async Task APPROVE_103_an_out_of_office_answer_to_a_notice_is_ignored(string? submitted, string? autoreply, bool isIgnored)
    {
        var id = (await NoticeSample.Write(NoticeSample.Request(), Vectors.Bucho)).MessageId;
        HeaderList Answer(string inReplyTo)
        {
            var headers = new HeaderList { { "In-Reply-To", $"<{inReplyTo}>" } };
            if (submitted is not null)
                headers.Add("Auto-Submitted", submitted);
            if (autoreply is not null)
                headers.Add("X-Autoreply", autoreply);
            return headers;
        }
        Assert.Equal(isIgnored, AutomaticAnswer.IsTo(Answer(id), "corp.example"));
        Assert.False(AutomaticAnswer.IsTo(Answer("any@corp.example"), "corp.example"));
    }
}

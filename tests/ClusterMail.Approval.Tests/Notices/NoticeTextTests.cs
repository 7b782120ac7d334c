using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Policies;
using ClusterMail.Approval.Tests.Tokens;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tests.Notices;

public class NoticeTextTests
{
    private static readonly Mailbox Okyaku = Sample.Box("okyaku@client.example");
    private static readonly Mailbox Himitsu = Sample.Box("himitsu@client.example");

    [Fact]
    public async Task APPROVE_110_the_hold_notice_has_its_fields()
    {
        var held = NoticeSample.Held() with { Approvers = [new CurrentApprover(Vectors.Kacho, Vectors.Bucho), new CurrentApprover(Vectors.ShoninA)], Needed = 2 };
        var text = await NoticeSample.Text(new Notice.Hold([held], [Vectors.User1], MayWithdraw: true) { WithdrawUrl = "https://mail.corp.example/w/1" });
        Assert.Contains("状態: 保留中 (未送信)\n", text, StringComparison.Ordinal);
        Assert.Contains("件名: test\n", text, StringComparison.Ordinal);
        Assert.Contains("受付日時: 2026/11/24 10:15:02 (+09:00)\n", text, StringComparison.Ordinal);
        Assert.Contains("承認待ちの宛先: okyaku@client.example\n", text, StringComparison.Ordinal);
        Assert.Contains("送信済みの宛先: user1@corp.example\n", text, StringComparison.Ordinal);
        Assert.Contains("承認者:\n  kacho@corp.example (bucho@corp.example の代理)\n  shonin_a@corp.example\n  全員の承認が必要です。\n", text, StringComparison.Ordinal);
        Assert.Contains("理由: 承認が必要な宛先です。\n", text, StringComparison.Ordinal);
        Assert.Contains("期限: 2026/12/01 10:15:02 (+09:00): それまでに決定されないと送信されません。\n", text, StringComparison.Ordinal);
        Assert.Contains("管理番号: B0000500101\n", text, StringComparison.Ordinal);
        Assert.Contains("取消:\nmailto:user2@corp.example?subject=withdraw_B0000500101\nhttps://mail.corp.example/w/1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_110_in_English()
    {
        var text = await NoticeSample.Text(NoticeSample.HoldNotice(), NoticeLanguage.English);
        Assert.Contains("Status: held, not sent yet\n", text, StringComparison.Ordinal);
        Assert.Contains("Received: 2026-11-24 10:15:02 (+09:00)\n", text, StringComparison.Ordinal);
        Assert.Contains("Recipients waiting: okyaku@client.example\n", text, StringComparison.Ordinal);
        Assert.Contains("  One of them is enough.\n", text, StringComparison.Ordinal);
        Assert.Contains("Deadline: 2026-12-01 10:15:02 (+09:00): not sent unless somebody decides before.\n", text, StringComparison.Ordinal);
        Assert.Contains("Reference: B0000500101\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_111_the_hold_notice_holds_nothing_to_decide_with()
    {
        var mail = await NoticeSample.Write(NoticeSample.HoldNotice(), Vectors.User2, NoticeLanguage.Both, original: Sample.Content("vector.eml"));
        var message = NoticeSample.Parse(mail);
        Assert.DoesNotContain("approval_B", message.TextBody + message.HtmlBody, StringComparison.Ordinal);
        Assert.DoesNotContain("reject_B", message.TextBody + message.HtmlBody, StringComparison.Ordinal);
        Assert.DoesNotContain(Vectors.P3, message.TextBody + message.HtmlBody, StringComparison.Ordinal);
        Assert.Empty(message.Attachments);
    }

    [Fact]
    public async Task EX_APPR_3_one_hold_notice_lists_both_groups_and_who_has_it_already()
    {
        var first = NoticeSample.Held(number: 500110) with { Recipients = [Sample.Box("tanto@partner.example")], Approvers = [new CurrentApprover(Vectors.Kacho)] };
        var second = NoticeSample.Held(number: 500111) with { Recipients = [Okyaku, Himitsu], Approvers = [new CurrentApprover(Vectors.Bucho)] };
        var notice = new Notice.Hold([first, second], [Vectors.User1], MayWithdraw: false);
        var text = await NoticeSample.Text(notice);
        Assert.Contains("  B0000500110: tanto@partner.example (Bcc)\n  B0000500111: okyaku@client.example\n  B0000500111: himitsu@client.example (Bcc)\n", text, StringComparison.Ordinal);
        Assert.Contains("  B0000500110: kacho@corp.example\n  B0000500111: bucho@corp.example\n", text, StringComparison.Ordinal);
        Assert.Contains("送信済みの宛先: user1@corp.example\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("取消", text, StringComparison.Ordinal);
        Assert.Equal("kacho@corp.example", (await NoticeSample.Write(notice, Vectors.User2)).From.Mailbox!.ToString());
    }

    [Fact]
    public async Task APPROVE_113_the_request_has_its_fields()
    {
        var held = NoticeSample.Held("outlook-iso2022jp.eml") with
        {
            RequesterName = "田中 太郎",
            Recipients = [Okyaku, Himitsu],
            Related = [Vectors.Hold(500102)],
            Reasons = [new CatchReason(CatchKind.Keyword, "見積"), new CatchReason(CatchKind.Attachment, "見積書.pdf")],
            Warnings = [new CaseWarning(CaseWarningKind.NewDomain, "client.example"), new CaseWarning(CaseWarningKind.ProbableDuplicate, "B0000500099")],
            Note = "部長確認済み",
        };
        var text = await NoticeSample.Text(NoticeSample.Request(held, webUrl: "https://mail.corp.example/a/B0000500101/x"));
        Assert.Contains("依頼内容: 添付のメールを送信してよいか決定してください。\n", text, StringComparison.Ordinal);
        Assert.Contains("[承認]\nmailto:user2@corp.example?subject=approval_B0000500101@", text, StringComparison.Ordinal);
        Assert.Contains("[却下]\nmailto:user2@corp.example?subject=reject_B0000500101@", text, StringComparison.Ordinal);
        Assert.Contains("承認ページ:\nhttps://mail.corp.example/a/B0000500101/x\n", text, StringComparison.Ordinal);
        Assert.Contains("[送信先アドレス]\n  okyaku@client.example\n  himitsu@client.example (Bcc)\n", text, StringComparison.Ordinal);
        Assert.Contains("依頼者: 田中 太郎 <user2@corp.example>\n", text, StringComparison.Ordinal);
        Assert.Contains("件名 / 日時 / サイズ:\n  見積書の件\n  Tue, 24 Nov 2026 10:15:02 +0900\n  2.3 KB\n", text, StringComparison.Ordinal);
        Assert.Contains("添付ファイル: 見積書.pdf (application/pdf, 69 B)\n", text, StringComparison.Ordinal);
        Assert.Contains("キーワードが見つかりました: 見積\n", text, StringComparison.Ordinal);
        Assert.Contains("管理番号: B0000500101 (同じ送信の他の管理番号: B0000500102)\n", text, StringComparison.Ordinal);
        Assert.Contains("他の承認者:\n  shonin_b@corp.example\n  shonin_a@corp.example\n  このうち 1 名の承認で送信されます。\n", text, StringComparison.Ordinal);
        Assert.Contains("初めて送信するドメインです: client.example\n", text, StringComparison.Ordinal);
        Assert.Contains("B0000500099", text, StringComparison.Ordinal);
        Assert.Contains("| 見積書をお送りしますので、ご確認ください。\n", text, StringComparison.Ordinal);
        Assert.Contains("(添付) 元のメール: original.eml\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_114_the_three_labels_stay_in_both_languages()
    {
        var japanese = await NoticeSample.Text(NoticeSample.Request());
        Assert.All(["[承認]", "[却下]", "[送信先アドレス]"], label => Assert.Contains(label, japanese, StringComparison.Ordinal));
        var english = await NoticeSample.Text(NoticeSample.Request(), NoticeLanguage.English);
        Assert.All(["[Approve]\n", "[Reject]\n", "[Recipients]"], label => Assert.Contains(label, english, StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_113_a_list_of_attachments_that_may_lack_some_says_so()
    {
        var held = NoticeSample.Held() with { Mail = NoticeSample.Held().Mail with { Gaps = [ClusterMail.Approval.Viewing.ViewGap.ContentCut] } };
        Assert.Contains("Attachments: (this list may not be complete)\n", await NoticeSample.Text(NoticeSample.Request(held), NoticeLanguage.English), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_113_a_proxy_hears_for_whom()
    {
        var held = NoticeSample.Held() with { Approvers = [new CurrentApprover(Vectors.Kacho, Vectors.Bucho)] };
        Assert.Contains("代理: bucho@corp.example の代理としてお送りしています。\n", await NoticeSample.Text(NoticeSample.Request(held, Vectors.Kacho)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_123_both_texts_and_the_address_stand_alone_on_lines_to_copy()
    {
        var lines = NoticeSample.Lines(await NoticeSample.Text(NoticeSample.Request()));
        Assert.Contains("user2@corp.example", lines);
        Assert.Contains($"approval_B0000500101@{Vectors.P3}.k1.HCUVAgBvRFfZAXzJaD46lQ", lines);
        Assert.Contains($"reject_B0000500101@{Vectors.P3}.k1.vgLxNGEFtcvBl0PFEYYW9w", lines);
    }

    [Fact]
    public async Task APPROVE_122_the_link_is_one_line_of_the_text_and_no_line_of_the_mail_is_too_long()
    {
        var mail = await NoticeSample.Write(NoticeSample.Request(NoticeSample.Held("outlook-iso2022jp.eml")), Vectors.Bucho);
        Assert.Single(NoticeSample.Lines(NoticeSample.Parse(mail).TextBody!.ReplaceLineEndings("\n")), line => line.StartsWith("mailto:user2@corp.example?subject=approval_", StringComparison.Ordinal));
        Assert.All(System.Text.Encoding.ASCII.GetString(mail.Content.Span).Split("\r\n"), line => Assert.InRange(line.Length, 0, 998));
    }

    [Fact]
    public async Task APPROVE_124_the_excerpt_has_the_first_2000_characters()
    {
        var held = NoticeSample.Held() with { Mail = NoticeSample.Held().Mail with { Text = new string('文', 3000) } };
        Assert.Contains($"| {new string('文', 1999)}…\n", await NoticeSample.Text(NoticeSample.Request(held)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_46_an_approver_outside_decides_on_the_page_only()
    {
        var text = await NoticeSample.Text(new Notice.Request(NoticeSample.Held(), new CurrentApprover(Sample.Box("boss@holding.example")), null, "https://mail.corp.example/a/x"));
        Assert.DoesNotContain("mailto:", text, StringComparison.Ordinal);
        Assert.Contains("[承認]\nhttps://mail.corp.example/a/x\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_116_the_approval_notice_has_its_fields()
    {
        var decision = new Decision(HoldStatus.Approved, Vectors.Kacho, Vectors.Bucho, Vectors.Now, Channel.Mail, "問題ありません。");
        var text = await NoticeSample.Text(new Notice.Result(NoticeSample.Held(), decision, ToRequester: false));
        Assert.Contains("状態: 承認されました\n", text, StringComparison.Ordinal);
        Assert.Contains("決定した人: kacho@corp.example (bucho@corp.example の代理)\n", text, StringComparison.Ordinal);
        Assert.Contains("決定日時: 2026/11/24 10:16:19 (+09:00)\n", text, StringComparison.Ordinal);
        Assert.Contains("送信される宛先: okyaku@client.example\n", text, StringComparison.Ordinal);
        Assert.Contains("コメント: 問題ありません。\n", text, StringComparison.Ordinal);
        Assert.Contains("必要な操作: 操作はもう必要ありません。\n", text, StringComparison.Ordinal);
        Assert.Contains("管理番号: B0000500101\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HoldStatus.AdminReleased, "bucho@corp.example (by administrator)")]
    [InlineData(HoldStatus.AdminDiscarded, "bucho@corp.example (by administrator)")]
    public async Task APPROVE_116_and_117_an_administrator_is_named_as_one(HoldStatus outcome, string expected) =>
        Assert.Contains($"Decided by: {expected}\n", await NoticeSample.Text(NoticeSample.Result(outcome, "urgent"), NoticeLanguage.English), StringComparison.Ordinal);

    [Fact]
    public async Task APPROVE_116_a_release_by_deadline_says_so()
    {
        var notice = new Notice.Result(NoticeSample.Held(), new Decision(HoldStatus.Approved, null, null, Vectors.Now, Channel.Timer), ToRequester: true);
        Assert.Contains("Decided by: system (by deadline)\n", await NoticeSample.Text(notice, NoticeLanguage.English), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EX_APPR_2_the_rejection_notice_has_the_reason_and_the_recipient()
    {
        var text = await NoticeSample.Text(NoticeSample.Result(HoldStatus.Rejected, "wrong price list\n2nd line"));
        Assert.Contains("状態: 却下されました (未送信)\n", text, StringComparison.Ordinal);
        Assert.Contains("理由:\n  wrong price list\n  2nd line\n", text, StringComparison.Ordinal);
        Assert.Contains("送信されない宛先: okyaku@client.example\n", text, StringComparison.Ordinal);
        Assert.Contains("(添付) 元のメール: original.eml\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_115_the_result_notices_repeat_the_list_with_Bcc()
    {
        var held = NoticeSample.Held() with { Recipients = [Okyaku, Himitsu] };
        foreach (var outcome in (HoldStatus[])[HoldStatus.Approved, HoldStatus.Rejected, HoldStatus.Expired])
            Assert.Contains("  okyaku@client.example\n  himitsu@client.example (Bcc)\n", await NoticeSample.Text(NoticeSample.Result(outcome, held: held)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_118_the_expiry_notice_names_who_was_asked_and_until_when()
    {
        var text = await NoticeSample.Text(NoticeSample.Result(HoldStatus.Expired), NoticeLanguage.English);
        Assert.Contains("Nobody decided", text, StringComparison.Ordinal);
        Assert.Contains("Approvers who were asked:\n  bucho@corp.example\n  shonin_b@corp.example\n  shonin_a@corp.example\n", text, StringComparison.Ordinal);
        Assert.Contains("Deadline: 2026-11-24 10:16:19 (+09:00)\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_118_escalation_tells_the_sender_who_is_asked_now_and_since_when()
    {
        var text = await NoticeSample.Text(new Notice.Escalation(NoticeSample.Held(), [Sample.Box("jomu@corp.example")], EscalationCause.Deadline, Vectors.Now), NoticeLanguage.English);
        Assert.Contains("Asked now: jomu@corp.example\n", text, StringComparison.Ordinal);
        Assert.Contains("Since: 2026-11-24 10:16:19 (+09:00)\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EX_APPR_11_the_information_mail_names_who_when_and_what()
    {
        var notice = new Notice.NoAction(NoActionReason.AlreadyDecided, Verb.Reject, NoticeSample.Held()) { Decision = NoticeSample.Result(HoldStatus.Approved).Decision };
        var text = await NoticeSample.Text(notice);
        Assert.Contains("すでに bucho@corp.example が 2026/11/24 10:16:19 (+09:00) に決定しています: 承認されました", text, StringComparison.Ordinal);
        Assert.Contains("操作: 却下\n", text, StringComparison.Ordinal);
        Assert.Contains("管理番号: B0000500101\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_155_the_registered_address_is_named()
    {
        var notice = new Notice.NoAction(NoActionReason.WrongAddress, Verb.Approve, NoticeSample.Held()) { RegisteredAddress = Vectors.Bucho };
        Assert.Contains("registered address: bucho@corp.example", await NoticeSample.Text(notice, NoticeLanguage.English), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_119_every_category_says_what_to_do_in_both_languages()
    {
        foreach (var reason in Enum.GetValues<NoActionReason>())
        {
            var notice = new Notice.NoAction(reason, Verb.Approve, null) { RegisteredAddress = Vectors.Bucho };
            Assert.Matches("理由: .+\n(.*\n)*必要な操作: .+\n", await NoticeSample.Text(notice));
            Assert.Matches("Reason: .+\n(.*\n)*What to do: .+\n", await NoticeSample.Text(notice, NoticeLanguage.English));
        }
    }

    [Theory]
    [InlineData(ResultCode.BadToken, true, true, NoActionReason.TextChanged)]
    [InlineData(ResultCode.WrongTo, true, true, NoActionReason.WrongRecipient)]
    [InlineData(ResultCode.Late, true, true, NoActionReason.AlreadyDecided)]
    [InlineData(ResultCode.Duplicate, true, true, NoActionReason.AlreadyDecided)]
    [InlineData(ResultCode.Locked, true, true, NoActionReason.Locked)]
    [InlineData(ResultCode.LegacyTokenOff, true, true, NoActionReason.OldForm)]
    [InlineData(ResultCode.BadToken, true, false, NoActionReason.NotApprover)]
    [InlineData(ResultCode.UnknownId, true, false, NoActionReason.NotApprover)]
    [InlineData(ResultCode.WrongTo, true, false, NoActionReason.NotApprover)]
    [InlineData(ResultCode.Locked, true, false, NoActionReason.NotApprover)]
    [InlineData(ResultCode.SelfApproval, true, false, NoActionReason.OwnMail)]
    [InlineData(ResultCode.BadToken, false, true, null)]
    [InlineData(ResultCode.Late, false, true, null)]
    [InlineData(ResultCode.WrongPath, true, true, null)]
    [InlineData(ResultCode.Ok, true, true, null)]
    [InlineData(ResultCode.DbDown, true, true, null)]
    public void APPROVE_85_only_the_authenticated_are_answered_and_who_is_no_approver_learns_nothing(ResultCode code, bool isAuthenticated, bool isApprover, NoActionReason? expected) =>
        Assert.Equal(expected, NoActionReasons.For(code, isAuthenticated, isApprover, isOtherAddress: false));

    [Fact]
    public void APPROVE_84_already_done_is_answered_once_in_ten_minutes()
    {
        Assert.True(RepeatPace.MayAnswer(null, Vectors.Now));
        Assert.False(RepeatPace.MayAnswer(Vectors.Now, Vectors.Now.AddMinutes(10).AddSeconds(-1)));
        Assert.True(RepeatPace.MayAnswer(Vectors.Now, Vectors.Now.AddMinutes(10)));
    }

    [Fact]
    public async Task APPROVE_212_the_confirmation_of_a_proxy_has_its_fields()
    {
        var term = new ProxyTerm(Vectors.Now, new DateTimeOffset(2026, 12, 11, 0, 0, 0, TimeSpan.FromHours(9)));
        var text = await NoticeSample.Text(new Notice.ProxyChanged(Vectors.Bucho, Vectors.ShoninA, Vectors.Kacho, term, 3, [ProxyWarning.IsNotFollowedFurther]));
        Assert.Contains("承認者: bucho@corp.example\n", text, StringComparison.Ordinal);
        Assert.Contains("これまでの代理承認者: shonin_a@corp.example\n", text, StringComparison.Ordinal);
        Assert.Contains("新しい代理承認者: kacho@corp.example\n", text, StringComparison.Ordinal);
        Assert.Contains("期間: 2026/11/24 10:16:19 (+09:00) - 2026/12/11 00:00:00 (+09:00)\n", text, StringComparison.Ordinal);
        Assert.Contains("承認待ちのメール: 3 件。", text, StringComparison.Ordinal);
        Assert.Contains("注意: この代理承認者にも代理承認者が設定されています", text, StringComparison.Ordinal);
        Assert.Contains("解除の方法: 件名を setproxyuser_ としたメール", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_212_cleared_is_none_and_the_proxy_hears_of_it_too()
    {
        Assert.Contains("New proxy: none\n", await NoticeSample.Text(new Notice.ProxyChanged(Vectors.Bucho, Vectors.Kacho, null, null, 0, []), NoticeLanguage.English), StringComparison.Ordinal);
        var information = new Notice.ProxyInformation(Vectors.Bucho, Vectors.Kacho, new ProxyTerm(Vectors.Now, null), 2);
        Assert.Contains("あなたは代理承認者になりました。", await NoticeSample.Text(information), StringComparison.Ordinal);
        Assert.Equal("bucho@corp.example", (await NoticeSample.Write(information, Vectors.Kacho)).From.Mailbox!.ToString());
        Assert.Contains("no longer", await NoticeSample.Text(information with { Term = null }, NoticeLanguage.English), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_209_a_day_before_the_end_the_approver_is_told() =>
        Assert.Contains("until 2026-12-11 00:00:00 (+09:00)", await NoticeSample.Text(new Notice.ProxyEnding(Vectors.Bucho, Vectors.Kacho, new DateTimeOffset(2026, 12, 11, 0, 0, 0, TimeSpan.FromHours(9))), NoticeLanguage.English), StringComparison.Ordinal);

    [Fact]
    public async Task APPROVE_205_and_207_a_refused_command_says_why_and_that_nothing_changed()
    {
        foreach (var why in Enum.GetValues<ProxyRefusal>())
            Assert.Matches("Reason: .+\n.*What to do: .+\n", await NoticeSample.Text(new Notice.CommandRefused("setproxyuser_x", new CommandRefusal.Proxy(why)), NoticeLanguage.English));
        Assert.Contains("not an approver", await NoticeSample.Text(new Notice.CommandRefused("setproxyuser_user2@corp.example", new CommandRefusal.Proxy(ProxyRefusal.NotAnApprover)), NoticeLanguage.English), StringComparison.Ordinal);
        Assert.Contains("no such account", await NoticeSample.Text(new Notice.CommandRefused("setproxyuser_nobody@corp.example", new CommandRefusal.Proxy(ProxyRefusal.NoSuchAccount)), NoticeLanguage.English), StringComparison.Ordinal);
        Assert.Contains("not allowed", await NoticeSample.Text(new Notice.CommandRefused("approvalgetlog_", new CommandRefusal.NotAllowed()), NoticeLanguage.English), StringComparison.Ordinal);
        Assert.Contains("33 文字目: 日付として読めません。", await NoticeSample.Text(new Notice.CommandRefused("setproxyuser_kacho@corp.example_x", new CommandRefusal.Unreadable(33, CommandFault.Date))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_222_with_the_history_off_the_answer_says_so() =>
        Assert.Contains("history is off", await NoticeSample.Text(new Notice.History(new DayRange(new DateOnly(2026, 11, 1), new DateOnly(2026, 11, 24)), null, null), NoticeLanguage.English), StringComparison.Ordinal);
}

using System.Text.RegularExpressions;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Notices;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;
using MimeKit;

namespace ClusterMail.Queue.Tests;

/// <summary>Commands by mail (chapter 22): caught where decisions are, answered by mail, with the rights and the audit of everything else.</summary>
public sealed class CommandTests
{
    private const string Bucho = "bucho@corp.example";
    private const string Kacho = "kacho@corp.example";
    private const string Kanri = "kanri@corp.example";
    private const string User1 = "user1@corp.example";
    private const string User2 = "user2@corp.example";

    [Fact]
    public async Task APPROVE_215_the_waiting_list_comes_by_mail_and_each_entry_can_be_decided_from_it()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var (first, second) = (await scene.HoldAsync(), await scene.HoldAsync("tanto@partner.example"));
        var reply = await scene.CommandAsync(Bucho, "waitlist_");
        Assert.Equal((250, new EnhancedStatus(2, 0, 0)), (reply.Code, reply.Status));
        var answer = await scene.AnswerAsync("waiting-list:", Bucho);
        Assert.Equal("承認待ち一覧(bucho@corp.example)", answer.Subject);
        Assert.Equal(Bucho, Assert.Single(answer.From.Mailboxes).Address);
        Assert.All([first, second], hold => Assert.Contains(new MessageId(hold.Id).ToString(), answer.TextBody, StringComparison.Ordinal));
        // The text of the list decides as that of the request does (APPROVE-137).
        var text = Linked(answer.TextBody!, $"reject_{new MessageId(second.Id)}@");
        Assert.Equal(250, (await scene.DecideAsync(Bucho, text)).Code);
        Assert.Equal((HoldState.Held, HoldState.Rejected), ((await scene.AgainAsync(first)).State, (await scene.AgainAsync(second)).State));
    }

    /// <summary>The subject that a link of a list prepares.</summary>
    private static string Linked(string list, string begins) => Uri.UnescapeDataString(
        Regex.Matches(list, @"mailto:[^?\s]+\?subject=([^&\s]+)").Select(link => link.Groups[1].Value).First(subject => Uri.UnescapeDataString(subject).StartsWith(begins, StringComparison.Ordinal)));

    [Fact]
    public async Task APPROVE_204_a_command_is_delivered_to_nobody_and_its_answer_carries_its_number()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var next = scene.Queue.Number().Number + 1;
        Assert.Equal(250, (await scene.CommandAsync(Bucho, "WaitList")).Code);
        var answer = await scene.AnswerAsync("waiting-list:", Bucho);
        Assert.Contains("承認待ちのメールはありません。", answer.TextBody, StringComparison.Ordinal);
        Assert.Equal([$"{Bucho} -> {Bucho}"], await scene.EnvelopesAsync($"{new MessageId(next)}-N0001"));
        Assert.Equal(0, await scene.Queue.CountAsync("mail WHERE position('Subject: WaitList'::bytea IN content) > 0"));
        Assert.Contains(await scene.RecordsAsync(), record => record.Contains("\"type\":\"COMMAND\"", StringComparison.Ordinal) && record.Contains("\"reason\":\"WaitList\"", StringComparison.Ordinal) && record.Contains("\"result\":\"OK\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_141_whose_own_mail_is_checked_can_still_give_commands_and_decide()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example");
        await scene.SetPolicyAsync("bucho", "*:1::jomu@corp.example");
        var hold = await scene.HoldAsync();
        Assert.Equal(250, (await scene.CommandAsync(Bucho, "waitlist_")).Code);
        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(hold, Bucho, "approval"))).Code);
        Assert.Equal(HoldState.Approved, (await scene.AgainAsync(hold)).State);
        Assert.Equal(1, await scene.Queue.CountAsync("held_mail"));
    }

    [Fact]
    public async Task APPROVE_142_a_decision_mail_reaches_nobody_whether_it_is_executed_or_not()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var text = await scene.TextAsync(hold, Bucho, "approval");
        // Changed, from a stranger to the mail, sent elsewhere too, from outside: refused, and in no queue.
        Assert.Equal(550, (await scene.DecideAsync(Bucho, text[..^1] + (text[^1] == 'A' ? 'B' : 'A'))).Code);
        Assert.Equal(550, (await scene.DecideAsync(Kacho, text)).Code);
        Assert.Equal(550, (await scene.SendAsync(Bucho, [User2, "okyaku@client.example"], $"Subject: {text}\r\n\r\n")).Code);
        Assert.Equal(550, (await scene.SendAsync("evil@client.example", [User2], $"Subject: {text}\r\n\r\n", auth: "")).Code);
        Assert.Equal(250, (await scene.DecideAsync(Bucho, text)).Code);
        // Late: answered 250, and delivered as little.
        Assert.Equal(250, (await scene.DecideAsync("shonin_a@corp.example", await scene.TextAsync(hold, "shonin_a@corp.example", "reject"))).Code);
        await scene.WorkAsync();
        Assert.Equal(0, await scene.Queue.CountAsync("mail WHERE position('Subject: approval_'::bytea IN content) > 0 OR position('Subject: reject_'::bytea IN content) > 0"));
    }

    [Fact]
    public async Task APPROVE_218_a_second_list_within_a_minute_only_says_when_the_first_one_went()
    {
        await using var scene = await ApprovalScene.StartAsync();
        await scene.HoldAsync();
        for (var i = 0; i < 4; i++)
            Assert.Equal(250, (await scene.CommandAsync(Bucho, "waitlist_")).Code);
        await scene.WorkAsync();
        Assert.Equal((1L, 1L), (await scene.Queue.CountAsync("hold_job WHERE kind LIKE 'waiting-list:%'"), await scene.Queue.CountAsync("hold_job WHERE kind LIKE 'waiting-list-late:%'")));
        Assert.Contains("1 分に 1 回まで請求できます。", (await scene.AnswerAsync("waiting-list-late:", Bucho)).TextBody, StringComparison.Ordinal);
        await scene.Queue.Database.ExecuteAsync("UPDATE hold_job SET made_at = now() - interval '61 seconds' WHERE kind LIKE 'waiting-list:%'");
        Assert.Equal(250, (await scene.CommandAsync(Bucho, "waitlist_")).Code);
        Assert.Equal(2, await scene.Queue.CountAsync("hold_job WHERE kind LIKE 'waiting-list:%'"));
    }

    [Fact]
    public async Task APPROVE_217_a_full_list_has_the_mails_attached_octet_by_octet()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        Assert.Equal(250, (await scene.CommandAsync(Bucho, "waitlist_full")).Code);
        var answer = await scene.AnswerAsync("waiting-list:", Bucho);
        var attached = Assert.Single(answer.Attachments);
        Assert.Equal($"{new MessageId(hold.Id)}.eml", attached.ContentDisposition!.FileName);
        using var target = new MemoryStream();
        await ((MessagePart)attached).Message!.WriteToAsync(new FormatOptions { NewLineFormat = NewLineFormat.Dos }, target, TestContext.Current.CancellationToken);
        Assert.Equal(ApprovalScene.Content, System.Text.Encoding.UTF8.GetString(target.ToArray()));
    }

    [Fact]
    public async Task EX_APPR_7_a_proxy_is_set_and_cleared_by_command_and_both_are_told()
    {
        await using var scene = await ApprovalScene.StartAsync("*@corp.example:0\n*:1::bucho@corp.example");
        var older = await scene.HoldAsync();
        Assert.Equal(250, (await scene.CommandAsync(Bucho, "setproxyuser_kacho@corp.example")).Code);
        await scene.ReloadAsync();
        var answer = await scene.AnswerAsync("proxy-changed", Bucho);
        Assert.Equal("代理承認者設定", answer.Subject);
        Assert.Contains(Kacho, answer.TextBody, StringComparison.Ordinal);
        Assert.Contains("1 件。", answer.TextBody, StringComparison.Ordinal);
        Assert.Contains("あなたは代理承認者になりました。", (await scene.AnswerAsync("proxy-information", Kacho)).TextBody, StringComparison.Ordinal);

        var newer = await scene.HoldAsync();
        Assert.Equal(Kacho, Assert.Single(newer.Approvers).Address);
        // The older mail stands in the proxy's list too, with a text of his own, and his decision names him (APPROVE-206, APPROVE-214).
        Assert.Equal(250, (await scene.CommandAsync(Kacho, "waitlist_")).Code);
        var list = (await scene.AnswerAsync("waiting-list:", Kacho)).TextBody!;
        Assert.Contains("bucho@corp.example の代理", list, StringComparison.Ordinal);
        var text = Linked(list, $"approval_{new MessageId(older.Id)}@");
        Assert.Equal(Kacho, System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(text.Split('@', 2)[1].Split('.')[0])).TrimEnd());
        Assert.Equal(250, (await scene.DecideAsync(Kacho, text)).Code);
        var decided = (await scene.AgainAsync(older)).Decision!;
        Assert.Equal((Kacho, Bucho), (decided.By, decided.Principal));

        Assert.Equal(250, (await scene.CommandAsync(Bucho, "setproxyuser_")).Code);
        await scene.ReloadAsync();
        Assert.Contains("あなたは代理承認者ではなくなりました。", (await scene.AnswerAsync("proxy-information", Kacho)).TextBody, StringComparison.Ordinal);
        Assert.Equal(Bucho, Assert.Single((await scene.HoldAsync()).Approvers).Address);
        Assert.Equal(["PROXY_SET", "PROXY_CLEARED"], (await scene.RecordsAsync()).Select(record => Regex.Match(record, "\"type\":\"(PROXY_[A-Z]+)\"").Groups[1].Value).Where(type => type.Length > 0));
    }

    [Theory]
    [InlineData(User1, "setproxyuser_user2@corp.example", "承認者として登録されていません")]
    [InlineData(Bucho, "setproxyuser_nobody@corp.example", "アカウントはありません")]
    [InlineData(Bucho, "setproxyuser_outside@client.example", "アカウントはありません")]
    [InlineData(Bucho, "setproxyuser_bucho@corp.example", "自分自身")]
    [InlineData(Bucho, "setproxyuser_kacho@corp.example_20200101-20200110", "期間がすでに終わっています")]
    [InlineData(Bucho, "setproxyuser_kacho@corp.example_2020", "文字目")]
    [InlineData(User1, "approvalgetlog_", "権限がありません")]
    [InlineData(User1, "withdraw_B0000099999", "取り消せるメールはありません")]
    public async Task APPROVE_205_a_command_that_may_not_be_is_answered_with_the_reason_and_nothing_changes(string person, string subject, string reason)
    {
        await using var scene = await ApprovalScene.StartAsync();
        Assert.Equal(250, (await scene.CommandAsync(person, subject)).Code);
        var answer = await scene.AnswerAsync("command-refused", person);
        Assert.Contains(reason, answer.TextBody, StringComparison.Ordinal);
        Assert.Contains(subject, answer.TextBody, StringComparison.Ordinal);
        Assert.Equal(0, await scene.Queue.CountAsync("approval_proxy"));
        Assert.Contains(await scene.RecordsAsync(), record => record.Contains("\"result\":\"NOT_ALLOWED\"", StringComparison.Ordinal) || record.Contains("\"result\":\"UNKNOWN_ID\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_209_a_proxy_stands_in_for_the_days_of_his_window_and_its_end_is_told_a_day_ahead()
    {
        await using var scene = await ApprovalScene.StartAsync(settings: [("approval.proxy_max_days", "10")]);
        Assert.Equal(250, (await scene.CommandAsync(Bucho, "setproxyuser_kacho@corp.example")).Code);
        Assert.Contains("期間が長すぎるか、終わりの日がありません。", (await scene.AnswerAsync("command-refused", Bucho)).TextBody, StringComparison.Ordinal);
        var (from, until) = (DateTime.Now.AddDays(2), DateTime.Now.AddDays(5));
        Assert.Equal(250, (await scene.CommandAsync(Bucho, $"setproxyuser_kacho@corp.example_{from:yyyyMMdd}-{until:yyyyMMdd}")).Code);
        await scene.ReloadAsync();
        // Not begun yet: the approver is asked himself.
        Assert.Contains((await scene.HoldAsync()).Approvers, approver => approver.Address == Bucho);
        var store = new ApprovalStore(scene.Queue.Database.Source);
        Assert.Empty(await store.EndingAsync(ProxyTerm.Notice, NoticeKind.ProxyEnding.Word(), default));
        await scene.Queue.Database.ExecuteAsync("UPDATE approval_proxy SET from_at = now() - interval '3 days', until_at = now() + interval '23 hours', set_at = now() - interval '3 days'");
        await scene.ReloadAsync();
        Assert.Contains((await scene.HoldAsync()).Approvers, approver => approver.Address == Kacho);
        Assert.Equal(Kacho, Assert.Single(await store.EndingAsync(ProxyTerm.Notice, NoticeKind.ProxyEnding.Word(), default)).Proxy);
    }

    [Fact]
    public async Task APPROVE_220_an_administrator_gets_the_history_as_a_text_file_and_when_it_is_off_the_answer_says_so()
    {
        await using var scene = await ApprovalScene.StartAsync(settings: [("approval.admins", Kanri)]);
        var today = DateTimeOffset.Now;
        scene.History.Add((today.AddDays(-1), "[承認] 承認者=bucho@corp.example"));
        scene.History.Add((today, "[却下] 承認者=kacho@corp.example"));
        Assert.Equal(250, (await scene.CommandAsync(Kanri, "approvalgetlog_")).Code);
        var answer = await scene.AnswerAsync("history", Kanri);
        Assert.Equal("承認履歴", answer.Subject);
        Assert.Equal([$"{today.AddDays(-1):yyMMdd}.txt", $"{today:yyMMdd}.txt"], answer.Attachments.Select(part => part.ContentDisposition!.FileName));
        using var file = new MemoryStream();
        await ((MimePart)answer.Attachments.Last()).Content!.DecodeToAsync(file, TestContext.Current.CancellationToken);
        Assert.Equal([0xEF, 0xBB, 0xBF, .. "[却下] 承認者=kacho@corp.example\r\n"u8.ToArray()], file.ToArray());

        await scene.Queue.SaveAsync(("approval.enabled", "true"), ("domain.table", "corp.example local"), ("auth.methods", "PLAIN"), ("approval.admins", Kanri), ("approval.history", "false"));
        Assert.Equal(250, (await scene.CommandAsync(Kanri, "approvalgetlog")).Code);
        answer = await scene.AnswerAsync("history", Kanri);
        Assert.Empty(answer.Attachments);
        Assert.Contains("履歴は記録されていません", answer.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_110_the_sender_takes_his_mail_back_by_command_and_nobody_else_can()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        Assert.Equal(250, (await scene.CommandAsync(User1, $"withdraw_{new MessageId(hold.Id)}")).Code);
        Assert.Contains("取り消せるメールはありません", (await scene.AnswerAsync("command-refused", User1)).TextBody, StringComparison.Ordinal);
        Assert.Equal(HoldState.Held, (await scene.AgainAsync(hold)).State);
        Assert.Equal(250, (await scene.CommandAsync(User2, $"withdraw_{new MessageId(hold.Id)}")).Code);
        Assert.Equal(HoldState.Withdrawn, (await scene.AgainAsync(hold)).State);
        Assert.Contains("取り消しました", (await scene.AnswerAsync("withdrawal-notice", User2)).TextBody, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Re: waitlist_", Bucho, Bucho)]
    [InlineData("waitlist_", Kacho, Bucho)]
    public async Task APPROVE_203_what_is_no_mail_to_oneself_of_who_logged_in_is_ordinary_mail(string subject, string to, string auth)
    {
        await using var scene = await ApprovalScene.StartAsync();
        Assert.Equal(250, (await scene.SendAsync(Bucho, [to], $"Subject: {subject}\r\n\r\nx\r\n", auth)).Code);
        Assert.Equal(0, await scene.Queue.CountAsync("hold_job"));
        Assert.Equal(to, await scene.Queue.Database.ScalarAsync<string>("SELECT forward_path FROM recipient"));
        Assert.Equal(subject.StartsWith("Re", StringComparison.Ordinal) ? 0 : 1, (await scene.RecordsAsync()).Count(record => record.Contains("\"type\":\"COMMAND\"", StringComparison.Ordinal)));
        // It counts as no attempt at a decision.
        Assert.Equal(0, await scene.Queue.CountAsync("approval_failure"));
    }

    [Fact]
    public async Task APPROVE_202_behind_an_internal_server_commands_and_decisions_go_to_the_sub_domain_and_nothing_else_does()
    {
        await using var scene = await ApprovalScene.StartAsync(settings:
            [("approval.sub_domain_label", "sub"), ("approval.internal_servers", "192.0.2.80"), ("relay.rules", "192.0.2.80 true")]);
        var hold = await scene.HoldAsync();
        var text = await scene.TextAsync(hold, Bucho, "approval");
        // To the normal address it does nothing here; ordinary mail.
        Assert.Equal(250, (await scene.CommandAsync(Bucho, "waitlist_", auth: "")).Code);
        Assert.Equal(0, await scene.Queue.CountAsync("hold_job WHERE kind LIKE 'waiting-list%'"));
        Assert.Equal(250, (await scene.CommandAsync(Bucho, "waitlist_", to: "bucho@sub.corp.example", auth: "")).Code);
        Assert.Contains("mailto:user2@sub.corp.example", (await scene.AnswerAsync("waiting-list:", Bucho)).TextBody, StringComparison.Ordinal);
        var other = await scene.SendAsync(Bucho, ["user2@sub.corp.example"], "Subject: hello\r\n\r\n", auth: "", client: "192.0.2.80");
        Assert.Equal((550, new EnhancedStatus(5, 1, 1)), (other.Code, other.Status));
        Assert.Equal(550, (await scene.DecideAsync(Bucho, text, auth: "")).Code);
        Assert.Equal(250, (await scene.DecideAsync(Bucho, text, to: "user2@sub.corp.example", auth: "")).Code);
        Assert.Equal(HoldState.Approved, (await scene.AgainAsync(hold)).State);
    }
}

using System.Text;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Queue.Tests;

/// <summary>From the last dot of a mail that needs approval to the mail that leaves, as chapter 23 section 6 works it out.</summary>
public sealed class ApprovalTests
{
    private const string Bucho = "bucho@corp.example";
    private const string ShoninA = "shonin_a@corp.example";
    private const string ShoninB = "shonin_b@corp.example";
    private const string User2 = "user2@corp.example";
    private const string Okyaku = "okyaku@client.example";

    [Fact]
    public async Task EX_APPR_1_a_mail_approved_by_one_of_three_leaves_octet_by_octet_under_its_old_number()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        Assert.Equal(0, await scene.Queue.CountAsync("recipient"));
        Assert.Equal(["account user2@corp.example v1 line 2"], hold.Places);

        var text = await scene.TextAsync(hold, Bucho, "approval");
        var id = new MessageId(hold.Id).ToString();
        Assert.Equal([$"{Bucho} -> {User2}"], await scene.EnvelopesAsync($"{id}-S0001"));
        Assert.Equal([$"{User2} -> {Bucho}", $"{User2} -> {ShoninA}", $"{User2} -> {ShoninB}"], await scene.EnvelopesAsync($"{id}-A0001"));
        Assert.Equal("保留通知test", Assert.Single(await scene.MailsAsync($"{id}-S0001", User2)).Subject);
        Assert.Equal("承認依頼(user2@corp.example)test", Assert.Single(await scene.MailsAsync($"{id}-A0001", ShoninB)).Subject);

        var reply = await scene.DecideAsync(Bucho, text);
        Assert.Equal((250, new EnhancedStatus(2, 0, 0)), (reply.Code, reply.Status));
        await scene.WorkAsync();

        var approved = await scene.AgainAsync(hold);
        Assert.Equal((HoldState.Approved, Bucho, "mail", "192.0.2.80", Bucho), (approved.State, approved.Decision!.By, approved.Decision.Channel, approved.Decision.ClientAddress, approved.Decision.Auth));
        Assert.NotNull(approved.ReleasedAt);
        var result = new MessageId(approved.Decision.ResultId).ToString();
        Assert.Equal([$"{Bucho} -> {ShoninA}", $"{Bucho} -> {ShoninB}", $"{Bucho} -> {User2}"], await scene.EnvelopesAsync($"{result}-N0001"));
        Assert.Equal([$"{User2} -> {Okyaku}"], await scene.EnvelopesAsync(id));
        Assert.Equal(ApprovalScene.Content, Encoding.UTF8.GetString(await scene.Queue.Database.ScalarAsync<byte[]>("SELECT content FROM mail WHERE id = $1", approved.Decision.ResultId)));
        Assert.Equal((2, "rfc822;" + Okyaku), (await scene.Queue.Database.ScalarAsync<short>("SELECT notify FROM recipient WHERE mail_id = $1", approved.Decision.ResultId),
            await scene.Queue.Database.ScalarAsync<string>("SELECT orcpt FROM recipient WHERE mail_id = $1", approved.Decision.ResultId)));
        Assert.Equal(["HELD", "APPROVED OK", "RELEASED OK"], await scene.AuditedAsync(hold));
        // The decision mail itself is in no queue, and so in nobody's mailbox.
        Assert.Equal(0, await scene.Queue.CountAsync("mail WHERE position('Subject: approval_'::bytea IN content) > 0"));
    }

    [Fact]
    public async Task EX_APPR_2_a_rejection_tells_its_reason_and_nothing_leaves()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var text = await scene.TextAsync(hold, ShoninA, "reject");
        Assert.Equal(250, (await scene.DecideAsync(ShoninA, text, body: "wrong price list", client: "192.0.2.81")).Code);
        await scene.WorkAsync();

        var rejected = await scene.AgainAsync(hold);
        Assert.Equal((HoldState.Rejected, ShoninA, "wrong price list"), (rejected.State, rejected.Decision!.By, rejected.Decision.Comment));
        var result = new MessageId(rejected.Decision.ResultId).ToString();
        Assert.Equal([$"{ShoninA} -> {Bucho}", $"{ShoninA} -> {ShoninB}", $"{ShoninA} -> {User2}"], await scene.EnvelopesAsync($"{result}-N0001"));
        var notice = Assert.Single(await scene.MailsAsync($"{result}-N0001", User2));
        Assert.Contains("wrong price list", notice.TextBody, StringComparison.Ordinal);
        Assert.Contains(Okyaku, notice.TextBody, StringComparison.Ordinal);
        Assert.Equal(0, await scene.Queue.CountAsync($"recipient WHERE forward_path = '{Okyaku}'"));
        Assert.Equal(0, await scene.Queue.CountAsync("hold_job WHERE kind = 'release'"));
    }

    [Fact]
    public async Task EX_APPR_3_a_mail_to_three_kinds_of_recipients_is_split_and_each_group_has_an_outcome_of_its_own()
    {
        await using var scene = await ApprovalScene.StartAsync("*@corp.example:0\n*@partner.example:1::kacho@corp.example\n*:1::bucho@corp.example");
        Assert.Equal(250, (await scene.SendAsync(User2, ["user1@corp.example", "tanto@partner.example", Okyaku, "himitsu@client.example"], ApprovalScene.Content)).Code);
        Assert.Equal("user1@corp.example", await scene.Queue.Database.ScalarAsync<string>("SELECT forward_path FROM recipient"));
        var second = (await scene.NewestAsync())!;
        var groups = await scene.Reader.SiblingsAsync(second.Id, default);
        Assert.Equal(2, groups.Count);
        Assert.Equal(groups[0].Mail.Id, groups[0].Id);
        Assert.Equal(["tanto@partner.example"], groups[0].Recipients.Select(r => r.ForwardPath));
        Assert.Equal([(Okyaku, false), ("himitsu@client.example", true)], groups[1].Recipients.Select(r => (r.ForwardPath, r.Bcc)));

        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(groups[1], Bucho, "reject"))).Code);
        Assert.Equal(250, (await scene.DecideAsync("kacho@corp.example", await scene.TextAsync(groups[0], "kacho@corp.example", "approval"))).Code);
        await scene.WorkAsync();
        Assert.Equal(1, await scene.Queue.CountAsync("recipient WHERE forward_path = 'tanto@partner.example'"));
        Assert.Equal(0, await scene.Queue.CountAsync("recipient WHERE forward_path LIKE '%@client.example'"));
        Assert.Equal(1, await scene.Queue.CountAsync("hold_job WHERE kind = 'hold-notice'"));
        var notice = Assert.Single(await scene.MailsAsync($"{new MessageId(groups[0].Id)}-S0001", User2));
        Assert.All(["user1@corp.example", "tanto@partner.example", Okyaku], address => Assert.Contains(address, notice.TextBody, StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_55_an_unsplit_mail_waits_whole_and_its_free_recipients_leave_with_the_last_decision()
    {
        await using var scene = await ApprovalScene.StartAsync("*@corp.example:0\n*:1::bucho@corp.example", ("approval.split", "false"));
        Assert.Equal(250, (await scene.SendAsync(User2, ["user1@corp.example", Okyaku], ApprovalScene.Content)).Code);
        Assert.Equal(0, await scene.Queue.CountAsync("mail"));
        var hold = (await scene.NewestAsync())!;
        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(hold, Bucho, "reject"))).Code);
        await scene.WorkAsync();
        Assert.Equal(1, await scene.Queue.CountAsync("recipient r JOIN mail m ON m.id = r.mail_id WHERE r.forward_path = 'user1@corp.example' AND m.reverse_path = 'user2@corp.example'"));
        Assert.Equal(0, await scene.Queue.CountAsync($"recipient WHERE forward_path = '{Okyaku}'"));
    }

    [Fact]
    public async Task EX_APPR_8_two_decisions_at_the_same_moment_on_two_nodes_have_one_outcome()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var (one, two) = (scene.MakeDesk("n1"), scene.MakeDesk("n2"));
        for (var round = 0; round < 30; round++)
        {
            var hold = await scene.HoldAsync();
            var id = new MessageId(hold.Id).ToString();
            using var together = new Barrier(2);
            HoldAct[] acts = [new(id, HoldActKind.Approve, Bucho, null, "", Channel.Mail, new Actor()), new(id, HoldActKind.Reject, ShoninB, null, "", Channel.Mail, new Actor())];
            var answers = await Task.WhenAll(acts.Zip([one, two], (act, desk) => Task.Run(() =>
            {
                together.SignalAndWait();
                return desk.ActAsync(act, default);
            })));
            Assert.Equal([ResultCode.Ok, ResultCode.Late], answers.Select(answer => answer.Code).Order());
            Assert.Equal(["HELD", answers[0].Code == ResultCode.Ok ? "APPROVED OK" : "REJECTED OK", "ATTEMPT LATE"], await scene.AuditedAsync(hold));
            Assert.Equal(answers[0].Code == ResultCode.Ok ? 1 : 0, await scene.Queue.CountAsync($"hold_job WHERE hold_id = {hold.Id} AND kind = 'release'"));
        }
        Assert.Null((await ChainedAsync(scene)).Fault);
    }

    private static async Task<AuditVerdict> ChainedAsync(ApprovalScene scene)
    {
        await scene.Audit.ChainAsync(default);
        return await scene.Audit.VerifyAsync(null, default);
    }

    [Fact]
    public async Task EX_APPR_9_what_a_node_decided_before_it_died_another_releases_once()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        await scene.Desk.ActAsync(new HoldAct(new MessageId(hold.Id).ToString(), HoldActKind.Approve, Bucho, null, "", Channel.Api, new Actor()), default);
        // The node took its jobs and died: they are due again when their time is over.
        Assert.Equal(8, (await scene.Jobs.TakeAsync(20, default)).Count);
        await scene.Queue.Database.ExecuteAsync("UPDATE hold_job SET due_at = due_at - interval '30 seconds'");
        await using var other = scene.MakeWorker("n2");
        other.Start();
        await scene.WorkAsync();
        Assert.Equal([$"{User2} -> {Okyaku}"], await scene.EnvelopesAsync(new MessageId(hold.Id).ToString()));
        // Requests that nobody has to answer any more are not written.
        Assert.Empty(await scene.EnvelopesAsync($"{new MessageId(hold.Id)}-A0001"));
    }

    [Fact]
    public async Task EX_APPR_10_forged_and_wrong_attempts_change_nothing_and_each_is_audited()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var other = await scene.HoldAsync(content: ApprovalScene.Content.Replace("test", "other", StringComparison.Ordinal));
        var text = await scene.TextAsync(hold, Bucho, "approval");
        var shoninB = await scene.TextAsync(hold, ShoninB, "approval");
        var mac = text[(text.LastIndexOf('.') + 1)..];
        (string What, ResultCode Code, Func<Task<Reply>> Try)[] attempts =
        [
            ("another registered account of his", ResultCode.NotApprover, () => scene.DecideAsync("bucho2@corp.example", text)),
            ("logged in as user2, MAIL FROM bucho", ResultCode.NotApprover, () => scene.DecideAsync(Bucho, text, auth: User2)),
            ("logged in as user2 with another's text", ResultCode.NotApprover, () => scene.DecideAsync(User2, shoninB)),
            ("another's signature", ResultCode.BadToken, () => scene.DecideAsync(Bucho, shoninB)),
            ("one character of M changed", ResultCode.BadToken, () => scene.DecideAsync(Bucho, text[..^mac.Length] + (mac[0] == 'A' ? 'B' : 'A') + mac[1..])),
            ("the HoldId of another open mail", ResultCode.BadToken, () => scene.DecideAsync(Bucho, text.Replace(new MessageId(hold.Id).ToString(), new MessageId(other.Id).ToString(), StringComparison.Ordinal))),
            ("reject made of approval", ResultCode.BadToken, () => scene.DecideAsync(Bucho, text.Replace("approval_", "reject_", StringComparison.Ordinal))),
            ("the old form", ResultCode.LegacyTokenOff, () => scene.DecideAsync(Bucho, text[..text.IndexOf('.', StringComparison.Ordinal)])),
            ("an unknown HoldId", ResultCode.UnknownId, () => scene.DecideAsync(Bucho, text.Replace(new MessageId(hold.Id).ToString(), "B9999999999", StringComparison.Ordinal))),
        ];
        foreach (var (what, code, attempt) in attempts)
        {
            var reply = await attempt();
            Assert.True(reply.Code == 550, $"{what}: {reply}");
            Assert.Equal((what, code.Word()), (what, await LastResultAsync(scene)));
            await scene.Queue.Database.ExecuteAsync("DELETE FROM approval_failure");
        }
        Assert.Equal(550, (await scene.DecideAsync(Bucho, text, to: "kacho@corp.example")).Code);
        Assert.Equal("WRONG_TO", await LastResultAsync(scene));
        Assert.Equal(550, (await scene.DecideAsync(Bucho, "Re: " + text)).Code);
        Assert.Equal("BAD_TOKEN", await LastResultAsync(scene));
        // From the Internet the sender is refused before anything is looked at; an ordinary reply is ordinary mail.
        Assert.True((await scene.DecideAsync(Bucho, text, auth: "", client: "203.0.113.7")).IsPermanent);
        Assert.Equal(250, (await scene.DecideAsync(Bucho, "Re: 承認依頼(user2@corp.example)test")).Code);
        Assert.Equal(1, await scene.Queue.CountAsync("mail WHERE position('Subject: Re:'::bytea IN content) > 0"));

        var after = await scene.AgainAsync(hold);
        Assert.Equal((HoldState.Held, 1), (after.State, after.Version));
        Assert.Equal(0, await scene.Queue.CountAsync("mail WHERE position('approval_B'::bytea IN content) > 0 AND name IS NULL"));
    }

    [Fact]
    public async Task APPROVE_86_the_eleventh_failed_attempt_meets_a_lock_and_a_correct_one_does_too()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var text = await scene.TextAsync(hold, Bucho, "approval");
        var stranger = await scene.TextAsync(hold, ShoninB, "approval");
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(550, (await scene.DecideAsync(Bucho, stranger)).Code);
            Assert.Equal("BAD_TOKEN", await LastResultAsync(scene));
        }
        Assert.Equal(550, (await scene.DecideAsync(Bucho, text)).Code);
        Assert.Equal("LOCKED", await LastResultAsync(scene));
        await scene.Queue.Database.ExecuteAsync("UPDATE approval_failure SET at = at - interval '31 minutes'");
        Assert.Equal(250, (await scene.DecideAsync(Bucho, text)).Code);
    }

    private static async Task<string> LastResultAsync(ApprovalScene scene) =>
        await scene.Queue.Database.ScalarAsync<string>("SELECT record::jsonb ->> 'result' FROM (SELECT id, record, at FROM audit_entry UNION ALL SELECT seq, record, at FROM audit) AS e ORDER BY at DESC LIMIT 1");

    [Fact]
    public async Task EX_APPR_11_repeated_clicks_change_nothing_and_are_answered_once()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var (approve, reject) = (await scene.TextAsync(hold, Bucho, "approval"), await scene.TextAsync(hold, Bucho, "reject"));
        for (var i = 0; i < 3; i++)
            Assert.Equal(250, (await scene.DecideAsync(Bucho, approve)).Code);
        Assert.Equal(250, (await scene.DecideAsync(Bucho, reject)).Code);
        await scene.WorkAsync();
        Assert.Equal(["HELD", "APPROVED OK", "ATTEMPT DUPLICATE", "ATTEMPT DUPLICATE", "ATTEMPT LATE"], (await scene.AuditedAsync(hold)).Where(entry => entry != "RELEASED OK"));
        Assert.Equal([$"{User2} -> {Okyaku}"], await scene.EnvelopesAsync(new MessageId(hold.Id).ToString()));
        Assert.InRange(await scene.Queue.CountAsync("hold_job WHERE kind LIKE 'no-action:AlreadyDecided:Approve:%'"), 1, 2);
        Assert.Equal(1, await scene.Queue.CountAsync("hold_job WHERE kind LIKE 'no-action:AlreadyDecided:Reject:%'"));
    }

    [Fact]
    public async Task EX_APPR_12_with_all_every_approver_must_approve_and_who_has_does_not_wait_any_more()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example,kacho@corp.example;all");
        var hold = await scene.HoldAsync();
        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(hold, Bucho, "approval"))).Code);
        var halfway = await scene.AgainAsync(hold);
        Assert.Equal(HoldState.Held, halfway.State);
        Assert.Equal(["kacho@corp.example"], halfway.Approvers.Where(a => a.Waits).Select(a => a.Address));
        Assert.Equal((1, 0), ((await scene.Reader.WaitingAsync("kacho@corp.example", [], 50, default)).Total, (await scene.Reader.WaitingAsync(Bucho, [], 50, default)).Total));
        Assert.Equal(250, (await scene.DecideAsync("kacho@corp.example", await scene.TextAsync(hold, "kacho@corp.example", "approval"))).Code);
        Assert.Equal((HoldState.Approved, "kacho@corp.example"), ((await scene.AgainAsync(hold)).State, (await scene.AgainAsync(hold)).Decision!.By));
        Assert.Equal(["HELD", "VOTE VOTE", "APPROVED OK"], (await scene.AuditedAsync(hold)).Where(entry => entry != "RELEASED OK"));
    }

    [Fact]
    public async Task EX_APPR_7_a_proxy_is_asked_instead_and_not_about_his_own_mail()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example");
        await scene.SetPolicyAsync("kacho", "*:1::bucho@corp.example");
        await new ApprovalStore(scene.Queue.Database.Source).SetProxyAsync(new ProxyRow(Bucho, "kacho@corp.example", null, null, default, Bucho, ""), [], default);
        await scene.ReloadAsync();

        var hold = await scene.HoldAsync();
        Assert.Equal([("kacho@corp.example", Bucho)], hold.Approvers.Select(a => (a.Address, a.Principal)));
        Assert.Equal(250, (await scene.DecideAsync("kacho@corp.example", await scene.TextAsync(hold, "kacho@corp.example", "approval"))).Code);
        var decision = (await scene.AgainAsync(hold)).Decision!;
        Assert.Equal(("kacho@corp.example", Bucho), (decision.By, decision.Principal));

        Assert.Equal(250, (await scene.SendAsync("kacho@corp.example", Okyaku, ApprovalScene.Content.Replace("user2", "kacho", StringComparison.Ordinal))).Code);
        var own = (await scene.NewestAsync())!;
        Assert.Equal([Bucho], own.Approvers.Select(a => a.Address));
        var answer = await scene.Desk.ActAsync(new HoldAct(new MessageId(own.Id).ToString(), HoldActKind.Approve, "kacho@corp.example", null, "", Channel.Api, new Actor()), default);
        Assert.Equal((ResultCode.SelfApproval, HoldState.Held), (answer.Code, (await scene.AgainAsync(own)).State));
    }

    [Fact]
    public async Task APPROVE_1_mail_of_an_account_without_a_policy_leaves_at_once_unchanged()
    {
        await using var scene = await ApprovalScene.StartAsync();
        Assert.Equal(250, (await scene.SendAsync("user1@corp.example", Okyaku)).Code);
        Assert.Equal((1L, 0L), (await scene.Queue.CountAsync("recipient"), await scene.Queue.CountAsync("held_mail")));
        Assert.Equal(ApprovalScene.Content, Encoding.UTF8.GetString(await scene.Queue.Database.ScalarAsync<byte[]>("SELECT content FROM mail")));
    }

    [Fact]
    public async Task APPROVE_3_switched_off_lines_of_approval_send_and_what_is_held_can_still_be_decided()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var text = await scene.TextAsync(hold, Bucho, "approval");
        await scene.Queue.SaveAsync(("approval.enabled", "false"), ("domain.table", "corp.example local"), ("net.host_name", "corp.example"), ("auth.methods", "PLAIN"));
        Assert.Equal(250, (await scene.SendAsync(User2, "info@client.example")).Code);
        Assert.Equal(1, await scene.Queue.CountAsync("recipient WHERE forward_path = 'info@client.example'"));
        Assert.Equal(250, (await scene.DecideAsync(Bucho, text)).Code);
        Assert.Equal(HoldState.Approved, (await scene.AgainAsync(hold)).State);
    }

    [Fact]
    public async Task APPROVE_10_mails_the_system_writes_are_never_held_though_everything_is()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example");
        await scene.SetPolicyAsync("bucho", "*:1::jomu@corp.example");
        var hold = await scene.HoldAsync();
        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(hold, Bucho, "approval"))).Code);
        await scene.WorkAsync();
        Assert.Equal(1, await scene.Queue.CountAsync("held_mail"));
        Assert.Equal(4, await scene.Queue.CountAsync("recipient"));
    }

    [Fact]
    public async Task APPROVE_13_while_groups_and_proxies_are_unknown_nothing_leaves_and_the_client_is_told_to_come_again()
    {
        await using var scene = await ApprovalScene.StartAsync();
        scene.ForgetLists();
        var reply = await scene.SendAsync(User2, Okyaku);
        Assert.Equal((451, new EnhancedStatus(4, 3, 0)), (reply.Code, reply.Status));
        Assert.Equal((0L, 0L), (await scene.Queue.CountAsync("recipient"), await scene.Queue.CountAsync("held_mail")));
    }

    [Fact]
    public async Task APPROVE_142_a_node_that_has_not_read_the_keys_yet_takes_no_decision_for_an_ordinary_mail()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var text = await scene.TextAsync(hold, Bucho, "approval");
        var before = await scene.Queue.CountAsync("recipient");
        scene.ForgetLists();
        var reply = await scene.DecideAsync(Bucho, text);
        Assert.Equal((451, new EnhancedStatus(4, 3, 0)), (reply.Code, reply.Status));
        Assert.Equal(before, await scene.Queue.CountAsync("recipient"));
        Assert.Equal("Held", (await scene.AgainAsync(hold)).State.ToString());
    }

    [Fact]
    public async Task APPROVE_73_the_copy_for_the_record_is_written_at_acceptance_and_not_again_on_release()
    {
        await using var scene = await ApprovalScene.StartAsync(ApprovalScene.ThreeApprovers, ("receive.copy_to", "archive@corp.example"));
        var hold = await scene.HoldAsync();
        Assert.Equal(["archive@corp.example"], [await scene.Queue.Database.ScalarAsync<string>("SELECT string_agg(forward_path, ',') FROM recipient")]);
        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(hold, Bucho, "approval"))).Code);
        await scene.WorkAsync();
        Assert.Equal(1, await scene.Queue.CountAsync("recipient WHERE forward_path = 'archive@corp.example'"));
    }

    [Fact]
    public async Task APPROVE_91_an_administrator_releases_with_a_reason_and_a_second_act_is_late()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var id = new MessageId(hold.Id).ToString();
        var by = new Actor("192.0.2.9", "token:taro") { Administrator = "taro" };
        Assert.Equal(ResultCode.NotAllowed, (await scene.Desk.ActAsync(new HoldAct(id, HoldActKind.Release, "taro", null, "", Channel.Admin, by), default)).Code);
        Assert.Equal(ResultCode.Ok, (await scene.Desk.ActAsync(new HoldAct(id, HoldActKind.Release, "taro", null, "approver on leave", Channel.Admin, by), default)).Code);
        Assert.Equal(ResultCode.Late, (await scene.Desk.ActAsync(new HoldAct(id, HoldActKind.Discard, "taro", null, "no", Channel.Admin, by), default)).Code);
        await scene.WorkAsync();
        var released = await scene.AgainAsync(hold);
        Assert.Equal((HoldState.AdminReleased, "admin:taro", "approver on leave"), (released.State, released.Decision!.By, released.Decision.Comment));
        Assert.Equal([$"{User2} -> {Okyaku}"], await scene.EnvelopesAsync(id));
    }

    [Fact]
    public async Task APPROVE_69_a_content_changed_while_it_was_held_is_not_released_and_somebody_is_told()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        await scene.WorkAsync();
        await scene.Queue.Database.ExecuteAsync("UPDATE held_piece SET data = set_byte(data, 70, 88)");
        await scene.Desk.ActAsync(new HoldAct(new MessageId(hold.Id).ToString(), HoldActKind.Approve, Bucho, null, "", Channel.Api, new Actor()), default);
        scene.Worker.Wake();
        await Until.TrueAsync(async () => await scene.Queue.CountAsync("event WHERE kind = 'approval-integrity'") > 0, QueueScene.Patience, "the alarm");
        Assert.Empty(await scene.EnvelopesAsync(new MessageId(hold.Id).ToString()));
        Assert.Contains("INTEGRITY INTEGRITY", await scene.AuditedAsync(hold));
    }

    [Fact]
    public async Task APPROVE_80_a_decision_while_the_database_is_away_is_answered_451_and_changes_nothing()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var text = await scene.TextAsync(hold, Bucho, "approval");
        await scene.Queue.Database.ExecuteAsync("ALTER TABLE hold_decision RENAME TO hold_decision_away");
        Assert.Equal(451, (await scene.DecideAsync(Bucho, text)).Code);
        await scene.Queue.Database.ExecuteAsync("ALTER TABLE hold_decision_away RENAME TO hold_decision");
        Assert.Equal(HoldState.Held, (await scene.AgainAsync(hold)).State);
        Assert.Equal(250, (await scene.DecideAsync(Bucho, text)).Code);
    }
}

using System.Text;
using Akka.Actor;
using Akka.TestKit.Xunit;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Queue.Tests;

/// <summary>Mode 3, delays before a request, copies and warnings, from the last dot to the mail that leaves (chapter 25, section 4). Times in the database are moved, not the clock.</summary>
public sealed class DelayedMailTests : TestKit
{
    private const string User2 = "user2@corp.example";
    private const string Bucho = "bucho@corp.example";
    private const string Okyaku = "okyaku@client.example";

    private IActorRef Deadlines(ApprovalScene scene, string node = "n1") => Sys.ActorOf(DeadlineActor.Props(new DeadlineParts
    {
        Node = node,
        Store = scene.Holds,
        Reader = scene.Reader,
        Jobs = scene.Jobs,
        Audit = scene.Audit,
        Events = new EventStore(scene.Queue.Database.Source),
        Approval = new ApprovalStore(scene.Queue.Database.Source),
        Desk = scene.MakeDesk(node),
        Watch = scene.Queue.Approval,
        Approvers = scene.Missing(node),
        Fallback = _ => [Mailbox.FromStored("kanri@corp.example")],
        KeepRejected = () => TimeSpan.FromDays(30),
        Wake = scene.Worker.Wake,
        Time = TimeProvider.System,
    }));

    private static Task PassAsync(ApprovalScene scene, string column) => scene.Queue.Database.ExecuteAsync($"UPDATE hold SET {column} = now() - interval '1 second'");

    private static Task ReachesAsync(ApprovalScene scene, HoldRow hold, HoldState state) =>
        Until.TrueAsync(async () => (await scene.AgainAsync(hold)).State == state, QueueScene.Patience, $"{state}");

    private static HoldAct Act(HoldRow hold, HoldActKind kind, string who) => new(new MessageId(hold.Id).ToString(), kind, who, null, "", Channel.Web, new Actor());

    [Fact]
    public async Task APPROVE_510_a_delayed_mail_leaves_by_itself_once_octet_by_octet_and_nobody_was_asked()
    {
        await using var scene = await ApprovalScene.StartAsync("*:3;delay=10m");
        var hold = await scene.HoldAsync();
        await scene.WorkAsync();
        Assert.Equal((HoldState.Held, true, "release", 0), (hold.State, hold.IsOwn, hold.OnExpire, hold.Approvers.Length));
        Assert.InRange((hold.ExpireAt!.Value - hold.OpenedAt).TotalMinutes, 9.9, 10.1);
        var id = new MessageId(hold.Id).ToString();
        Assert.Equal(0, await scene.Queue.CountAsync($"recipient WHERE forward_path = '{Okyaku}'"));
        Assert.Equal([$"{User2} -> {User2}"], await scene.EnvelopesAsync($"{id}-S0001"));
        Assert.Empty(await scene.EnvelopesAsync($"{id}-A0001"));
        var notice = Assert.Single(await scene.MailsAsync($"{id}-S0001", User2));
        Assert.Equal("送信ディレイ通知test", notice.Subject);
        Assert.All([$"sendnow_{id}", $"withdraw_{id}", Okyaku], text => Assert.Contains(text, notice.TextBody, StringComparison.Ordinal));

        Deadlines(scene);
        Deadlines(scene, "n2");
        await PassAsync(scene, "expire_at");
        await ReachesAsync(scene, hold, HoldState.Sent);
        await scene.WorkAsync();
        var sent = await scene.AgainAsync(hold);
        Assert.Equal((HoldState.Sent, "system", "timer"), (sent.Decision!.State, sent.Decision.By, sent.Decision.Channel));
        Assert.Equal([$"{User2} -> {Okyaku}"], await scene.EnvelopesAsync(id));
        Assert.Equal(ApprovalScene.Content, Encoding.UTF8.GetString(await scene.Queue.Database.ScalarAsync<byte[]>("SELECT content FROM mail WHERE id = $1", sent.Decision.ResultId)));
        Assert.Empty(await scene.EnvelopesAsync($"{new MessageId(sent.Decision.ResultId)}-N0001"));
        Assert.Equal("SENT OK", (await scene.AuditedAsync(hold))[1]);
        Assert.Equal("RELEASED OK", (await scene.AuditedAsync(hold))[^1]);
        // What a version before reads is a state it knows.
        Assert.Equal("approved", await scene.Queue.Database.ScalarAsync<string>("SELECT state::text FROM hold"));
    }

    [Fact]
    public async Task APPROVE_510_send_now_discard_and_the_end_of_the_delay_at_the_same_moment_have_one_outcome()
    {
        await using var scene = await ApprovalScene.StartAsync("*:3;delay=10m");
        var holds = new List<HoldRow>();
        for (var i = 0; i < 15; i++)
            holds.Add(await scene.HoldAsync());
        var (one, two) = (scene.MakeDesk("n1"), scene.MakeDesk("n2"));
        Deadlines(scene);
        await PassAsync(scene, "expire_at");
        var answers = await Task.WhenAll(holds.SelectMany(hold => new[]
        {
            Task.Run(() => one.ActAsync(Act(hold, HoldActKind.SendNow, User2), default)),
            Task.Run(() => two.ActAsync(Act(hold, HoldActKind.Withdraw, User2), default)),
        }));
        await Until.TrueAsync(async () => await scene.Queue.CountAsync("hold WHERE state IN ('held', 'escalated')") == 0, QueueScene.Patience, "all are final");
        Assert.All(answers, answer => Assert.Contains(answer.Code, new[] { ResultCode.Ok, ResultCode.Late, ResultCode.Duplicate }));
        await scene.WorkAsync();
        Assert.Equal(15, await scene.Queue.CountAsync("hold_decision"));
        Assert.Equal(await scene.Queue.CountAsync("hold WHERE state = 'approved'"), await scene.Queue.CountAsync($"recipient WHERE forward_path = '{Okyaku}'"));
        Assert.Equal(await scene.Queue.CountAsync("hold WHERE state = 'withdrawn'"), answers.Where((_, i) => i % 2 == 1).Count(answer => answer.IsDone));
    }

    [Fact]
    public async Task APPROVE_510_its_sender_sends_it_now_or_discards_it_by_mail_to_himself_and_a_colleague_does_not()
    {
        await using var scene = await ApprovalScene.StartAsync("*:3;delay=10m", ("approval.allow_withdraw", "false"));
        var (first, second) = (await scene.HoldAsync(), await scene.HoldAsync());
        Assert.Equal(250, (await scene.CommandAsync("user1@corp.example", $"sendnow_{new MessageId(first.Id)}")).Code);
        Assert.Contains("今すぐ送信できるメールはありません", (await scene.AnswerAsync("command-refused", "user1@corp.example")).TextBody, StringComparison.Ordinal);
        Assert.Equal(HoldState.Held, (await scene.AgainAsync(first)).State);
        Assert.Equal(250, (await scene.CommandAsync(User2, $"sendnow_{new MessageId(first.Id)}")).Code);
        Assert.Equal(250, (await scene.CommandAsync(User2, $"withdraw_{new MessageId(second.Id)}")).Code);
        await scene.WorkAsync();
        Assert.Equal((HoldState.Sent, User2, HoldState.Withdrawn), ((await scene.AgainAsync(first)).State, (await scene.AgainAsync(first)).Decision!.By, (await scene.AgainAsync(second)).State));
        Assert.Equal([$"{User2} -> {Okyaku}"], await scene.EnvelopesAsync(new MessageId(first.Id).ToString()));
        Assert.Empty(await scene.EnvelopesAsync(new MessageId(second.Id).ToString()));
    }

    [Fact]
    public async Task APPROVE_511_an_unconfirmed_mail_expires_and_its_sender_is_told_and_a_confirmed_one_leaves()
    {
        await using var scene = await ApprovalScene.StartAsync("*:3;confirm;expire=2d", ("approval.on_expire", "release"), ("approval.release_on_expiry", "yes"));
        var (confirmed, forgotten) = (await scene.HoldAsync(), await scene.HoldAsync());
        Assert.Equal((true, "reject", 48), (forgotten.IsOwn, forgotten.OnExpire, (int)Math.Round((forgotten.ExpireAt!.Value - forgotten.OpenedAt).TotalHours)));
        await scene.WorkAsync();
        Assert.Equal("送信確認依頼test", Assert.Single(await scene.MailsAsync($"{new MessageId(forgotten.Id)}-S0001", User2)).Subject);
        Assert.True((await scene.Desk.ActAsync(Act(confirmed, HoldActKind.SendNow, User2), default)).IsDone);
        Deadlines(scene);
        await PassAsync(scene, "expire_at");
        await ReachesAsync(scene, forgotten, HoldState.Expired);
        await scene.WorkAsync();
        Assert.Equal([$"{User2} -> {Okyaku}"], await scene.EnvelopesAsync(new MessageId(confirmed.Id).ToString()));
        Assert.Equal(1, await scene.Queue.CountAsync($"recipient WHERE forward_path = '{Okyaku}'"));
        var result = new MessageId((await scene.AgainAsync(forgotten)).Decision!.ResultId);
        Assert.Equal("期限切れ通知test", Assert.Single(await scene.MailsAsync($"{result}-N0001", User2)).Subject);
    }

    [Fact]
    public async Task APPROVE_512_a_system_level_that_asks_for_approval_drops_the_delay_of_the_account()
    {
        await using var scene = await ApprovalScene.StartAsync("*:3;confirm", ("destination.rules", "*@corp.example:0\n*:1::bucho@corp.example"));
        var hold = await scene.HoldAsync();
        Assert.Equal((false, Bucho, null), (hold.IsOwn, Assert.Single(hold.Approvers).Address, hold.BeginAt));
        Assert.Equal(ResultCode.SelfApproval, (await scene.Desk.ActAsync(Act(hold, HoldActKind.SendNow, User2), default)).Code);
        Assert.Equal(HoldState.Held, (await scene.AgainAsync(hold)).State);
    }

    [Fact]
    public async Task APPROVE_513_the_request_goes_out_when_the_delay_is_over_and_deadlines_count_from_then()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example;delay=5m;expire=8h");
        var hold = await scene.HoldAsync();
        await scene.WorkAsync();
        var id = new MessageId(hold.Id).ToString();
        Assert.Equal((5, 485), ((int)Math.Round((hold.BeginAt!.Value - hold.OpenedAt).TotalMinutes), (int)Math.Round((hold.ExpireAt!.Value - hold.OpenedAt).TotalMinutes)));
        Assert.Empty(await scene.EnvelopesAsync($"{id}-A0001"));
        Assert.Equal(0, (await scene.Reader.WaitingAsync(Bucho, [], 10, default)).Total);
        Assert.Contains("それまでは取り消せます", Assert.Single(await scene.MailsAsync($"{id}-S0001", User2)).TextBody, StringComparison.Ordinal);
        Assert.Equal(ResultCode.NotApprover, (await scene.Desk.ActAsync(Act(hold, HoldActKind.Approve, Bucho), default)).Code);

        Deadlines(scene);
        await PassAsync(scene, "begin_at");
        await Until.TrueAsync(async () => (await scene.AgainAsync(hold)).BeginAt is null, QueueScene.Patience, "the request");
        Assert.Equal(1, (await scene.Reader.WaitingAsync(Bucho, [], 10, default)).Total);
        var text = await scene.TextAsync(hold, Bucho, "approval");
        Assert.Equal(250, (await scene.DecideAsync(Bucho, text)).Code);
        Assert.Equal(HoldState.Approved, (await scene.AgainAsync(hold)).State);
        Assert.Equal(["HELD", "ATTEMPT NOT_APPROVER", "ASKED OK", "APPROVED OK"], (await scene.AuditedAsync(hold)).Take(4));
    }

    [Fact]
    public async Task APPROVE_513_taken_back_within_the_delay_no_approver_ever_hears_of_it()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example;delay=5m", ("approval.allow_withdraw", "false"));
        var hold = await scene.HoldAsync();
        Assert.Equal(250, (await scene.CommandAsync(User2, $"withdraw_{new MessageId(hold.Id)}")).Code);
        await PassAsync(scene, "begin_at");
        Deadlines(scene);
        await scene.WorkAsync();
        Assert.Equal(HoldState.Withdrawn, (await scene.AgainAsync(hold)).State);
        Assert.Equal(0, await scene.Queue.CountAsync($"recipient WHERE forward_path = '{Bucho}'"));
    }

    [Theory]
    [InlineData("*:1::bucho@corp.example;bcc=kacho@corp.example", true)]
    [InlineData("*:1::bucho@corp.example;bcc=kacho@corp.example;bcc-silent", false)]
    public async Task APPROVE_514_a_copy_comes_with_the_release_unchanged_and_only_a_silent_one_is_kept_from_the_sender(string policy, bool told)
    {
        const string kacho = "kacho@corp.example";
        await using var scene = await ApprovalScene.StartAsync(policy);
        var hold = await scene.HoldAsync();
        await scene.WorkAsync();
        Assert.Equal(0, await scene.Queue.CountAsync($"recipient WHERE forward_path = '{kacho}'"));
        var id = new MessageId(hold.Id).ToString();
        Assert.Equal(told, Assert.Single(await scene.MailsAsync($"{id}-S0001", User2)).TextBody!.Contains(kacho, StringComparison.Ordinal));
        Assert.Equal(told, Assert.Single(await scene.MailsAsync($"{id}-A0001", Bucho)).TextBody!.Contains(kacho, StringComparison.Ordinal));

        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(hold, Bucho, "approval"))).Code);
        await scene.WorkAsync();
        var decision = (await scene.AgainAsync(hold)).Decision!;
        Assert.Equal([$"{User2} -> {kacho}", $"{User2} -> {Okyaku}"], await scene.EnvelopesAsync(id));
        Assert.Equal(ApprovalScene.Content, Encoding.UTF8.GetString(await scene.Queue.Database.ScalarAsync<byte[]>("SELECT content FROM mail WHERE id = $1", decision.ResultId)));
        // No report about the copy finds its way to the sender.
        Assert.Equal((short)Notify.Never, await scene.Queue.Database.ScalarAsync<short>("SELECT notify FROM recipient WHERE mail_id = $1 AND forward_path = $2", decision.ResultId, kacho));
        Assert.DoesNotContain(kacho, Assert.Single(await scene.MailsAsync($"{new MessageId(decision.ResultId)}-N0001", User2)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_514_a_rejected_mail_is_copied_to_nobody_and_who_has_it_anyway_gets_it_once()
    {
        await using var scene = await ApprovalScene.StartAsync("*@corp.example:0\n*:1::bucho@corp.example;bcc=kacho@corp.example");
        var rejected = await scene.HoldAsync();
        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(rejected, Bucho, "reject"))).Code);
        await scene.WorkAsync();
        Assert.Equal(0, await scene.Queue.CountAsync("recipient WHERE forward_path = 'kacho@corp.example'"));
        Assert.Equal(250, (await scene.SendAsync(User2, ["kacho@corp.example", Okyaku], ApprovalScene.Content)).Code);
        Assert.Equal([Okyaku], (await scene.NewestAsync())!.Recipients.Select(recipient => recipient.ForwardPath));
    }

    [Fact]
    public async Task APPROVE_515_new_and_look_alike_domains_come_from_the_history_of_the_sender_and_stand_in_the_request()
    {
        await using var scene = await ApprovalScene.StartAsync();
        await scene.Queue.Database.ExecuteAsync("""
            INSERT INTO history (ended_at, mail_id, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
            SELECT now() - h.age, 1, now() - h.age, 1, 0, 1, h.outcome::recipient_outcome, 'n1', 'n1', h.sender, h.recipient, 'x', '250 ok'
            FROM (VALUES (interval '10 days', 'delivered', 'User2@corp.example', 'A@Client.example'), ('190 days', 'delivered', 'user2@corp.example', 'a@old.example'),
                         ('1 day', 'failed', 'user2@corp.example', 'a@never.example'), ('1 day', 'delivered', 'user1@corp.example', 'a@others.example')) AS h (age, outcome, sender, recipient)
            """);
        Assert.DoesNotContain((await scene.HoldAsync()).Warnings, warning => warning.StartsWith("NewDomain", StringComparison.Ordinal));
        foreach (var domain in new[] { "old.example", "never.example", "others.example" })
            Assert.Equal([$"NewDomain:{domain}"], (await scene.HoldAsync($"a@{domain}")).Warnings);
        var alike = await scene.HoldAsync("a@cl1ent.example");
        Assert.Equal(["LookAlike:cl1ent.example ~ client.example", "NewDomain:cl1ent.example"], alike.Warnings);
        await scene.WorkAsync();
        var request = Assert.Single(await scene.MailsAsync($"{new MessageId(alike.Id)}-A0001", Bucho));
        Assert.All(["初めて送信するドメインです: cl1ent.example", "1 文字違いです: cl1ent.example ~ client.example"], text => Assert.Contains(text, request.TextBody, StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_515_warnings_are_off_where_the_settings_say_so_and_never_decide()
    {
        await using var scene = await ApprovalScene.StartAsync(ApprovalScene.ThreeApprovers, ("approval.new_domain_days", "0"), ("approval.free_mail_domains", "free.example"));
        Assert.Empty((await scene.HoldAsync()).Warnings);
        var free = await scene.HoldAsync("a@free.example");
        Assert.Equal(["FreeMail:free.example"], free.Warnings);
        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(free, Bucho, "approval"))).Code);
        Assert.Equal(HoldState.Approved, (await scene.AgainAsync(free)).State);
    }

    [Fact]
    public async Task APPROVE_515_a_sender_of_many_mails_is_not_counted_anew_for_each_mail_that_is_held()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var partners = new Partners(new PartnerReader(scene.Queue.Database.Source), TimeProvider.System);
        async Task<bool> KnowsAsync(string sender, string domain) => (await partners.OfAsync([sender], 180, default)).Domains.Contains(domain);
        Task DeliverAsync(string sender, string domain, int mails) => scene.Queue.Database.ExecuteAsync("""
            INSERT INTO history (ended_at, mail_id, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
            SELECT now(), g, now(), 1, 0, 1, 'delivered', 'n1', 'n1', $1, 'a@' || $2, 'x', '250 ok' FROM generate_series(1, $3) AS g
            """, sender, domain, mails);
        await DeliverAsync("user1@corp.example", "client.example", 199);
        await DeliverAsync("user2@corp.example", "client.example", 200);
        Assert.True(await KnowsAsync("user1@corp.example", "client.example") && await KnowsAsync("USER2@corp.example", "client.example"));

        await DeliverAsync("user1@corp.example", "new.example", 1);
        await DeliverAsync("user2@corp.example", "new.example", 1);
        // The few of one are read each time, the many of the other once a minute.
        Assert.True(await KnowsAsync("user1@corp.example", "new.example"));
        Assert.False(await KnowsAsync("user2@corp.example", "new.example"));
    }
}

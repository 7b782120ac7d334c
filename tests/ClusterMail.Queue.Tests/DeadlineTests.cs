using Akka.Actor;
using Akka.TestKit.Xunit;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Queue.Tests;

/// <summary>Time passing over held mail (chapter 20, section 7). The times in the database are moved, not the clock.</summary>
public sealed class DeadlineTests : TestKit
{
    private const string Bucho = "bucho@corp.example";
    private const string Jomu = "jomu@corp.example";

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

    private static Task PassAsync(ApprovalScene scene, string column) =>
        scene.Queue.Database.ExecuteAsync($"UPDATE hold SET {column} = now() - interval '1 second'");

    private static Task ReachesAsync(ApprovalScene scene, HoldRow hold, HoldState state) =>
        Until.TrueAsync(async () => (await scene.AgainAsync(hold)).State == state, QueueScene.Patience, $"{state}");

    [Fact]
    public async Task EX_APPR_13_reminder_then_escalation_then_expiry_and_what_comes_after_is_late()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example;remind=1h;escalate=4h;to=jomu@corp.example;expire=8h");
        var hold = await scene.HoldAsync();
        await scene.WorkAsync();
        Assert.Equal([1, 4, 8], new[] { hold.RemindAt, hold.EscalateAt, hold.ExpireAt }.Select(at => (int)Math.Round((at!.Value - hold.OpenedAt).TotalHours)));
        Deadlines(scene);

        await PassAsync(scene, "remind_at");
        await Until.TrueAsync(async () => await scene.Queue.CountAsync("mail m JOIN recipient r ON r.mail_id = m.id WHERE position('reminder'::bytea IN m.content) > 0 AND r.forward_path = 'bucho@corp.example'") == 1, QueueScene.Patience, "the reminder");
        var reminded = await scene.AgainAsync(hold);
        Assert.Equal((1, HoldState.Held), (reminded.Reminders, reminded.State));
        Assert.InRange((reminded.RemindAt!.Value - DateTimeOffset.UtcNow).TotalMinutes, 50, 61);

        await PassAsync(scene, "escalate_at");
        await ReachesAsync(scene, hold, HoldState.Escalated);
        var escalated = await scene.AgainAsync(hold);
        Assert.Null(escalated.EscalateAt);
        Assert.Equal([(Bucho, true), (Jomu, true)], escalated.Approvers.Select(a => (a.Address, a.Waits)));
        var text = await scene.TextAsync(hold, Jomu, "approval");
        Assert.Single(await scene.MailsAsync($"{new MessageId(hold.Id)}-N0001", "user2@corp.example"));

        await PassAsync(scene, "expire_at");
        await ReachesAsync(scene, hold, HoldState.Expired);
        await scene.WorkAsync();
        var result = new MessageId((await scene.AgainAsync(hold)).Decision!.ResultId);
        Assert.Equal(["user2@corp.example", Jomu, Bucho], (await scene.EnvelopesAsync($"{result}-N0001")).Select(envelope => envelope[(envelope.IndexOf('>', StringComparison.Ordinal) + 2)..]).OrderDescending());
        Assert.Equal(250, (await scene.DecideAsync(Jomu, text)).Code);
        Assert.Equal(["HELD", "ESCALATED OK", "EXPIRED OK", "ATTEMPT LATE"], await scene.AuditedAsync(hold));
        Assert.Equal(0, await scene.Queue.CountAsync("recipient WHERE forward_path = 'okyaku@client.example'"));
    }

    [Fact]
    public async Task APPROVE_87_and_EX_APPR_13_a_decision_and_the_expiry_at_the_same_moment_have_one_outcome_with_two_clocks_running()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example;expire=8h");
        var holds = new List<HoldRow>();
        for (var i = 0; i < 20; i++)
            holds.Add(await scene.HoldAsync());
        Deadlines(scene);
        Deadlines(scene, "n2");
        await PassAsync(scene, "expire_at");
        var answers = await Task.WhenAll(holds.Select(hold => Task.Run(() =>
            scene.Desk.ActAsync(new HoldAct(new MessageId(hold.Id).ToString(), HoldActKind.Approve, Bucho, null, "", Channel.Api, new Actor()), default))));
        await Until.TrueAsync(async () => await scene.Queue.CountAsync("hold WHERE state IN ('held', 'escalated')") == 0, QueueScene.Patience, "all are final");
        Assert.Equal(20, await scene.Queue.CountAsync("hold_decision"));
        Assert.Equal(answers.Count(answer => answer.Code == ResultCode.Ok), await scene.Queue.CountAsync("hold_job WHERE kind = 'release'"));
        Assert.Equal(20, await scene.Queue.CountAsync("hold h JOIN hold_decision d ON d.hold_id = h.id AND d.state = h.state WHERE h.state IN ('approved', 'expired')"));
    }

    [Fact]
    public async Task APPROVE_59_on_expiry_release_sends_in_the_name_of_the_system()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example;expire=8h;onexpire=release", ("approval.release_on_expiry", "yes"));
        var hold = await scene.HoldAsync();
        Deadlines(scene);
        await PassAsync(scene, "expire_at");
        await ReachesAsync(scene, hold, HoldState.Approved);
        await scene.WorkAsync();
        Assert.Equal(("system", "timer"), ((await scene.AgainAsync(hold)).Decision!.By, (await scene.AgainAsync(hold)).Decision!.Channel));
        Assert.Equal(["user2@corp.example -> okyaku@client.example"], await scene.EnvelopesAsync(new MessageId(hold.Id).ToString()));
    }

    [Fact]
    public async Task APPROVE_62_after_a_standstill_nothing_expires_for_thirty_minutes()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example;expire=8h");
        var hold = await scene.HoldAsync();
        await PassAsync(scene, "expire_at");
        await scene.Queue.Database.ExecuteAsync("UPDATE approval_clock SET ran_at = now() - interval '1 hour'");
        Deadlines(scene);
        await Until.TrueAsync(async () => await scene.Queue.CountAsync("event WHERE kind = 'approval-grace'") == 1, QueueScene.Patience, "the event");
        var spared = await scene.AgainAsync(hold);
        Assert.Equal(HoldState.Held, spared.State);
        Assert.InRange((spared.ExpireAt!.Value - DateTimeOffset.UtcNow).TotalMinutes, 25, 31);
    }

    [Fact]
    public async Task APPROVE_76_attempts_on_one_held_mail_pass_its_actor_one_after_the_other()
    {
        var desk = new SlowDesk();
        var actor = Sys.ActorOf(HoldActor.Props(desk));
        var attempts = Enumerable.Range(0, 5).Select(i => actor.Ask<HoldActor.Answered>(
            new HoldActor.Attempt(new HoldAct("B0000500101", HoldActKind.Approve, $"a{i}@corp.example", null, "", Channel.Api, new Approval.Actor())), TimeSpan.FromSeconds(30))).ToArray();
        for (var i = 0; i < 5; i++)
        {
            await Until.TrueAsync(() => desk.Entered == i + 1, QueueScene.Patience, "the next attempt");
            desk.Go.Release();
        }
        Assert.All(await Task.WhenAll(attempts), answer => Assert.Equal("Ok", answer.Code));
        Assert.Equal(1, desk.MostAtOnce);
    }

    private sealed class SlowDesk : IHoldActs
    {
        private int _entered;
        private int _now;

        public SemaphoreSlim Go { get; } = new(0);
        public int Entered => Volatile.Read(ref _entered);
        public int MostAtOnce { get; private set; }

        public async Task<HoldAnswer> ActAsync(HoldAct act, CancellationToken cancel)
        {
            MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _now));
            Interlocked.Increment(ref _entered);
            await Go.WaitAsync(cancel);
            Interlocked.Decrement(ref _now);
            return new HoldAnswer(ResultCode.Ok, null, "");
        }
    }
}

using System.Text;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Viewing;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Queue.Tests;

/// <summary>Rules of chapter 20 that no worked example walks through, on one node with a real database.</summary>
public sealed class ApprovalRuleTests
{
    private const string Bucho = "bucho@corp.example";
    private const string Kacho = "kacho@corp.example";
    private const string Jomu = "jomu@corp.example";
    private const string User2 = "user2@corp.example";
    private const string Okyaku = "okyaku@client.example";

    private static HoldAct Approve(HoldRow hold, string who) => new(new MessageId(hold.Id).ToString(), HoldActKind.Approve, who, null, "", Channel.Api, new Approval.Actor());

    [Fact]
    public async Task APPROVE_4_whose_mail_is_held_reads_what_everybody_reads_and_needs_no_header()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var held = await scene.SendAsync(User2, [Okyaku], "no header at all\r\n");
        var free = await scene.SendAsync("user1@corp.example", [Okyaku], "no header at all\r\n");
        Assert.Equal((250, 250, held.Status), (held.Code, free.Code, free.Status));
        Assert.Equal(1, await scene.Queue.CountAsync("held_mail"));
    }

    [Fact]
    public async Task APPROVE_23_a_changed_policy_holds_the_next_mail_without_a_restart_and_removing_its_last_line_frees_it()
    {
        await using var scene = await ApprovalScene.StartAsync("*:0");
        Assert.Equal(250, (await scene.SendAsync(User2, Okyaku)).Code);
        Assert.Equal(0, await scene.Queue.CountAsync("held_mail"));
        await scene.SetPolicyAsync("user2", "*:1::bucho@corp.example");
        Assert.Equal(250, (await scene.SendAsync(User2, Okyaku)).Code);
        Assert.Equal(1, await scene.Queue.CountAsync("held_mail"));
        await scene.SetPolicyAsync("user2", "");
        Assert.Equal(250, (await scene.SendAsync(User2, Okyaku)).Code);
        Assert.Equal((1L, 2L), (await scene.Queue.CountAsync("held_mail"), await scene.Queue.CountAsync("recipient WHERE forward_path = 'okyaku@client.example'")));
    }

    [Fact]
    public async Task APPROVE_51_a_mail_whose_last_approver_is_suspended_while_it_waits_is_escalated()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example,kacho@corp.example", ("approval.admins", "kanri@corp.example"));
        var hold = await scene.HoldAsync();
        var missing = scene.Missing("n1");
        await scene.SuspendAsync("bucho");
        await missing.LookAsync(DateTimeOffset.UtcNow, default);
        // One of two is enough, and he is there.
        Assert.Equal(HoldState.Held, (await scene.AgainAsync(hold)).State);
        await scene.SuspendAsync("kacho");
        await missing.LookAsync(DateTimeOffset.UtcNow, default);
        var escalated = await scene.AgainAsync(hold);
        Assert.Equal(HoldState.Escalated, escalated.State);
        Assert.Contains(escalated.Approvers, approver => approver is { Address: "kanri@corp.example", Waits: true });
        Assert.Contains("ESCALATED OK", await scene.AuditedAsync(hold));
        await missing.LookAsync(DateTimeOffset.UtcNow, default);
        Assert.Equal(1, (await scene.AuditedAsync(hold)).Count(entry => entry.StartsWith("ESCALATED", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task APPROVE_51_with_all_one_missing_vote_is_enough_to_escalate()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example,kacho@corp.example;all;to=jomu@corp.example");
        var hold = await scene.HoldAsync();
        await scene.SuspendAsync("kacho");
        await scene.Missing("n1").LookAsync(DateTimeOffset.UtcNow, default);
        Assert.Equal(HoldState.Escalated, (await scene.AgainAsync(hold)).State);
    }

    [Fact]
    public async Task APPROVE_63_an_undeliverable_request_is_recorded_and_when_all_are_the_mail_is_escalated()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example,kacho@corp.example", ("approval.fallback", Jomu));
        var hold = await scene.HoldAsync();
        var missing = scene.Missing("n1");
        await FailRequestAsync(scene, hold, Bucho);
        await missing.LookAsync(DateTimeOffset.UtcNow, default);
        var one = await scene.AgainAsync(hold);
        Assert.Equal((HoldState.Held, true, false), (one.State, one.Approvers[0].FailedAt is not null, one.Approvers[1].FailedAt is not null));
        await FailRequestAsync(scene, hold, Kacho);
        await missing.LookAsync(DateTimeOffset.UtcNow, default);
        var all = await scene.AgainAsync(hold);
        Assert.Equal((HoldState.Escalated, true), (all.State, all.Approvers.Any(approver => approver is { Address: Jomu, Waits: true })));
        // Whoever was hard to reach may still come and decide.
        Assert.Equal(ResultCode.Ok, (await scene.Desk.ActAsync(Approve(hold, Bucho), default)).Code);
    }

    private static Task FailRequestAsync(ApprovalScene scene, HoldRow hold, string approver) => scene.Queue.Database.ExecuteAsync("""
        INSERT INTO history (mail_id, name, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
        VALUES ($1, $2, now(), 1, 0, 1, 'failed', 'n1', 'n1', 'user2@corp.example', $3, 'corp.example', '550 5.1.1 no such user')
        """, hold.Id + 1000, $"{new MessageId(hold.Id)}-A0001", approver);

    [Fact]
    public async Task APPROVE_66_and_APPROVE_67_a_released_mail_has_the_original_sender_and_the_recipients_of_its_group_alone()
    {
        await using var scene = await ApprovalScene.StartAsync("*@partner.example:1::kacho@corp.example\n*:1::bucho@corp.example");
        Assert.Equal(250, (await scene.SendAsync(User2, ["tanto@partner.example", Okyaku, "info@client.example"], ApprovalScene.Content)).Code);
        var hold = (await scene.NewestAsync())!;
        scene.Worker.Start();
        Assert.Equal(ResultCode.Ok, (await scene.Desk.ActAsync(Approve(hold, Bucho), default)).Code);
        scene.Worker.Wake();
        await Until.TrueAsync(async () => (await scene.AgainAsync(hold)).ReleasedAt is not null, QueueScene.Patience, "the release");
        Assert.Equal([$"{User2} -> info@client.example", $"{User2} -> {Okyaku}"], await scene.EnvelopesAsync(new MessageId(hold.Id).ToString()));
        Assert.Equal(0, await scene.Queue.CountAsync("recipient WHERE forward_path = 'tanto@partner.example'"));
    }

    [Fact]
    public async Task APPROVE_68_everything_a_delivery_needs_is_stored_before_the_positive_reply()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var mail = hold.Mail;
        Assert.Equal((User2, "[192.0.2.75]", "192.0.2.75", User2), (mail.ReversePath, mail.Helo, mail.ClientAddress, mail.AuthenticatedAs));
        Assert.Equal((ApprovalScene.Content.Length, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(ApprovalScene.Content)))), ((int)mail.Size, Convert.ToHexString(mail.Sha256)));
        Assert.Equal((Notify.Failure, "rfc822;" + Okyaku), (hold.Recipients[0].Notify, hold.Recipients[0].OriginalRecipient));
        using var content = scene.Reader.Content(mail);
        await using var stream = content.OpenRead();
        using var reader = new StreamReader(stream);
        Assert.Equal(ApprovalScene.Content, await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task APPROVE_75_a_full_hold_store_refuses_for_now_what_would_be_held_and_nothing_else()
    {
        await using var scene = await ApprovalScene.StartAsync(ApprovalScene.ThreeApprovers, ("approval.hold_limit", "1000000"));
        await scene.Queue.Database.ExecuteAsync("INSERT INTO held_mail (id, size, sha256, reverse_path, sender, node) VALUES (1, 999990, sha256('x'), '', '', 'n1')");
        var reply = await scene.SendAsync(User2, Okyaku);
        Assert.Equal((452, new EnhancedStatus(4, 3, 1)), (reply.Code, reply.Status));
        Assert.Equal(250, (await scene.SendAsync("user1@corp.example", Okyaku)).Code);
        Assert.Equal(250, (await scene.SendAsync(User2, "user1@corp.example")).Code);
        Assert.Equal((1L, 2L), (await scene.Queue.CountAsync("held_mail"), await scene.Queue.CountAsync("recipient")));
    }

    [Fact]
    public async Task APPROVE_75_the_space_is_measured_again_after_ten_seconds_and_counted_in_between()
    {
        var (clock, kept, asked) = (new FakeTimeProvider(), 0L, 0);
        var space = new HeldSpace(_ => Task.FromResult((++asked, kept).kept), () => 100, clock);
        Assert.True(await space.TakesAsync(60, default));
        Assert.False(await space.TakesAsync(60, default));
        Assert.True(await space.TakesAsync(40, default));
        Assert.Equal(1, asked);
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.True(await space.TakesAsync(100, default));
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task APPROVE_82_a_released_mail_keeps_its_Message_ID_so_that_a_duplicate_is_recognised()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync(content: "Message-ID: <one@corp.example>\r\n" + ApprovalScene.Content);
        Assert.Equal(ResultCode.Ok, (await scene.Desk.ActAsync(Approve(hold, Bucho), default)).Code);
        await scene.WorkAsync();
        Assert.Equal("one@corp.example", Assert.Single(await scene.MailsAsync(new MessageId(hold.Id).ToString(), Okyaku)).MessageId);
    }

    [Fact]
    public async Task APPROVE_70_a_large_mail_is_looked_at_from_its_beginning_and_that_it_was_cut_is_said()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var content = ApprovalScene.Content + string.Concat(Enumerable.Repeat(new string('x', 998) + "\r\n", 5000));
        var hold = await scene.HoldAsync(content: content);
        var view = (await new HeldCases(scene.Reader, () => scene.Queue.Settings.Current).OfAsync(hold, [], default)).Mail;
        Assert.Contains(ViewGap.ContentCut, view.Gaps);
        Assert.Equal((content.Length, Convert.ToHexStringLower(hold.Mail.Sha256)), ((int)view.Size, view.ContentSha256));
    }

    [Fact]
    public async Task APPROVE_302_numbers_of_groups_and_of_decisions_are_never_used_twice_whichever_node_gives_them()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var other = new Accept.NumberBlocks(scene.Queue.Queue, 1000, Microsoft.Extensions.Logging.Abstractions.NullLogger<Accept.NumberBlocks>.Instance);
        await other.PrimeAsync(default);
        var desks = new[] { scene.Desk, new HoldDesk(scene.Holds, scene.Reader, other, "n2", new HoldRules(() => ApprovalLists.Empty, () => true, TimeProvider.System), () => { }, Microsoft.Extensions.Logging.Abstractions.NullLogger<HoldDesk>.Instance) };
        var numbers = new List<long>();
        for (var i = 0; i < 10; i++)
        {
            var hold = await scene.HoldAsync();
            Assert.Equal(ResultCode.Ok, (await desks[i % 2].ActAsync(Approve(hold, Bucho), default)).Code);
            numbers.AddRange([hold.Id, (await scene.AgainAsync(hold)).Decision!.ResultId]);
        }
        Assert.Equal(20, numbers.Distinct().Count());
    }

    [Fact]
    public async Task APPROVE_307_no_record_of_a_right_or_a_wrong_attempt_has_the_signature()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        var text = await scene.TextAsync(hold, Bucho, "approval");
        Assert.Equal(550, (await scene.DecideAsync(Kacho, text)).Code);
        Assert.Equal(550, (await scene.DecideAsync(Bucho, "Re: " + text)).Code);
        Assert.Equal(250, (await scene.DecideAsync(Bucho, text)).Code);
        Assert.Equal(250, (await scene.DecideAsync(Bucho, text)).Code);
        var signature = text[(text.LastIndexOf('.') + 1)..];
        Assert.Equal(22, signature.Length);
        Assert.Equal(0, await scene.Queue.CountAsync($"audit WHERE position('{signature}' IN record) > 0"));
        Assert.Equal(0, await scene.Queue.CountAsync($"audit_entry WHERE position('{signature}' IN record) > 0"));
        Assert.Equal(0, await scene.Queue.CountAsync($"event WHERE position('{signature}' IN text) > 0"));
        Assert.Equal(0, await scene.Queue.CountAsync($"hold_decision d WHERE position('{signature}' IN d::text) > 0"));
    }

    [Fact]
    public async Task APPROVE_317_and_APPROVE_318_notices_have_their_suffix_in_the_detailed_log_and_a_person_as_sender()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example");
        var hold = await scene.HoldAsync();
        await scene.WorkAsync();
        var id = new MessageId(hold.Id).ToString();
        Assert.Equal([$"{Bucho} -> {User2}"], await scene.EnvelopesAsync($"{id}-S0001"));
        Assert.Equal([$"{User2} -> {Bucho}"], await scene.EnvelopesAsync($"{id}-A0001"));
        Assert.Equal(ResultCode.Ok, (await scene.Desk.ActAsync(Approve(hold, Bucho), default)).Code);
        await scene.WorkAsync();
        var result = new MessageId((await scene.AgainAsync(hold)).Decision!.ResultId);
        Assert.Equal([$"{Bucho} -> {User2}"], await scene.EnvelopesAsync($"{result}-N0001"));
        Assert.Equal(0, await scene.Queue.CountAsync("mail WHERE reverse_path = ''"));
    }

    [Fact]
    public async Task APPROVE_330_a_record_says_who_did_what_to_which_mail_from_where_and_by_which_proof()
    {
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        Assert.Equal(250, (await scene.DecideAsync(Bucho, await scene.TextAsync(hold, Bucho, "reject"), body: "wrong price list")).Code);
        await scene.Audit.ChainAsync(default);
        var row = (await scene.Audit.OfAsync([hold.Id], default)).Single(one => one.Record.Contains("REJECTED", StringComparison.Ordinal));
        using var json = System.Text.Json.JsonDocument.Parse(row.Record);
        var id = new MessageId(hold.Id).ToString();
        var wanted = new Dictionary<string, string>
        {
            ["node"] = "n1",
            ["type"] = "REJECTED",
            ["hold"] = id,
            ["submission"] = id,
            ["sender"] = User2,
            ["approver"] = Bucho,
            ["channel"] = "mail",
            ["ip"] = "192.0.2.80",
            ["auth"] = Bucho,
            ["content_sha256"] = Convert.ToHexStringLower(hold.Mail.Sha256),
            ["policy"] = "account user2@corp.example v1 line 2",
            ["reason"] = "wrong price list",
            ["key"] = "k1",
            ["result"] = "OK",
        };
        foreach (var (name, value) in wanted)
            Assert.Equal(value, json.RootElement.GetProperty(name).GetString());
        Assert.Equal([Okyaku], json.RootElement.GetProperty("recipients").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(ApprovalRecord.HashOf("test"), json.RootElement.GetProperty("subject_hash").GetString());
        Assert.Equal(row.Seq, json.RootElement.GetProperty("seq").GetInt64());
        Assert.Matches("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$", json.RootElement.GetProperty("ts").GetString());
    }

    [Fact]
    public async Task APPROVE_335_decisions_failed_attempts_time_to_decision_and_release_delay_are_counted()
    {
        var seen = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name.StartsWith("clustermail.approval.", StringComparison.Ordinal))
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => seen.Add($"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}"));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => seen.Add($"{instrument.Name} {value >= 0}"));
        listener.Start();
        await using var scene = await ApprovalScene.StartAsync();
        var hold = await scene.HoldAsync();
        Assert.Equal(ResultCode.NotApprover, (await scene.Desk.ActAsync(Approve(hold, Jomu), default)).Code);
        Assert.Equal(ResultCode.Ok, (await scene.Desk.ActAsync(Approve(hold, Bucho), default)).Code);
        await scene.WorkAsync();
        Assert.Contains("clustermail.approval.attempts_failed NOT_APPROVER", seen);
        Assert.Contains("clustermail.approval.decisions api approved", seen);
        Assert.Contains("clustermail.approval.time_to_decision True", seen);
        Assert.Contains("clustermail.approval.release_delay True", seen);
        Assert.Equal([1L, 0L, 0L, 0L], (await AgesAsync(scene)));
    }

    private static async Task<IReadOnlyList<long>> AgesAsync(ApprovalScene scene)
    {
        await scene.HoldAsync();
        return await scene.Reader.AgesAsync(default);
    }

    [Fact]
    public async Task APPROVE_517_a_mail_to_many_outside_is_held_and_leaves_with_its_headers_as_they_were()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1:rcpt>2:bucho@corp.example");
        var content = "To: a@client.example, b@client.example, c@client.example\r\nSubject: to many\r\n\r\nhello\r\n";
        Assert.Equal(250, (await scene.SendAsync(User2, ["a@client.example", "b@client.example"], content)).Code);
        Assert.Equal(0, await scene.Queue.CountAsync("held_mail"));
        Assert.Equal(250, (await scene.SendAsync(User2, ["a@client.example", "b@client.example", "c@client.example"], content)).Code);
        var hold = (await scene.NewestAsync())!;
        Assert.Equal(ResultCode.Ok, (await scene.Desk.ActAsync(Approve(hold, Bucho), default)).Code);
        await scene.WorkAsync();
        Assert.Equal(content, Encoding.UTF8.GetString(await scene.Queue.Database.ScalarAsync<byte[]>("SELECT content FROM mail WHERE name = $1", new MessageId(hold.Id).ToString())));
        Assert.Equal(3, (await scene.EnvelopesAsync(new MessageId(hold.Id).ToString())).Count);
    }
}

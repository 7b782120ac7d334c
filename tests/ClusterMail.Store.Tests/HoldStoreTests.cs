using System.Security.Cryptography;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;
using Npgsql;

namespace ClusterMail.Store.Tests;

public sealed class HoldStoreTests
{
    private static readonly string[] Deciders = ["bucho@corp.example", "shonin_a@corp.example", "shonin_b@corp.example"];

    private static async Task<byte[]> ReadAsync(MailContent content)
    {
        using var whole = new MemoryStream();
        await using var stream = content.OpenRead();
        await stream.CopyToAsync(whole);
        return whole.ToArray();
    }

    [Fact]
    public async Task APPROVE_88_a_held_mail_is_there_whole_after_the_commit_and_nothing_of_it_is_in_the_queue()
    {
        await using var scene = await HoldScene.StartAsync();
        var hold = await scene.HeldAsync();

        Assert.Equal((0L, 0L), (await scene.Scene.CountAsync("mail"), await scene.Scene.CountAsync("recipient")));
        Assert.Equal((HoldState.Held, 1, "user2@corp.example", "sender"), (hold.State, hold.Version, hold.Requester, hold.Mail.AuthenticatedAs));
        Assert.Equal(["bucho@corp.example", "shonin_b@corp.example", "shonin_a@corp.example"], hold.Approvers.Select(a => a.Address));
        Assert.All(hold.Approvers, approver => Assert.True(approver.Waits && approver.AskedAt is not null));
        Assert.Equal([new HeldRecipient(0, "okyaku@client.example", Notify.Failure, "rfc822;okyaku@client.example", false)], hold.Recipients);
        Assert.Equal((BodyType.EightBitMime, Ret.Headers, "E1", true, "192.0.2.1", "TLSv1.3", "node1"),
            (hold.Mail.Body, hold.Mail.Ret, hold.Mail.EnvelopeId, hold.Mail.SmtpUtf8, hold.Mail.ClientAddress, hold.Mail.TlsVersion, hold.Mail.Node));
        Assert.Equal(HoldScene.Content, await ReadAsync(new HeldContent(scene.Scene.Database.Source, hold.Mail, null)));
        Assert.Equal("B7E4E7BE06A3219B53F929130E0EA57F9ACBD96781F484616509726CF0A57E91", Convert.ToHexString(hold.Mail.Sha256));
        Assert.Equal((1L, 1L), (await scene.Scene.CountAsync("hold_job"), await scene.Scene.CountAsync("audit_entry")));
    }

    [Fact]
    public async Task APPROVE_88_of_a_batch_with_one_faulty_held_mail_nothing_is_accepted()
    {
        await using var scene = await HoldScene.StartAsync();
        var plain = await scene.Scene.MailAsync(owned: false, "a@example.net");
        var faulty = await scene.MailAsync(change: held => held with { Holds = [held.Holds[0], held.Holds[0]] });

        await Assert.ThrowsAsync<PostgresException>(() => scene.Scene.Queue.AcceptAsync(scene.Scene.Epoch, [plain, faulty], default));

        foreach (var table in (string[])["mail", "recipient", "held_mail", "held_piece", "hold", "hold_recipient", "hold_approver", "hold_job", "audit_entry"])
            Assert.Equal(0, await scene.Scene.CountAsync(table));
    }

    [Fact]
    public async Task APPROVE_88_a_fenced_node_holds_nothing()
    {
        await using var scene = await HoldScene.StartAsync();
        await scene.Scene.ExpireAsync(scene.Scene.Epoch);
        await scene.Scene.Nodes.FenceExpiredAsync("node2", default);
        var mail = await scene.MailAsync();

        await Assert.ThrowsAsync<EpochFencedException>(() => scene.Scene.Queue.AcceptAsync(scene.Scene.Epoch, [mail], default));
        Assert.Equal(0, await scene.Scene.CountAsync("held_mail"));
    }

    [Fact]
    public async Task APPROVE_88_a_lost_commit_of_a_held_mail_is_settled_by_its_number()
    {
        await using var scene = await HoldScene.StartAsync();
        var hold = await scene.HeldAsync();
        var never = await scene.NumberAsync();
        Assert.Equal([hold.Id], await scene.Scene.Queue.WhichExistAsync([hold.Id, never], default));
        Assert.Equal(1, await scene.Scene.CountAsync("held_mail"));
    }

    [Fact]
    public async Task APPROVE_88_the_same_mail_within_ten_minutes_is_a_probable_duplicate_and_another_is_none()
    {
        await using var scene = await HoldScene.StartAsync();
        var first = await scene.HeldAsync();
        var again = await scene.HeldAsync();
        var other = await scene.HeldAsync(change: held => held with { MessageId = "<2@corp.example>" });
        Assert.Equal((null, first.Id, null), (first.Mail.LikeId, again.Mail.LikeId, other.Mail.LikeId));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(256 * 1024)]
    [InlineData(3 * 256 * 1024 + 17)]
    public async Task APPROVE_71_content_at_rest_is_sealed_and_comes_back_octet_by_octet(int length)
    {
        var seal = new ContentSeal(RandomNumberGenerator.GetBytes(ContentSeal.KeyLength));
        await using var scene = await HoldScene.StartAsync(seal);
        var octets = new byte[length];
        Array.Fill(octets, (byte)'x');
        var hold = await scene.HeldAsync(octets);

        Assert.Equal(seal.Name, hold.Mail.SealedWith);
        Assert.Equal(0L, await scene.Scene.CountAsync("held_piece WHERE position('xxxxxxxx'::bytea IN data) > 0"));
        Assert.Equal(octets, await ReadAsync(new HeldContent(scene.Scene.Database.Source, hold.Mail, seal)));
        await Assert.ThrowsAsync<IntegrityException>(() => ReadAsync(new HeldContent(scene.Scene.Database.Source, hold.Mail, new ContentSeal(new byte[32]))));
    }

    [Fact]
    public async Task APPROVE_69_a_content_changed_in_the_database_is_not_read_to_its_end_and_not_released()
    {
        await using var scene = await HoldScene.StartAsync();
        var held = await scene.HeldAsync();
        Assert.True(await scene.Holds.ApplyAsync(await scene.DecideAsync(held, HoldState.Approved, Deciders[0]), default));
        var hold = (await scene.Reader.FindAsync(held.Id, default))!;
        await scene.Scene.Database.ExecuteAsync("UPDATE held_piece SET data = set_byte(data, 70, 88)");

        var job = Assert.Single(await scene.Jobs.TakeAsync(10, default), j => j.Kind == JobKind.Release);
        await Assert.ThrowsAsync<IntegrityException>(() => scene.Jobs.FinishAsync(scene.Scene.Epoch, job, scene.Released(hold), [], default));
        Assert.Equal((0L, 0L, 0L), (await scene.Scene.CountAsync("mail"), await scene.Scene.CountAsync("mail_chunk"), await scene.Scene.CountAsync("hold WHERE released_at IS NOT NULL")));
    }

    [Fact]
    public async Task EX_APPR_8_of_many_who_decide_at_once_exactly_one_does_and_its_jobs_are_the_only_ones()
    {
        await using var scene = await HoldScene.StartAsync();
        for (var round = 0; round < 60; round++)
        {
            var hold = await scene.HeldAsync();
            var changes = new List<HoldChange>();
            foreach (var (i, who) in Enumerable.Range(0, 6).Select(i => (i, Deciders[i % 3])))
                changes.Add(await scene.DecideAsync(hold, i % 2 == 0 ? HoldState.Approved : HoldState.Rejected, who));
            using var together = new Barrier(changes.Count);
            var won = await Task.WhenAll(changes.Select(change => Task.Run(async () =>
            {
                together.SignalAndWait();
                return await scene.Holds.ApplyAsync(change, default);
            })));

            Assert.Single(won, true);
            var winner = changes[Array.IndexOf(won, true)];
            var after = (await scene.Reader.FindAsync(hold.Id, default))!;
            Assert.Equal((winner.To, winner.Decision!.By, winner.Decision.ResultId), (after.State, after.Decision!.By, after.Decision.ResultId));
            Assert.Single(after.Votes);
            Assert.All(after.Approvers, approver => Assert.False(approver.Waits));
            var jobs = await scene.Jobs.OfAsync(hold.Id, default);
            Assert.Equal(winner.To == HoldState.Approved ? ["approval-notice", "hold-notice", "release"] : ["hold-notice", "rejection-notice"], jobs.Select(j => j.Kind).Order());
            Assert.Equal(2L, await scene.Scene.CountAsync($"audit_entry WHERE hold_id = {hold.Id}"));
        }
    }

    [Fact]
    public async Task APPROVE_76_a_change_computed_from_an_older_version_changes_nothing()
    {
        await using var scene = await HoldScene.StartAsync();
        var hold = await scene.HeldAsync();
        var vote = new HoldChange { Hold = hold.Id, Version = 1, Stage = 0, Vote = new HoldVote(0, Deciders[0], Deciders[0], true, default, "mail", ""), Waiting = [Deciders[1], Deciders[2]] };
        Assert.True(await scene.Holds.ApplyAsync(vote, default));
        Assert.False(await scene.Holds.ApplyAsync(await scene.DecideAsync(hold, HoldState.Rejected, Deciders[1]), default));

        var after = (await scene.Reader.FindAsync(hold.Id, default))!;
        Assert.Equal((HoldState.Held, 2), (after.State, after.Version));
        Assert.Equal(["shonin_b@corp.example", "shonin_a@corp.example"], after.Approvers.Where(a => a.Waits).Select(a => a.Address));
        Assert.Null(after.Decision);
    }

    [Fact]
    public async Task APPROVE_65_final_is_final()
    {
        await using var scene = await HoldScene.StartAsync();
        var hold = await scene.HeldAsync();
        Assert.True(await scene.Holds.ApplyAsync(await scene.DecideAsync(hold, HoldState.Rejected, Deciders[0]), default));
        var rejected = (await scene.Reader.FindAsync(hold.Id, default))!;
        foreach (var state in Enum.GetValues<HoldState>().Where(s => s > HoldState.Escalated))
            Assert.False(await scene.Holds.ApplyAsync(await scene.DecideAsync(rejected, state, Deciders[1]), default));
        Assert.Equal(HoldState.Rejected, (await scene.Reader.FindAsync(hold.Id, default))!.State);
        Assert.Equal(0, await scene.Scene.CountAsync("hold_job WHERE kind = 'release'"));
    }

    [Fact]
    public async Task APPROVE_81_a_release_taken_by_many_at_once_is_queued_exactly_once()
    {
        await using var scene = await HoldScene.StartAsync();
        var held = await scene.HeldAsync();
        Assert.True(await scene.Holds.ApplyAsync(await scene.DecideAsync(held, HoldState.Approved, Deciders[0]), default));
        var hold = (await scene.Reader.FindAsync(held.Id, default))!;
        var job = Assert.Single(await scene.Jobs.TakeAsync(10, default), j => j.Kind == JobKind.Release);

        // As if each had taken it over from a node that was thought dead.
        var memory = await new HeldContent(scene.Scene.Database.Source, hold.Mail, null).LoadAsync(1 << 20, default);
        var done = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
            scene.Jobs.FinishAsync(scene.Scene.Epoch, job, i % 2 == 0 ? scene.Released(hold) : scene.Released(hold) with { Content = memory }, [], default))));

        Assert.Single(done, true);
        Assert.Equal((1L, 1L), (await scene.Scene.CountAsync("mail"), await scene.Scene.CountAsync("recipient")));
        Assert.True(await scene.Scene.CountAsync("mail_chunk") <= 1);
        var claimed = Assert.Single(await scene.Scene.ClaimAsync());
        Assert.Equal(("okyaku@client.example", Notify.Failure, "rfc822;okyaku@client.example", "user2@corp.example", new MessageId(hold.Id).ToString()),
            (claimed.ForwardPath, claimed.Notify, claimed.OriginalRecipient, claimed.Mail.ReversePath, claimed.Mail.PrintedName));
        Assert.Equal(HoldScene.Content, await ReadAsync((await scene.Scene.Queue.ReadContentAsync(hold.Decision!.ResultId, 1 << 20, default))!));
    }

    [Fact]
    public async Task APPROVE_81_a_restored_backup_releases_what_was_approved_and_not_yet_released_once_and_nothing_twice()
    {
        await using var scene = await HoldScene.StartAsync();
        async Task<HoldRow> ApprovedAsync()
        {
            var held = await scene.HeldAsync();
            Assert.True(await scene.Holds.ApplyAsync(await scene.DecideAsync(held, HoldState.Approved, Deciders[0]), default));
            return (await scene.Reader.FindAsync(held.Id, default))!;
        }
        async Task<int> ReleaseAsync(HoldJobs jobs, HoldReader reader)
        {
            var released = 0;
            foreach (var job in (await jobs.TakeAsync(50, default)).Where(job => job.Kind == JobKind.Release))
                released += await jobs.FinishAsync(scene.Scene.Epoch, job, scene.Released((await reader.FindAsync(job.Hold, default))!) with { Content = new MemoryContent(HoldScene.Content) }, [], default) ? 1 : 0;
            return released;
        }
        var gone = await ApprovedAsync();
        Assert.Equal(1, await ReleaseAsync(scene.Jobs, scene.Reader));
        await scene.Scene.Database.ExecuteAsync("DELETE FROM recipient; DELETE FROM mail");   // as when it was delivered
        var approved = await ApprovedAsync();
        var open = await scene.HeldAsync();
        await scene.Audit.ChainAsync(default);

        await using var restored = await scene.Scene.Database.DumpAndRestoreAsync();
        var (jobs, reader, holds) = (new HoldJobs(restored.Source), new HoldReader(restored.Source), new HoldStore(restored.Source));
        Assert.Equal(1, await ReleaseAsync(jobs, reader));
        Assert.Equal([approved.Id, 0L, 1L], [(await reader.ByNumberAsync(approved.Id, default))[0].Id, await restored.ScalarAsync<long>("SELECT count(*) FROM mail WHERE name = $1", new MessageId(gone.Id).ToString()),
            await restored.ScalarAsync<long>("SELECT count(*) FROM mail WHERE name = $1", new MessageId(approved.Id).ToString())]);
        // Nor when every job is due again, as after a long stop.
        await restored.ExecuteAsync("UPDATE hold_job SET due_at = now() - interval '1 hour'");
        Assert.Equal(0, await ReleaseAsync(jobs, reader));
        // What was open at the time of the backup is open again, and decided once.
        Assert.True(await holds.ApplyAsync(await scene.DecideAsync((await reader.FindAsync(open.Id, default))!, HoldState.Rejected, Deciders[1]), default));
        Assert.False(await holds.ApplyAsync(await scene.DecideAsync(open, HoldState.Approved, Deciders[0]), default));
        Assert.Null((await new AuditStore(restored.Source).VerifyAsync(null, default)).Fault);
    }

    [Fact]
    public async Task APPROVE_332_a_backup_from_before_a_decision_is_told_by_the_head_that_was_noted_outside()
    {
        await using var scene = await HoldScene.StartAsync();
        var hold = await scene.HeldAsync();
        await scene.Audit.ChainAsync(default);
        await using var restored = await scene.Scene.Database.DumpAndRestoreAsync();
        Assert.True(await scene.Holds.ApplyAsync(await scene.DecideAsync(hold, HoldState.Approved, Deciders[0]), default));
        await scene.Audit.ChainAsync(default);
        var noted = (await scene.Audit.HeadAsync(default))!;
        Assert.Null((await new AuditStore(restored.Source).VerifyAsync(null, default)).Fault);
        Assert.Contains("ends before the noted record", (await new AuditStore(restored.Source).VerifyAsync((noted.Seq, noted.Hash), default)).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_81_a_job_taken_by_a_node_that_died_is_due_again_after_thirty_seconds()
    {
        await using var scene = await HoldScene.StartAsync();
        await scene.HeldAsync();
        var taken = Assert.Single(await scene.Jobs.TakeAsync(10, default));
        Assert.Empty(await scene.Jobs.TakeAsync(10, default));
        Assert.Equal(1L, await scene.Scene.CountAsync("hold_job WHERE due_at BETWEEN now() + interval '20 seconds' AND now() + interval '30 seconds'"));
        await scene.Scene.Database.ExecuteAsync("UPDATE hold_job SET due_at = due_at - interval '30 seconds'");
        Assert.Equal(taken with { Attempts = 2 }, Assert.Single(await scene.Jobs.TakeAsync(10, default)));
    }

    [Fact]
    public async Task APPROVE_83_a_notice_is_once_in_the_outbox_whoever_asks_for_it()
    {
        await using var scene = await HoldScene.StartAsync();
        var hold = await scene.HeldAsync();
        for (var version = 1; version <= 3; version++)
            Assert.True(await scene.Holds.ApplyAsync(new HoldChange { Hold = hold.Id, Version = version, Stage = 0, Waiting = [.. Deciders], Jobs = [new NewJob("request", Deciders[0]), new NewJob("request", Deciders[1])] }, default));
        Assert.Equal(2L, await scene.Scene.CountAsync("hold_job WHERE kind = 'request'"));
    }

    [Fact]
    public async Task APPROVE_55_an_unsplit_mail_leaves_with_its_last_decision_and_not_before()
    {
        await using var scene = await HoldScene.StartAsync();
        var second = await scene.NumberAsync();
        var free = await scene.NumberAsync();
        var first = await scene.HeldAsync(change: held => held with
        {
            Split = false,
            Holds = [held.Holds[0], HoldScene.Hold(second, 1, "b@client.example"), HoldScene.Hold(free, 2, "user1@corp.example") with { Free = true, Approvers = [], Jobs = [] }],
        });
        var other = (await scene.Reader.FindAsync(second, default))!;

        Assert.True(await scene.Holds.ApplyAsync(await scene.DecideAsync(first, HoldState.Approved, Deciders[0]), default));
        Assert.Equal(0, await scene.Scene.CountAsync("hold_job WHERE kind = 'release'"));
        Assert.True(await scene.Holds.ApplyAsync(await scene.DecideAsync(other, HoldState.Rejected, Deciders[0]), default));
        Assert.Equal(0, await scene.Scene.CountAsync($"hold_job WHERE kind = 'release' AND hold_id = {second}"));
        Assert.Equal(2, await scene.Scene.CountAsync($"hold_job WHERE kind = 'release' AND hold_id IN ({first.Id}, {free})"));
    }

    [Fact]
    public async Task APPROVE_55_two_last_decisions_at_once_release_an_unsplit_mail_once()
    {
        await using var scene = await HoldScene.StartAsync();
        for (var round = 0; round < 25; round++)
        {
            var second = await scene.NumberAsync();
            var first = await scene.HeldAsync(change: held => held with { Split = false, Holds = [held.Holds[0], HoldScene.Hold(second, 1, "b@client.example")] });
            var one = await scene.DecideAsync(first, HoldState.Approved, Deciders[0]);
            var two = await scene.DecideAsync((await scene.Reader.FindAsync(second, default))!, HoldState.Approved, Deciders[1]);
            var both = await Task.WhenAll(Task.Run(() => scene.Holds.ApplyAsync(one, default)), Task.Run(() => scene.Holds.ApplyAsync(two, default)));
            Assert.All(both, Assert.True);
            Assert.Equal(2, await scene.Scene.CountAsync($"hold_job WHERE kind = 'release' AND hold_id IN ({first.Id}, {second})"));
        }
    }

    [Fact]
    public async Task APPROVE_45_the_next_stage_waits_only_when_it_is_asked()
    {
        await using var scene = await HoldScene.StartAsync();
        var hold = await scene.HeldAsync(change: held => held with
        {
            Holds = [held.Holds[0] with { Needed = [1, 1], Approvers = [new HoldApprover(0, 0, "kacho@corp.example"), new HoldApprover(1, 0, "bucho@corp.example")] }],
        });
        Assert.Empty((await scene.Reader.WaitingAsync("bucho@corp.example", [], 50, default)).Rows);
        Assert.True(await scene.Holds.ApplyAsync(new HoldChange
        {
            Hold = hold.Id,
            Version = 1,
            Stage = 1,
            Waiting = ["bucho@corp.example"],
            Vote = new HoldVote(0, "kacho@corp.example", "kacho@corp.example", true, default, "web", "fine"),
        }, default));
        Assert.Equal(hold.Id, Assert.Single((await scene.Reader.WaitingAsync("Bucho@corp.example", [], 50, default)).Rows).Id);
        Assert.Empty((await scene.Reader.WaitingAsync("kacho@corp.example", [], 50, default)).Rows);
    }

    [Fact]
    public async Task APPROVE_216_the_waiting_list_has_what_waits_for_him_for_those_he_stands_for_and_for_his_proxy()
    {
        await using var scene = await HoldScene.StartAsync();
        var own = await scene.HeldAsync();
        var proxied = await scene.HeldAsync(change: held => held with { Holds = [held.Holds[0] with { Approvers = [new HoldApprover(0, 0, "kacho@corp.example", "bucho@corp.example")] }] });
        await scene.HeldAsync(change: held => held with { Holds = [held.Holds[0] with { Approvers = [new HoldApprover(0, 0, "kacho@corp.example", "bucho@corp.example", PrincipalDecides: false)] }] });
        var others = await scene.HeldAsync(change: held => held with { Holds = [held.Holds[0] with { Approvers = [new HoldApprover(0, 0, "jomu@corp.example")] }] });
        var ids = (await scene.Reader.WaitingAsync("bucho@corp.example", ["jomu@corp.example"], 50, default)).Rows.Select(row => row.Id);
        Assert.Equal([own.Id, proxied.Id, others.Id], ids);
        Assert.Equal(3, (await scene.Reader.WaitingAsync("bucho@corp.example", ["jomu@corp.example"], 1, default)).Total);
    }

    [Fact]
    public async Task APPROVE_62_what_came_due_while_nobody_could_decide_is_put_off_and_the_rest_is_not()
    {
        await using var scene = await HoldScene.StartAsync();
        var due = await scene.HeldAsync();
        var later = await scene.HeldAsync();
        await scene.Scene.Database.ExecuteAsync("UPDATE hold SET expire_at = now() - interval '1 minute' WHERE id = $1", due.Id);
        await scene.Scene.Database.ExecuteAsync("UPDATE approval_clock SET ran_at = now()");
        var (putOff, next) = await scene.Holds.TickAsync(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), default);
        Assert.Equal((0, TimeSpan.Zero), (putOff, next));
        Assert.Equal([due.Id], await scene.Holds.DueAsync(10, default));

        await scene.Scene.Database.ExecuteAsync("UPDATE approval_clock SET ran_at = now() - interval '6 minutes'");
        (putOff, _) = await scene.Holds.TickAsync(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), default);
        Assert.Equal(1, putOff);
        Assert.Empty(await scene.Holds.DueAsync(10, default));
        Assert.Equal(1, await scene.Scene.CountAsync($"hold WHERE id = {due.Id} AND expire_at BETWEEN now() + interval '29 minutes' AND now() + interval '30 minutes'"));
        Assert.Equal(1, (await scene.Reader.FindAsync(later.Id, default))!.Version);
    }

    [Fact]
    public async Task APPROVE_74_contents_go_when_the_queue_has_them_or_after_their_time_and_never_while_open()
    {
        await using var scene = await HoldScene.StartAsync();
        var open = await scene.HeldAsync();
        var rejected = await scene.HeldAsync();
        var released = await scene.HeldAsync();
        await scene.Holds.ApplyAsync(await scene.DecideAsync(rejected, HoldState.Rejected, Deciders[0]), default);
        await scene.Holds.ApplyAsync(await scene.DecideAsync(released, HoldState.Approved, Deciders[0]), default);
        await scene.Scene.Database.ExecuteAsync("UPDATE held_mail SET received_at = now() - interval '40 days'");
        Assert.Equal(0, await scene.Holds.DropContentsAsync(TimeSpan.FromDays(30), 100, "node1", default));

        await scene.Scene.Database.ExecuteAsync("UPDATE hold SET released_at = now() WHERE id = $1", released.Id);
        Assert.Equal(1, await scene.Holds.DropContentsAsync(TimeSpan.FromDays(30), 100, "node1", default));
        await scene.Scene.Database.ExecuteAsync("UPDATE hold_decision SET decided_at = now() - interval '31 days' WHERE hold_id = $1", rejected.Id);
        Assert.Equal(1, await scene.Holds.DropContentsAsync(TimeSpan.FromDays(30), 100, "node1", default));
        Assert.Equal(open.Id, await scene.Scene.Database.ScalarAsync<long>("SELECT mail_id FROM held_piece"));
        Assert.Equal(2, await scene.Scene.CountAsync("audit_entry WHERE record LIKE '%CONTENT_DELETED%'"));
    }

    [Fact]
    public async Task APPROVE_24_every_version_of_an_accounts_policy_is_kept_however_it_was_changed()
    {
        await using var scene = await HoldScene.StartAsync();
        await scene.Scene.Database.ExecuteAsync("INSERT INTO account (changed, domain, name, changed_by) VALUES (next_directory_version(), 'corp.example', 'User2', 'hanako')");
        await scene.Scene.Database.ExecuteAsync("UPDATE account SET destinations = '*,0', changed_by = 'taro' WHERE name = 'User2'");
        await scene.Scene.Database.ExecuteAsync("UPDATE account SET full_name = 'x' WHERE name = 'User2'");
        Assert.Equal(2, await scene.Approval.SaveAsync("account", "user2@corp.example", 1, "*:1::bucho@corp.example", draft: false, "jiro", "for the audit", [], default));
        Assert.Null(await scene.Approval.SaveAsync("account", "user2@corp.example", 1, "*:0", draft: false, "saburo", "", [], default));

        var history = await scene.Approval.HistoryAsync("account", "USER2@corp.example", default);
        Assert.Equal([(2L, "jiro", "*:1::bucho@corp.example", "for the audit"), (1L, "taro", "*,0", "")], history.Select(v => (v.Version, v.SavedBy, v.Text, v.Comment)));
        Assert.Equal("*:1::bucho@corp.example", await scene.Scene.Database.ScalarAsync<string>("SELECT destinations FROM account"));
        Assert.Equal(2L, await scene.Scene.Database.ScalarAsync<long>("SELECT destinations_version FROM account"));
    }

    [Fact]
    public async Task APPROVE_25_a_draft_is_kept_and_not_in_force()
    {
        await using var scene = await HoldScene.StartAsync();
        Assert.Equal(1, await scene.Approval.SaveAsync("domain", "corp.example", 0, "*:1::bucho@corp.example", draft: false, "taro", "", [], default));
        Assert.Equal(2, await scene.Approval.SaveAsync("domain", "corp.example", 1, "*:9", draft: true, "taro", "", [], default));
        var data = await scene.Approval.LoadAsync(default);
        Assert.Equal([new DomainPolicy("corp.example", 1, "*:1::bucho@corp.example")], data.Domains);
        Assert.Equal(2, data.Version);
    }

    [Fact]
    public async Task APPROVE_208_a_new_proxy_takes_the_place_of_the_one_before()
    {
        await using var scene = await HoldScene.StartAsync();
        var until = new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await scene.Approval.SetProxyAsync(new ProxyRow("Bucho@corp.example", "kacho@corp.example", null, null, default, "bucho@corp.example", ""), [], default);
        await scene.Approval.SetProxyAsync(new ProxyRow("bucho@corp.example", "jomu@corp.example", null, until, default, "admin", "holiday"), [], default);
        var proxy = Assert.Single((await scene.Approval.LoadAsync(default)).Proxies);
        Assert.Equal(("bucho@corp.example", "jomu@corp.example", null, until, "holiday"), (proxy.Approver, proxy.Proxy, proxy.From, proxy.Until, proxy.Reason));
        await scene.Approval.ClearProxyAsync("bucho@corp.example", [], default);
        Assert.Empty((await scene.Approval.LoadAsync(default)).Proxies);
    }
}

using System.Diagnostics;
using Npgsql;

namespace ClusterMail.Store.Tests;

public sealed class NodeStoreTests
{
    [Fact]
    public async Task P4_a_fenced_epoch_accepts_nothing_claims_nothing_and_its_late_outcome_changes_nothing()
    {
        await using var scene = await Scene.StartAsync();
        var key = await scene.AcceptOwnedAsync();
        await scene.ExpireAsync(scene.Epoch);

        var fenced = Assert.Single(await scene.Nodes.FenceExpiredAsync("node2", default));
        Assert.Equal(("node1", scene.Epoch, 1), (fenced.Name, fenced.Epoch, fenced.Recipients));
        Assert.Empty(await scene.Nodes.FenceExpiredAsync("node3", default));

        var late = new Conclusion { Key = key, State = RecipientState.Delivered, Reply = "250" };
        await Assert.ThrowsAsync<EpochFencedException>(() => scene.RecordAsync(late));
        var mail = await scene.MailAsync(owned: true, "x@example.org");
        await Assert.ThrowsAsync<EpochFencedException>(() => scene.Queue.AcceptAsync(scene.Epoch, [mail], default));
        await using var ofEpoch = EpochStore.Open(scene.Database.ConnectionString, "clustermaild node1", scene.Epoch);
        await Assert.ThrowsAsync<EpochFencedException>(() => ofEpoch.Queue.AcceptAloneAsync(scene.Epoch, mail, default));
        await Assert.ThrowsAsync<EpochFencedException>(() => scene.Queue.AcceptLargeAsync(scene.Epoch, mail, default));
        await Assert.ThrowsAsync<EpochFencedException>(() => scene.ClaimAsync());
        Assert.True((await scene.Nodes.RenewAsync(scene.Epoch, Scene.Lease, null, default)).Fenced);
        Assert.Equal((0L, 1L, 0L, 2L), (await scene.CountAsync("history"), await scene.CountAsync("mail"), await scene.CountAsync("mail_chunk"), await scene.CountAsync("event")));

        var next = await Scene.RegisterAsync(scene.Nodes, "node2");
        Assert.Equal(key, Assert.Single(await scene.Queue.ClaimAsync(next, 10, 10, [], default)).Key);
    }

    [Fact]
    public async Task P4_what_a_fenced_node_held_is_on_record_mail_by_mail_and_what_it_did_not_hold_is_not()
    {
        await using var scene = await Scene.StartAsync();
        var held = await scene.AcceptOwnedAsync("held@example.net");
        await scene.Queue.AcceptAsync(scene.Epoch, [await scene.MailAsync(owned: false, "queued@example.net")], default);
        await scene.ExpireAsync(scene.Epoch);
        await scene.Nodes.FenceExpiredAsync("node2", default);

        var reader = new EventReader(scene.Database.Source);
        var noted = Assert.Single(await reader.ListAsync(new EventFilter(null, null, "taken-over", null, null, 10), default));
        Assert.Equal(("node1", held.Mail.ToString(System.Globalization.CultureInfo.InvariantCulture)), (noted.Node, noted.Mail));
        Assert.Contains("held@example.net", noted.Text, StringComparison.Ordinal);
        // One line for each mail would bury the list of what the cluster did.
        Assert.Equal("node-fenced", Assert.Single(await reader.ListAsync(new EventFilter(null, null, null, null, null, 10), default)).Kind);
        Assert.Single(Assert.Single(await new HistoryStore(scene.Database.Source).LoadAsync([held.Mail], default)).Events);
    }

    [Fact]
    public async Task P3_what_a_dead_node_held_goes_before_mail_that_came_while_it_was_dead()
    {
        await using var scene = await Scene.StartAsync();
        await scene.AcceptOwnedAsync("held@example.net");
        await scene.Queue.AcceptAsync(scene.Epoch, [await scene.MailAsync(owned: false, "later@example.net")], default);
        await scene.ExpireAsync(scene.Epoch);
        await scene.Nodes.FenceExpiredAsync("node2", default);

        var next = await Scene.RegisterAsync(scene.Nodes, "node2");
        Assert.Equal("held@example.net", Assert.Single(await scene.Queue.ClaimAsync(next, 1, 1, [], default)).ForwardPath);
        Assert.Equal("later@example.net", Assert.Single(await scene.Queue.ClaimAsync(next, 1, 1, [], default)).ForwardPath);
    }

    [Fact]
    public async Task P4_an_accept_racing_with_the_fence_leaves_no_row_with_a_fenced_owner()
    {
        await using var scene = await Scene.StartAsync();
        var refused = 0;
        for (var round = 0; round < 60; round++)
        {
            var epoch = await Scene.RegisterAsync(scene.Nodes, "racer");
            var mails = new List<NewMail>();
            for (var i = 0; i < 3; i++)
                mails.Add(await scene.MailAsync(owned: true, "a@example.net", "b@example.net"));
            await scene.ExpireAsync(epoch);
            var accepts = mails.Select(async m =>
            {
                try
                {
                    await scene.Queue.AcceptAsync(epoch, [m], default);
                }
                catch (EpochFencedException)
                {
                    Interlocked.Increment(ref refused);
                }
            });
            await Task.WhenAll(accepts.Append(scene.Nodes.FenceExpiredAsync("other", default)));
        }
        Assert.Equal(0, await scene.CountAsync("recipient WHERE owner IS NOT NULL"));
        Assert.Equal(0, await scene.CountAsync("node WHERE name = 'racer' AND fenced_at IS NULL"));
        Assert.Equal(2 * (180 - refused), await scene.CountAsync("recipient"));
    }

    [Fact]
    public async Task P3_a_session_stuck_in_a_transaction_is_terminated_and_fencing_takes_less_than_3_seconds()
    {
        await using var scene = await Scene.StartAsync();
        await scene.AcceptOwnedAsync();
        await using var hung = scene.Database.Open("clustermaild with a very long name of a node that is cut", scene.Epoch);
        await using var stuck = await hung.OpenConnectionAsync();
        await using var transaction = await stuck.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand($"SELECT assert_epoch({scene.Epoch})", stuck))
            await command.ExecuteNonQueryAsync();
        await scene.ExpireAsync(scene.Epoch);

        var time = Stopwatch.StartNew();
        var fenced = await scene.Nodes.FenceExpiredAsync("node2", default);

        Assert.Equal(1, Assert.Single(fenced).Recipients);
        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        var killed = await Assert.ThrowsAnyAsync<NpgsqlException>(() => transaction.CommitAsync());
        Assert.True(Database.IsLost(killed));
    }

    [Fact]
    public async Task CLU_30_leases_count_from_the_restart_of_the_database()
    {
        await using var scene = await Scene.StartAsync();
        // The lease ended while the server was down; the server has been up for less than the lease.
        await scene.Database.ExecuteAsync("UPDATE node SET alive_until = now() - interval '1 minute', lease = now() - pg_postmaster_start_time() + interval '1 hour'");
        Assert.Empty(await scene.Nodes.FenceExpiredAsync("node2", default));
        Assert.True(Assert.Single(await scene.Nodes.ListAsync(default)).Alive);
        Assert.False((await scene.Nodes.RenewAsync(scene.Epoch, Scene.Lease, null, default)).Fenced);
        Assert.Empty(await scene.Nodes.FenceExpiredAsync("node2", default));
    }

    [Fact]
    public async Task CLU_32_a_node_that_leaves_frees_its_rows_at_once()
    {
        await using var scene = await Scene.StartAsync();
        var key = await scene.AcceptOwnedAsync();
        await scene.Nodes.LeaveAsync(scene.Epoch, default);
        var next = await Scene.RegisterAsync(scene.Nodes, "node2");
        Assert.Equal(key, Assert.Single(await scene.Queue.ClaimAsync(next, 10, 10, [], default)).Key);
        Assert.Equal(
            [("node1", true, false, 0L), ("node2", false, true, 1L)],
            (await scene.Nodes.ListAsync(default)).Select(n => (n.Name, n.Left, n.Alive, n.Owned)));
        await Assert.ThrowsAsync<EpochFencedException>(() => scene.RecordAsync(new Conclusion { Key = key, State = RecipientState.Delivered }));
    }

    [Fact]
    public async Task CLU_25_a_renewal_brings_the_stricter_switch_the_settings_version_and_the_wake_up()
    {
        await using var scene = await Scene.StartAsync();
        var switches = new SwitchStore(scene.Database.Source);
        var before = await scene.Nodes.RenewAsync(scene.Epoch, Scene.Lease, null, default);
        Assert.Equal((false, 0L, SwitchState.On, SwitchState.On), (before.Fenced, before.SettingsVersion, before.Receive, before.Deliver));

        await switches.SetAsync("", SwitchKind.Receive, SwitchState.Draining, "me", default);
        await switches.SetAsync("node1", SwitchKind.Receive, SwitchState.On, "me", default);
        await switches.SetAsync("node1", SwitchKind.Deliver, SwitchState.Off, "me", default);
        await switches.SetAsync("node2", SwitchKind.Receive, SwitchState.Off, "me", default);
        await scene.Database.ExecuteAsync("INSERT INTO setting_version (version, saved_by) VALUES (7, 'me')");
        await scene.Queue.RetryNowAsync(new RecipientFilter(), "me", default);

        var after = await scene.Nodes.RenewAsync(scene.Epoch, Scene.Lease, null, default);
        Assert.Equal((7L, SwitchState.Draining, SwitchState.Off), (after.SettingsVersion, after.Receive, after.Deliver));
        Assert.True(after.WakeUp > before.WakeUp);
        Assert.Equal((SwitchState.Draining, SwitchState.Off), Assert.Single((await scene.Nodes.ListAsync(default)).Select(n => (n.Receive, n.Deliver))));
    }

    [Fact]
    public async Task CLU_32_who_looks_around_sees_that_a_switch_was_set_and_when_the_next_lease_ends()
    {
        await using var scene = await Scene.StartAsync();
        var before = await scene.Nodes.LookAsync("node2", default);
        Assert.Empty(before.Fenced);
        Assert.InRange(before.NextEnd, TimeSpan.Zero, Scene.Lease);

        await new SwitchStore(scene.Database.Source).SetAsync("node1", SwitchKind.Deliver, SwitchState.Draining, "me", default);
        Assert.True((await scene.Nodes.LookAsync("node2", default)).WakeUp > before.WakeUp);

        await scene.ExpireAsync(scene.Epoch);
        var after = await scene.Nodes.LookAsync("node2", default);
        Assert.Equal((scene.Epoch, TimeSpan.MaxValue), (Assert.Single(after.Fenced).Epoch, after.NextEnd));
        Assert.Empty((await scene.Nodes.LookAsync("node2", default)).Fenced);
    }

    [Fact]
    public async Task CLU_20_of_several_nodes_that_start_at_once_exactly_one_forms_the_cluster()
    {
        await using var scene = await Scene.StartAsync();
        for (var round = 0; round < 10; round++)
        {
            await scene.Database.ExecuteAsync("DELETE FROM node");
            var epochs = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => Scene.RegisterAsync(scene.Nodes, "n" + i)));
            var answers = await Task.WhenAll(epochs.Select(e => scene.Nodes.FormOrJoinAsync(e, default)));
            Assert.Single(answers, a => a.Count == 0);
            Assert.Single(answers.Where(a => a.Count > 0).SelectMany(a => a).Distinct());
        }
    }

    [Fact]
    public async Task CLU_20_a_dead_member_is_no_one_to_join_and_a_fenced_node_forms_nothing()
    {
        await using var scene = await Scene.StartAsync();
        Assert.Empty(await scene.Nodes.FormOrJoinAsync(scene.Epoch, default));
        var second = await Scene.RegisterAsync(scene.Nodes, "node2");
        Assert.Equal(["akka.tcp://clustermail@node1:1"], await scene.Nodes.FormOrJoinAsync(second, default));
        await scene.Nodes.SetMemberAsync(second, true, default);

        await scene.ExpireAsync(scene.Epoch);
        await scene.Nodes.FenceExpiredAsync("node2", default);
        await scene.Nodes.SetMemberAsync(second, false, default);
        Assert.Empty(await scene.Nodes.FormOrJoinAsync(second, default));
        await scene.ExpireAsync(second);
        await scene.Nodes.FenceExpiredAsync("node3", default);
        await Assert.ThrowsAsync<EpochFencedException>(() => scene.Nodes.FormOrJoinAsync(second, default));
    }

    [Fact]
    public async Task CLU_30_a_named_lease_has_one_owner_until_it_ends_or_is_released()
    {
        await using var scene = await Scene.StartAsync();
        var leases = new LeaseStore(scene.Database.Source);
        var minute = TimeSpan.FromMinutes(1);
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => leases.TryAcquireAsync("sbr", "o" + i, minute, default)));
        var owner = "o" + Array.IndexOf(tries, true);
        Assert.Single(tries, t => t);
        Assert.True(await leases.TryAcquireAsync("sbr", owner, minute, default));
        Assert.True(await leases.CheckAsync("sbr", owner, default));
        await leases.ReleaseAsync("sbr", "stranger", default);
        Assert.False(await leases.TryAcquireAsync("sbr", "stranger", minute, default));
        await scene.Database.ExecuteAsync("UPDATE cluster_lease SET until = now() - interval '1 second'");
        Assert.False(await leases.CheckAsync("sbr", owner, default));
        Assert.True(await leases.TryAcquireAsync("sbr", "stranger", minute, default));
        Assert.True(await leases.ReleaseAsync("sbr", "stranger", default));
        Assert.True(await leases.TryAcquireAsync("sbr", owner, minute, default));
    }

    [Fact]
    public async Task CLU_33_events_are_kept_with_their_data()
    {
        await using var scene = await Scene.StartAsync();
        await new EventStore(scene.Database.Source).WriteAsync(
            "node1", "leader-changed", "node1 leads now", new Dictionary<string, string> { ["from"] = "node2" }, default);
        Assert.Equal("node1|leader-changed|node1 leads now|node2", await scene.Database.ScalarAsync<string>("SELECT concat_ws('|', node, kind, text, data ->> 'from') FROM event"));
    }
}

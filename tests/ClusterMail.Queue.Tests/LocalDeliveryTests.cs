using ClusterMail.Accounts;
using ClusterMail.Protocol;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Schedule;
using ClusterMail.Routing;
using ClusterMail.Store;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Queue.Tests;

public sealed class LocalDeliveryTests
{
    private static Account Taro(long limit = 0) => new() { Id = 7, Address = Mailbox.FromStored("taro@example.jp"), BoxLimit = limit };

    private static Route InMailbox(Account account, string? envelope = null) => new()
    {
        Kind = RouteKind.Mailbox,
        Destination = Router.Local,
        Account = account,
        Rule = "ROUTE-1 row 2",
        Envelope = envelope is null ? null : Mailbox.FromStored(envelope),
        Real = account.Address,
    };

    private static (LocalDelivery Delivery, Quota Quota, MailboxStore Boxes) Parts(QueueScene scene)
    {
        var boxes = new MailboxStore(scene.Database.Source);
        var quota = new Quota(() => scene.Settings.Current, boxes);
        return (new LocalDelivery(quota, scene.Recorder), quota, boxes);
    }

    private static async Task<Work> WorkAsync(QueueScene scene, string from, Func<ClaimedRecipient, ClaimedRecipient>? change, params Route[] ways)
    {
        var work = await scene.OwnedAsync(from, change, [.. ways.Select((_, i) => $"alias{i}@example.jp")]);
        return new Work { Mail = work.Mail, Route = ways[0], Recipients = work.Recipients, Ways = [.. ways], Content = work.Content, Lease = work.Lease };
    }

    private static async Task DeliverAsync(QueueScene scene, Work work)
    {
        var before = scene.Written;
        Parts(scene).Delivery.Deliver(work);
        await Until.TrueAsync(() => scene.Written == before + work.Recipients.Length, QueueScene.Patience, "the outcome is written");
    }

    [Fact]
    public async Task HDR_5_a_mail_is_copied_into_the_mailbox_under_its_Return_Path()
    {
        await using var scene = await QueueScene.StartAsync();
        await DeliverAsync(scene, await WorkAsync(scene, "sender@example.jp", null, InMailbox(Taro())));
        await DeliverAsync(scene, await WorkAsync(scene, "", null, InMailbox(Taro())));
        Assert.Equal("Return-Path: <sender@example.jp>\r\n|Return-Path: <>\r\n", await scene.Database.ScalarAsync<string>("SELECT string_agg(prefix, '|' ORDER BY uid) FROM mailbox_message"));
        Assert.Equal(2, await scene.CountAsync("history WHERE outcome = 'delivered' AND destination = '[local]' AND rule = 'ROUTE-1 row 2' AND remote_host IS NULL"));
        Assert.Equal(0, await scene.CountAsync("mail"));
    }

    [Fact]
    public async Task ALIAS_12_several_addresses_of_one_account_in_one_mail_make_one_message()
    {
        await using var scene = await QueueScene.StartAsync();
        var other = Taro() with { Id = 8 };
        await DeliverAsync(scene, await WorkAsync(scene, "s@example.net", null, InMailbox(Taro()), InMailbox(Taro(), "taro@example.jp"), InMailbox(other)));
        Assert.Equal((2L, 3L), (await scene.CountAsync("mailbox_message"), await scene.CountAsync("history WHERE outcome = 'delivered'")));
        Assert.Equal("alias0@example.jp", await scene.Database.ScalarAsync<string>("SELECT recipient FROM mailbox_message WHERE folder_id = (SELECT id FROM mailbox_folder WHERE account_id = 7)"));
    }

    [Theory]
    [InlineData(null, "alias0@example.jp")]
    [InlineData("taro@example.jp", "taro@example.jp")]
    public async Task EX_ALIAS_1_EX_ALIAS_2_message_and_log_show_the_recipient_as_the_alias_leaves_it(string? envelope, string shown)
    {
        await using var scene = await QueueScene.StartAsync();
        await DeliverAsync(scene, await WorkAsync(scene, "s@example.net", null, InMailbox(Taro(), envelope)));
        Assert.Equal((shown, shown), (await scene.Database.ScalarAsync<string>("SELECT recipient FROM mailbox_message"), await scene.Database.ScalarAsync<string>("SELECT forward_path FROM history")));
    }

    [Fact]
    public async Task EX_ACCT_4_QUOTA_3_QUOTA_4_a_full_box_is_answered_450_and_still_takes_an_error_mail()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.Database.ExecuteAsync("INSERT INTO mailbox (account_id, octets, messages) VALUES (7, 1000, 1)");
        var (_, quota, _) = Parts(scene);
        Assert.True(await quota.IsFullAsync(Taro(1000), 0, exempt: false, default));
        Assert.Equal("450 4.2.2 Sorry. e-mail address box is full.", Quota.Full.ToString());
        Assert.False(await quota.IsFullAsync(Taro(1000), 0, exempt: true, default));
        // Another store's mailboxes are its own business.
        Assert.False(await quota.IsFullAsync(Taro(1000) with { Delivery = "lmtp:box.example:24" }, 0, exempt: false, default));

        await DeliverAsync(scene, await WorkAsync(scene, "", null, InMailbox(Taro(1000))));
        Assert.Equal(1, await scene.CountAsync("mailbox_message"));
    }

    [Fact]
    public async Task QUOTA_1_an_accounts_own_limit_takes_the_place_of_the_servers()
    {
        await using var scene = await QueueScene.StartAsync(("mailbox.max_bytes", "500"));
        var (_, quota, _) = Parts(scene);
        Assert.Equal((500L, 2000L, 100L), (quota.LimitOf(Taro()), quota.LimitOf(Taro(2000)), quota.LimitOf(Taro(100))));
        await scene.SaveAsync(("mailbox.max_bytes", "0"));
        Assert.Equal((0L, 100L), (quota.LimitOf(Taro()), quota.LimitOf(Taro(100))));
    }

    [Theory]
    [InlineData(900, 100, true)]
    [InlineData(900, 101, false)]
    [InlineData(999, 0, true)]
    [InlineData(1000, 0, false)]
    public async Task QUOTA_5_a_declared_size_counts(long used, long declared, bool room)
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.Database.ExecuteAsync("INSERT INTO mailbox (account_id, octets, messages) VALUES (7, $1, 1)", used);
        Assert.NotEqual(room, await Parts(scene).Quota.IsFullAsync(Taro(1000), declared, exempt: false, default));
    }

    [Fact]
    public async Task QUOTA_6_at_twice_the_limit_an_error_mail_fails_and_other_mail_waits()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.Database.ExecuteAsync("INSERT INTO mailbox (account_id, octets, messages) VALUES (7, 2000, 1)");
        await DeliverAsync(scene, await WorkAsync(scene, "", null, InMailbox(Taro(1000))));
        await DeliverAsync(scene, await WorkAsync(scene, "s@example.net", null, InMailbox(Taro(1000))));
        Assert.True(await Parts(scene).Quota.IsFullAsync(Taro(1000), 0, exempt: true, default));
        Assert.Equal(0, await scene.CountAsync("mailbox_message"));
        Assert.Equal(1, await scene.CountAsync("history WHERE outcome = 'failed' AND reply = '552 5.2.2 Sorry. e-mail address box is full.'"));
        Assert.Equal(1, await scene.CountAsync("recipient WHERE state = 'waiting' AND last_reply LIKE '450 4.2.2 %'"));
    }

    [Fact]
    public async Task BOUNCE_6_an_error_mail_is_queued_for_the_local_senders_mailbox()
    {
        await using var scene = await QueueScene.StartAsync(("domain.table", "example.jp local"));
        await scene.AddAccountAsync("taro@example.jp", limit: 1);
        scene.Recorder.FailLocally(await scene.OwnedAsync("taro@example.jp"), "550 5.1.1 User unknown");
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the outcome is written");
        Assert.Equal("[local]", await scene.Database.ScalarAsync<string>("SELECT destination FROM recipient WHERE forward_path = 'taro@example.jp'"));
    }

    [Fact]
    public async Task BOUNCE_3_the_administrator_gets_an_error_mail_of_his_own()
    {
        await using var scene = await QueueScene.StartAsync(("domain.table", "example.jp local"), ("bounce.copy_to_admin", "true"), ("admin.address", "admin@example.jp"));
        await scene.AddAccountAsync("admin@example.jp");
        await scene.AddAccountAsync("taro@example.jp");
        var work = await scene.OwnedAsync("taro@example.jp");
        scene.Recorder.FailLocally(work, "550 5.1.1 User unknown");
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the outcome is written");
        Assert.Equal($"{work.Mail.Id}-E001 taro@example.jp [local],{work.Mail.Id}-EP001 admin@example.jp [local]", await scene.Database.ScalarAsync<string>(
            "SELECT string_agg(concat_ws(' ', name, forward_path, destination), ',' ORDER BY name) FROM mail JOIN recipient ON mail_id = id WHERE reverse_path = ''"));
    }

    [Fact]
    public async Task BOUNCE_4_without_an_account_to_return_it_to_only_the_administrator_gets_the_error_mail()
    {
        await using var scene = await QueueScene.StartAsync(("domain.table", "example.jp local"), ("admin.address", "admin@example.jp"));
        await scene.AddAccountAsync("admin@example.jp");
        scene.Recorder.FailLocally(await scene.OwnedAsync("gone@example.jp"), "550 5.1.1 User unknown");
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the outcome is written");
        Assert.Equal("admin@example.jp", await scene.Database.ScalarAsync<string>("SELECT string_agg(forward_path, ',') FROM recipient"));
    }

    [Fact]
    public async Task RECV_26_NOTIFY_SUCCESS_is_answered_with_delivered_for_a_mailbox()
    {
        await using var scene = await QueueScene.StartAsync();
        await DeliverAsync(scene, await WorkAsync(scene, "s@example.net", r => r with { Notify = Notify.Success }, InMailbox(Taro())));
        var report = System.Text.Encoding.UTF8.GetString(await scene.Database.ScalarAsync<byte[]>("SELECT content FROM mail WHERE reverse_path = ''"));
        Assert.Contains("Action: delivered", report, StringComparison.Ordinal);
        Assert.Equal(1, await scene.CountAsync("mailbox_message"));
    }

    [Fact]
    public async Task P4_a_connection_cut_inside_the_commit_leaves_exactly_one_copy()
    {
        await using var scene = await QueueScene.StartAsync();
        // A deferred constraint is checked inside COMMIT.
        await scene.Database.ExecuteAsync("""
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON mailbox_message DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold();
            """);
        var work = await WorkAsync(scene, "s@example.net", null, InMailbox(Taro()), InMailbox(Taro() with { Id = 8 }));
        Parts(scene).Delivery.Deliver(work);
        const string Held = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
        await scene.ReachesAsync(1, Held["FROM ".Length..]);
        await scene.Database.ExecuteAsync("CREATE OR REPLACE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$");
        await scene.Database.ExecuteAsync($"SELECT pg_terminate_backend(pid) {Held}");

        await Until.TrueAsync(() => scene.Written == 2, QueueScene.Patience, "the outcome is written by a second try");
        Assert.Equal((2L, 1L, 2L, 0L), (await scene.CountAsync("mailbox_message"), await scene.CountAsync("mailbox_content"), await scene.CountAsync("history"), await scene.CountAsync("recipient")));
        Assert.Equal(2, await scene.Database.ScalarAsync<long>("SELECT sum(messages)::bigint FROM mailbox"));
    }

    [Fact]
    public async Task P4_the_outcome_of_a_fenced_node_leaves_no_copy_and_no_word_of_a_duplicate()
    {
        await using var scene = await QueueScene.StartAsync();
        var work = await WorkAsync(scene, "s@example.net", null, InMailbox(Taro()));
        await scene.FenceAsync(work.Lease.Epoch);
        await DeliverAsync(scene, work);
        Assert.Equal((0L, 0L, 1L), (await scene.CountAsync("mailbox_message"), await scene.CountAsync("event WHERE kind = 'possible-duplicate'"), await scene.CountAsync("recipient WHERE state = 'queued'")));
    }
}

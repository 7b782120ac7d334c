using System.Security.Cryptography;
using ClusterMail.Protocol;

namespace ClusterMail.Store.Tests;

public sealed class MailboxStoreTests
{
    private const string Prefix = "Return-Path: <sender@example.jp>\r\n";
    private static readonly string[] Three = ["taro@example.jp", "hanako@example.jp", "jiro@example.jp"];

    private static Conclusion Into(RecipientKey key, long account, string? forwardPath = null) => new()
    {
        Key = key,
        State = RecipientState.Delivered,
        Reply = "250 2.1.5 Delivered to the mailbox",
        Rule = "ROUTE-1 row 2",
        IntoMailbox = new MailboxPlace(account, Prefix),
        ForwardPath = forwardPath,
    };

    private static async Task<byte[]> ReadAsync(MailContent content)
    {
        using var whole = new MemoryStream();
        await using var stream = content.OpenRead();
        await stream.CopyToAsync(whole);
        Assert.Equal(content.Length, whole.Length);
        return whole.ToArray();
    }

    private static async Task<MailboxMessage> OnlyMessageAsync(MailboxStore boxes, long account) =>
        Assert.Single(await boxes.MessagesAsync(Assert.Single(await boxes.FoldersAsync(account, default)).Id, 0, default));

    [Fact]
    public async Task EX_DELIV_1_a_delivered_mail_is_one_row_in_the_mailbox_and_the_queue_is_empty()
    {
        await using var scene = await Scene.StartAsync();
        var boxes = new MailboxStore(scene.Database.Source);
        var key = await scene.AcceptOwnedAsync("info@example.jp");

        Assert.Empty((await scene.RecordAsync(Into(key, 7, "taro@example.jp"))).Late);

        Assert.Equal((0L, 0L, 1L), (await scene.CountAsync("recipient"), await scene.CountAsync("mail"), await scene.CountAsync("history WHERE outcome = 'delivered'")));
        Assert.Equal("taro@example.jp", await scene.Database.ScalarAsync<string>("SELECT forward_path FROM history"));
        var message = await OnlyMessageAsync(boxes, 7);
        Assert.Equal((1L, "sender@example.jp", "taro@example.jp", MessageFlags.None), (message.Uid, message.ReversePath, message.Recipient, message.Flags));
        Assert.Equal($"{Prefix}Subject: x\r\n\r\nHello\r\n", System.Text.Encoding.ASCII.GetString(await ReadAsync(boxes.Content(message))));
    }

    [Fact]
    public async Task QUOTA_2_usage_is_kept_with_every_delivery_and_counts_what_a_reader_gets()
    {
        await using var scene = await Scene.StartAsync();
        var boxes = new MailboxStore(scene.Database.Source);
        Assert.Equal(default, await boxes.UsageAsync(7, default));
        var one = "Subject: x\r\n\r\nHello\r\n".Length + Prefix.Length;

        await scene.RecordAsync(Into(await scene.AcceptOwnedAsync(), 7), Into(await scene.AcceptOwnedAsync(), 7), Into(await scene.AcceptOwnedAsync(), 8));
        await scene.RecordAsync(Into(await scene.AcceptOwnedAsync(), 7));

        Assert.Equal(new MailboxUsage(3 * one, 3), await boxes.UsageAsync(7, default));
        Assert.Equal(new MailboxUsage(one, 1), await boxes.UsageAsync(8, default));
        var folder = Assert.Single(await boxes.FoldersAsync(7, default));
        Assert.Equal(("INBOX", 4L, 3L, new MailboxUsage(3 * one, 3)), (folder.Name, folder.UidNext, folder.ModSeq, folder.Usage));
        Assert.Equal([(1L, 2L), (2L, 2L), (3L, 3L)], (await boxes.MessagesAsync(folder.Id, 0, default)).Select(m => (m.Uid, m.ModSeq)));
        Assert.Equal([3L], (await boxes.MessagesAsync(folder.Id, 2, default)).Select(m => m.Uid));
        Assert.NotEqual(folder.UidValidity, Assert.Single(await boxes.FoldersAsync(8, default)).UidValidity);
    }

    [Fact]
    public async Task DELIV_10_the_content_is_stored_once_and_goes_with_the_last_message_that_has_it()
    {
        await using var scene = await Scene.StartAsync();
        var boxes = new MailboxStore(scene.Database.Source);
        var mail = await scene.MailAsync(owned: true, Three);
        await scene.Queue.AcceptAsync(scene.Epoch, [mail], default);
        RecipientKey Key(short ordinal) => new(mail.Id.Number, ordinal);

        await scene.RecordAsync(Into(Key(0), 1), Into(Key(1), 2));
        Assert.Equal((1L, 1L, 2L), (await scene.CountAsync("mailbox_content"), await scene.CountAsync("mailbox_piece"), await scene.CountAsync("mailbox_message")));
        await scene.RecordAsync(Into(Key(2), 3));
        Assert.Equal((1L, 1L, 3L), (await scene.CountAsync("mailbox_content"), await scene.CountAsync("mailbox_piece"), await scene.CountAsync("mailbox_message")));
        Assert.Equal(0, await scene.CountAsync("mail"));

        Assert.Equal(1, await boxes.PurgeAsync(1, default));
        Assert.Equal(1, await boxes.PurgeAsync(3, default));
        Assert.Equal((1L, 1L, default), (await scene.CountAsync("mailbox_content"), await scene.CountAsync("mailbox_piece"), await boxes.UsageAsync(1, default)));
        Assert.Equal($"{Prefix}Subject: x\r\n\r\nHello\r\n".Length, (await ReadAsync(boxes.Content(await OnlyMessageAsync(boxes, 2)))).Length);
        Assert.Equal(1, await boxes.PurgeAsync(2, default));
        Assert.Equal((0L, 0L, 0L), (await scene.CountAsync("mailbox_content"), await scene.CountAsync("mailbox_piece"), await scene.CountAsync("mailbox")));
    }

    [Fact]
    public async Task DELIV_10_a_large_mail_goes_from_table_to_table_in_its_chunks()
    {
        await using var scene = await Scene.StartAsync();
        var boxes = new MailboxStore(scene.Database.Source);
        var octets = RandomNumberGenerator.GetBytes(3 * 256 * 1024 + 17);
        var mail = await scene.MailAsync(owned: true, Three) with { Content = new MemoryContent(octets) };
        await scene.Queue.AcceptLargeAsync(scene.Epoch, mail, default);

        await scene.RecordAsync(Into(new RecipientKey(mail.Id.Number, 0), 1), Into(new RecipientKey(mail.Id.Number, 1), 2));

        Assert.Equal((1L, 4L), (await scene.CountAsync("mailbox_content"), await scene.CountAsync("mailbox_piece")));
        var read = await ReadAsync(boxes.Content(await OnlyMessageAsync(boxes, 2)));
        Assert.Equal(Prefix, System.Text.Encoding.ASCII.GetString(read.AsSpan(0, Prefix.Length)));
        Assert.Equal(octets, read[Prefix.Length..]);
    }

    [Fact]
    public async Task DELIV_10_a_copy_that_takes_longer_than_statements_may_is_given_the_time()
    {
        await using var scene = await Scene.StartAsync();
        var key = await scene.AcceptOwnedAsync();
        // Slower than a statement of this pool may be; the size is what is told of the mail.
        await scene.Database.ExecuteAsync("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.5); RETURN NEW; END $$");
        await scene.Database.ExecuteAsync("CREATE TRIGGER slow BEFORE INSERT ON mailbox_piece FOR EACH ROW EXECUTE FUNCTION slow()");
        await using var source = Npgsql.NpgsqlDataSource.Create(scene.Database.ConnectionString + ";Options=-c statement_timeout=1s;Command Timeout=1");
        var queue = new QueueStore(source);
        await Assert.ThrowsAnyAsync<Exception>(() => queue.RecordAsync(scene.Epoch, [Into(key, 7)], [], default));
        var large = Into(key, 7) with { IntoMailbox = new MailboxPlace(7, Prefix, Octets: 100_000_000) };
        Assert.Empty((await queue.RecordAsync(scene.Epoch, [large], [], default)).Late);
        Assert.Equal(1, await scene.CountAsync("mailbox_message"));
    }

    [Fact]
    public async Task P4_a_recipient_that_is_no_longer_owned_gets_no_copy_and_a_fenced_node_delivers_nothing()
    {
        await using var scene = await Scene.StartAsync();
        var lost = await scene.AcceptOwnedAsync();
        var kept = await scene.AcceptOwnedAsync();
        await scene.RecordAsync(new Conclusion { Key = lost, State = RecipientState.Queued });

        Assert.Equal([lost], (await scene.RecordAsync(Into(lost, 7), Into(kept, 7))).Late);
        Assert.Equal((1L, 1L), (await scene.CountAsync("mailbox_message"), await scene.CountAsync("mailbox_content")));
        Assert.Equal([lost, kept], (await scene.RecordAsync(Into(lost, 7), Into(kept, 7))).Late.Order(Comparer<RecipientKey>.Create((a, b) => a.Mail.CompareTo(b.Mail))));
        Assert.Equal(1, await scene.CountAsync("mailbox_message"));

        var third = await scene.AcceptOwnedAsync();
        await scene.ExpireAsync(scene.Epoch);
        await scene.Database.ExecuteAsync("UPDATE node SET fenced_at = now() WHERE epoch = $1", scene.Epoch);
        await Assert.ThrowsAsync<EpochFencedException>(() => scene.RecordAsync(Into(third, 7)));
        Assert.Equal((1L, 2L), (await scene.CountAsync("mailbox_message"), await scene.CountAsync("recipient")));
    }

    [Fact]
    public async Task P2_two_nodes_deliver_recipients_of_the_same_mails_into_the_same_boxes_side_by_side()
    {
        await using var scene = await Scene.StartAsync();
        var second = await Scene.RegisterAsync(scene.Nodes, "node2");
        var other = new QueueStore(scene.Database.Open("clustermaild node2", second));
        var mails = new List<NewMail>();
        for (var i = 0; i < 40; i++)
            mails.Add(await scene.MailAsync(owned: true, Three[0], Three[1]));
        await scene.Queue.AcceptAsync(scene.Epoch, mails, default);
        await scene.Database.ExecuteAsync("UPDATE recipient SET owner = $1 WHERE ordinal = 1", second);

        // Boxes 1 and 2 are met by both in opposite orders, every content by both.
        await Task.WhenAll(
            Task.Run(async () => { foreach (var part in mails.Chunk(5)) await scene.RecordAsync([.. part.Select((m, i) => Into(new RecipientKey(m.Id.Number, 0), 1 + i % 2))]); }),
            Task.Run(async () => { foreach (var part in mails.AsEnumerable().Reverse().Chunk(5)) await other.RecordAsync(second, [.. part.Select((m, i) => Into(new RecipientKey(m.Id.Number, 1), 2 - i % 2))], [], default); }));

        Assert.Equal((80L, 40L, 40L, 0L), (await scene.CountAsync("mailbox_message"), await scene.CountAsync("mailbox_content WHERE messages = 2"),
            await scene.CountAsync("mailbox_piece"), await scene.CountAsync("recipient")));
        Assert.Equal(80L, await scene.Database.ScalarAsync<long>("SELECT sum(messages)::bigint FROM mailbox"));
        Assert.Equal(0, await scene.CountAsync("mailbox_folder f WHERE uid_next <> 1 + (SELECT count(*) FROM mailbox_message m WHERE m.folder_id = f.id)"));
    }

    [Fact]
    public async Task ACCT_4_the_mailbox_of_an_account_that_is_gone_for_good_is_removed()
    {
        await using var scene = await Scene.StartAsync();
        var boxes = new MailboxStore(scene.Database.Source);
        var account = await scene.Database.ScalarAsync<long>("INSERT INTO account (changed, domain, name) VALUES (next_directory_version(), 'example.jp', 'taro') RETURNING id");
        await scene.RecordAsync(Into(await scene.AcceptOwnedAsync(), account), Into(await scene.AcceptOwnedAsync(), account + 1));

        Assert.Equal(1, await boxes.PurgeOrphansAsync(default));
        Assert.Equal((1L, 1L), (await scene.CountAsync("mailbox"), await scene.CountAsync("mailbox_message")));
        Assert.Equal(1, (await boxes.UsageAsync(account, default)).Messages);
    }
}

using System.Security.Cryptography;
using ClusterMail.Protocol;
using ClusterMail.Store.Content;

namespace ClusterMail.Store.Tests;

/// <summary>Contents of queue and mailboxes sealed on demand (DELIV-11, CONF-7): each read in the form it was stored with, and by nobody without the key.</summary>
public sealed class ContentAtRestTests
{
    private static readonly byte[] First = RandomNumberGenerator.GetBytes(32);
    private static readonly byte[] Second = RandomNumberGenerator.GetBytes(32);

    /// <summary>The switch of these tests; a class of its own, so that a test can turn it.</summary>
    private sealed class Switch
    {
        public bool IsOn { get; set; } = true;

        public ContentKeys Keys(params byte[][] keys) => new(() => IsOn, [.. keys.Select(key => new ContentKey(key))]);
    }

    private static QueueStore Queue(Scene scene, ContentKeys keys) => new(scene.Database.Open("clustermaild node1", scene.Epoch), keys);

    private static byte[] Octets(int size)
    {
        // Text that is found again where it lies open.
        var octets = new byte[size];
        for (var i = 0; i < size; i++)
            octets[i] = (byte)"In clear text. "[i % 15];
        return octets;
    }

    private static async Task<byte[]> ReadAsync(MailContent content)
    {
        using var whole = new MemoryStream();
        await using var stream = content.OpenRead();
        await stream.CopyToAsync(whole);
        return whole.ToArray();
    }

    private static Conclusion Into(long mail, long account) => new()
    {
        Key = new RecipientKey(mail, 0),
        State = RecipientState.Delivered,
        Reply = "250 2.1.5 Delivered to the mailbox",
        IntoMailbox = new MailboxPlace(account, "Return-Path: <x@example.jp>\r\n"),
    };

    private static async Task<long> AcceptAsync(Scene scene, QueueStore queue, byte[] octets, bool large = false)
    {
        var mail = await scene.MailAsync(owned: true, "a@example.net") with { Content = new MemoryContent(octets) };
        if (large)
            await queue.AcceptLargeAsync(scene.Epoch, mail, default);
        else
            await queue.AcceptAsync(scene.Epoch, [mail], default);
        return mail.Id.Number;
    }

    private static Task<long> InClearAsync(Scene scene) => scene.Database.ScalarAsync<long>("""
        SELECT (SELECT count(*) FROM mail WHERE position('clear text'::bytea IN content) > 0) + (SELECT count(*) FROM mail_chunk WHERE position('clear text'::bytea IN data) > 0)
             + (SELECT count(*) FROM mailbox_piece WHERE position('clear text'::bytea IN data) > 0)
        """);

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(8_064, false)]
    [InlineData(100_000, false)]
    [InlineData(262_144, false)]
    [InlineData(262_145, false)]
    [InlineData(700_000, false)]
    [InlineData(40, true)]
    [InlineData(524_288, true)]
    [InlineData(3_000_000, true)]
    public async Task DELIV_11_a_sealed_content_is_delivered_byte_by_byte_and_stands_nowhere_in_clear(int size, bool large)
    {
        await using var scene = await Scene.StartAsync();
        var (keys, octets) = (new Switch().Keys(First), Octets(size));
        var queue = Queue(scene, keys);
        var mail = await AcceptAsync(scene, queue, octets, large);
        Assert.Equal(keys.Current, await scene.Database.ScalarAsync<string>("SELECT sealed_with FROM mail"));
        Assert.Equal((long)size, await scene.Database.ScalarAsync<long>("SELECT size FROM mail"));
        Assert.Equal(octets, await ReadAsync((await queue.ReadContentAsync(mail, 1 << 20, default))!));
        Assert.Equal(octets, await ReadAsync((await queue.ReadContentAsync(mail, 10, default))!));

        await queue.RecordAsync(scene.Epoch, [Into(mail, 7)], [], default);

        var boxes = new MailboxStore(scene.Database.Source, keys);
        var message = Assert.Single(await boxes.MessagesAsync(Assert.Single(await boxes.FoldersAsync(7, default)).Id, 0, default));
        byte[] whole = [.. "Return-Path: <x@example.jp>\r\n"u8, .. octets];
        Assert.Equal(whole, await ReadAsync(boxes.Content(message)));
        Assert.Equal(0, await InClearAsync(scene));
    }

    [Fact]
    public async Task DELIV_11_what_was_stored_before_the_switch_and_after_it_is_read_in_the_form_it_has()
    {
        await using var scene = await Scene.StartAsync();
        var turn = new Switch { IsOn = false };
        var keys = turn.Keys(First);
        var queue = Queue(scene, keys);
        var plain = await AcceptAsync(scene, queue, Octets(100));
        turn.IsOn = true;
        var closed = await AcceptAsync(scene, queue, Octets(101));
        turn.IsOn = false;
        var again = await AcceptAsync(scene, queue, Octets(102));
        Assert.Equal(2, await InClearAsync(scene));
        foreach (var (mail, size) in new[] { (plain, 100), (closed, 101), (again, 102) })
            Assert.Equal(Octets(size), (await queue.ReadContentAsync(mail, 1000, default))!.Memory!.Value.ToArray());
        Assert.Equal([("queue", keys.Current!, 1L)], (await new SealedContents(scene.Database.Source).CountAsync(default)).Select(c => (c.Place, c.Key, c.Contents)));
    }

    [Theory]
    [InlineData(50)]
    [InlineData(16_384)]
    public async Task DELIV_11_a_claim_brings_a_small_sealed_content_opened_and_leaves_one_it_cannot_open(int size)
    {
        await using var scene = await Scene.StartAsync();
        var keys = new Switch().Keys(First);
        var mail = await scene.MailAsync(owned: false, "a@example.net") with { Content = new MemoryContent(Octets(size)) };
        await Queue(scene, keys).AcceptAsync(scene.Epoch, [mail], default);
        var claimed = Assert.Single(await Queue(scene, new Switch().Keys(Second)).ClaimAsync(scene.Epoch, 10, 10, [], default));
        Assert.Null(claimed.Mail.TakeContent());
        await scene.Database.ExecuteAsync("UPDATE recipient SET owner = NULL, state = 'queued', next_try = now()");
        claimed = Assert.Single(await Queue(scene, keys).ClaimAsync(scene.Epoch, 10, 10, [], default));
        Assert.Equal(Octets(size), claimed.Mail.TakeContent()!.Memory!.Value.ToArray());
    }

    [Fact]
    public async Task DELIV_11_after_a_change_of_key_the_new_one_seals_and_the_old_one_still_opens()
    {
        await using var scene = await Scene.StartAsync();
        var turn = new Switch();
        var before = await AcceptAsync(scene, Queue(scene, turn.Keys(First)), Octets(60));
        var queue = Queue(scene, turn.Keys(Second, First));
        var after = await AcceptAsync(scene, queue, Octets(61));
        Assert.Equal(Octets(60), await ReadAsync((await queue.ReadContentAsync(before, 1000, default))!));
        Assert.Equal(Octets(61), await ReadAsync((await queue.ReadContentAsync(after, 1000, default))!));
        Assert.Equal(new ContentKey(Second).Name, await scene.Database.ScalarAsync<string>("SELECT sealed_with FROM mail ORDER BY id DESC LIMIT 1"));
    }

    [Fact]
    public async Task DELIV_11_without_the_key_nothing_is_read_or_stored_and_nothing_is_lost()
    {
        await using var scene = await Scene.StartAsync();
        var turn = new Switch();
        var mail = await AcceptAsync(scene, Queue(scene, turn.Keys(First)), Octets(60));
        var missed = new List<string>();
        var without = turn.Keys();
        without.Missed += missed.Add;
        Assert.True(without.IsLacking);
        var queue = Queue(scene, without);
        Assert.Equal(new ContentKey(First).Name, (await Assert.ThrowsAsync<ContentClosedException>(() => queue.ReadContentAsync(mail, 1000, default))).Key);
        await Assert.ThrowsAsync<ContentClosedException>(() => AcceptAsync(scene, queue, Octets(61)));
        await Assert.ThrowsAsync<ContentClosedException>(() => AcceptAsync(scene, queue, Octets(61), large: true));
        Assert.Equal([new ContentKey(First).Name], missed);
        Assert.Equal((1L, 0L), (await scene.CountAsync("mail"), await InClearAsync(scene)));
    }

    [Theory]
    [InlineData("UPDATE mail_chunk a SET data = b.data FROM mail_chunk b WHERE a.mail_id = b.mail_id AND a.seq = 1 - b.seq")]
    [InlineData("UPDATE mail_chunk SET data = set_byte(data, 100, get_byte(data, 100) # 1) WHERE seq = 1")]
    [InlineData("UPDATE mail_chunk a SET data = b.data FROM mail_chunk b WHERE a.mail_id <> b.mail_id AND a.seq = b.seq")]
    [InlineData("UPDATE mail SET sealed_with = 'ffffffff'")]
    public async Task DELIV_11_pieces_that_were_swapped_changed_or_moved_are_not_taken_for_the_content(string harm)
    {
        await using var scene = await Scene.StartAsync();
        var queue = Queue(scene, new Switch().Keys(First));
        var octets = Octets(400_000);
        var mail = await AcceptAsync(scene, queue, octets, large: true);
        await AcceptAsync(scene, queue, octets, large: true);
        await scene.Database.ExecuteAsync(harm);
        await Assert.ThrowsAsync<ContentClosedException>(async () => await ReadAsync((await queue.ReadContentAsync(mail, 10, default))!));
    }

    [Fact]
    public async Task DELIV_11_a_message_imported_into_a_mailbox_is_sealed_too()
    {
        await using var scene = await Scene.StartAsync();
        var keys = new Switch().Keys(First);
        var file = new ImportedFile("INBOX", DateTimeOffset.UtcNow, MessageFlags.None, "a@example.net", "taro@example.jp");
        Assert.Equal(1, await new MailboxImport(scene.Database.Source, scene.Queue, keys).ImportAsync(7, file, new MemoryStream(Octets(600_000)), default));
        var boxes = new MailboxStore(scene.Database.Source, keys);
        var message = Assert.Single(await boxes.MessagesAsync(Assert.Single(await boxes.FoldersAsync(7, default)).Id, 0, default));
        Assert.Equal(Octets(600_000), await ReadAsync(boxes.Content(message)));
        Assert.Equal(0, await InClearAsync(scene));
        Assert.Throws<ContentClosedException>(() => new MailboxStore(scene.Database.Source).Content(message).OpenRead());
        Assert.Equal("mailboxes", Assert.Single(await new SealedContents(scene.Database.Source).CountAsync(default)).Place);
    }
}

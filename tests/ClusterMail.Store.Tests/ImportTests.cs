using ClusterMail.Protocol;

namespace ClusterMail.Store.Tests;

/// <summary>What comes out of files of the original: each message and each queued mail once, whole, and with what was known of it (ADMIN-52, QUEUE-7).</summary>
public sealed class ImportTests
{
    private static readonly DateTimeOffset At = new(2025, 11, 14, 1, 0, 0, TimeSpan.Zero);

    private static ImportedFile File(string folder = "INBOX", MessageFlags flags = MessageFlags.None) => new(folder, At, flags, "a@example.net", "taro@example.jp");

    private static Task<long?> ImportAsync(Scene scene, byte[] content, ImportedFile? file = null) =>
        new MailboxImport(scene.Database.Source, scene.Queue).ImportAsync(7, file ?? File(), new MemoryStream(content), default);

    private static async Task<byte[]> ReadAsync(MailContent content)
    {
        using var whole = new MemoryStream();
        await using var stream = content.OpenRead();
        await stream.CopyToAsync(whole);
        return whole.ToArray();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(256 * 1024)]
    [InlineData(256 * 1024 + 1)]
    [InlineData(3 * 1024 * 1024)]
    public async Task ADMIN_52_a_message_is_kept_octet_by_octet_with_flags_date_and_usage(int size)
    {
        await using var scene = await Scene.StartAsync();
        var boxes = new MailboxStore(scene.Database.Source);
        var content = new byte[size];
        Random.Shared.NextBytes(content);

        Assert.Equal(1, await ImportAsync(scene, content, File("Sent/2025", MessageFlags.Seen | MessageFlags.Answered)));

        var folder = Assert.Single(await boxes.FoldersAsync(7, default));
        var message = Assert.Single(await boxes.MessagesAsync(folder.Id, 0, default));
        Assert.Equal(("Sent/2025", 2L, At, MessageFlags.Seen | MessageFlags.Answered, "a@example.net", (long)size), (folder.Name, folder.UidNext, message.InternalDate, message.Flags, message.ReversePath, message.Size));
        Assert.Equal(content, await ReadAsync(boxes.Content(message)));
        Assert.Equal(new MailboxUsage(size, 1), await boxes.UsageAsync(7, default));
        Assert.Equal(new MailboxUsage(size, 1), folder.Usage);
    }

    [Fact]
    public async Task ADMIN_52_the_same_octets_come_once_into_a_folder_even_when_their_owner_has_removed_them()
    {
        await using var scene = await Scene.StartAsync();
        var content = "Subject: x\r\n\r\n"u8.ToArray();
        Assert.Equal(1, await ImportAsync(scene, content));
        Assert.Null(await ImportAsync(scene, content));
        Assert.Equal(1, await ImportAsync(scene, content, File("Sent")));
        Assert.Equal((2L, 2L, 2L), (await scene.CountAsync("mailbox_message"), await scene.CountAsync("mailbox_piece"), await scene.CountAsync("mailbox_content")));

        await scene.Database.ExecuteAsync("DELETE FROM mailbox_message");
        Assert.Null(await ImportAsync(scene, content));
        var import = new MailboxImport(scene.Database.Source, scene.Queue);
        var hash = System.Security.Cryptography.SHA256.HashData(content);
        Assert.Equal([0, 2], (await import.KnownAsync(7, [("INBOX", hash), ("Other", hash), ("Sent", hash)], default)).Order());
        Assert.Empty(await import.KnownAsync(8, [("INBOX", hash)], default));
    }

    [Fact]
    public async Task ADMIN_52_copies_sent_at_once_are_one_message()
    {
        await using var scene = await Scene.StartAsync();
        var content = "Subject: x\r\n\r\n"u8.ToArray();
        var uids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ImportAsync(scene, content)));
        Assert.Equal(1, Assert.Single(uids, uid => uid is not null));
        Assert.Equal(1, await scene.CountAsync("mailbox_message"));
    }

    [Fact]
    public async Task ADMIN_52_what_was_imported_is_forgotten_with_the_mailbox()
    {
        await using var scene = await Scene.StartAsync();
        await ImportAsync(scene, "x"u8.ToArray());
        Assert.Equal(1, await new MailboxStore(scene.Database.Source).PurgeAsync(7, default));
        Assert.Equal((0L, 0L, 0L), (await scene.CountAsync("imported_message"), await scene.CountAsync("mailbox_piece"), await scene.CountAsync("mailbox")));
    }

    private static async Task<long?> QueueAsync(Scene scene, byte[] pair, int attempts, FailureClass @class, string? reply, string recipient = "w@example.net")
    {
        var mail = await scene.MailAsync(owned: false, recipient);
        return await scene.Queue.ImportAsync(scene.Epoch, mail, new ImportedQueueMail(pair, DateTimeOffset.UtcNow.AddHours(-5), attempts, @class, reply), default);
    }

    [Fact]
    public async Task QUEUE_7_a_pair_is_queued_once_and_goes_on_with_its_attempts_class_and_age()
    {
        await using var scene = await Scene.StartAsync();
        Assert.Null(await QueueAsync(scene, [1], 3, FailureClass.LineError, "451 error in processing"));
        Assert.NotNull(await QueueAsync(scene, [1], 3, FailureClass.LineError, "451 error in processing"));
        Assert.Equal((1L, 1L), (await scene.CountAsync("mail"), await scene.CountAsync("recipient WHERE state = 'waiting'")));

        var claimed = Assert.Single(await scene.ClaimAsync());
        Assert.Equal((3, 0, FailureClass.LineError, "451 error in processing"), (claimed.Attempts, claimed.Refusals, claimed.LastClass, claimed.LastReply));
        Assert.InRange(claimed.SinceFirstAttempt!.Value, TimeSpan.FromHours(5), TimeSpan.FromHours(5.1));
    }

    [Fact]
    public async Task QUEUE_7_a_pair_never_tried_is_queued_as_one_and_refusals_are_counted_as_such()
    {
        await using var scene = await Scene.StartAsync();
        await QueueAsync(scene, [1], 0, FailureClass.None, null);
        await QueueAsync(scene, [2], 2, FailureClass.Refused, "550 no", "v@example.org");
        Assert.Equal((1L, 1L), (await scene.CountAsync("recipient WHERE state = 'queued' AND started_at IS NULL"), await scene.CountAsync("recipient WHERE refusals = 2 AND state = 'waiting'")));
        Assert.Equal(2L, await scene.Database.ScalarAsync<long>("SELECT counter FROM wake_up"));
    }

    [Fact]
    public async Task QUEUE_7_under_a_fenced_epoch_nothing_is_queued_and_nothing_counts_as_imported()
    {
        await using var scene = await Scene.StartAsync();
        await scene.ExpireAsync(scene.Epoch);
        await scene.Database.ExecuteAsync("UPDATE node SET fenced_at = now()");
        await Assert.ThrowsAsync<EpochFencedException>(() => QueueAsync(scene, [1], 0, FailureClass.None, null));
        Assert.Equal((0L, 0L), (await scene.CountAsync("mail"), await scene.CountAsync("imported_mail")));
    }
}

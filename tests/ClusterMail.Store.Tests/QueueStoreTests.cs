using ClusterMail.Protocol;
using Npgsql;

namespace ClusterMail.Store.Tests;

public sealed class QueueStoreTests
{
    private static readonly string[] TwoDomains = ["a@example.net", "b@example.net", "c@example.org"];

    [Fact]
    public async Task P1_what_was_accepted_is_claimed_with_all_that_was_said_of_it()
    {
        await using var scene = await Scene.StartAsync();
        var mail = await scene.MailAsync(owned: false, TwoDomains);
        await scene.Queue.AcceptAsync(scene.Epoch, [mail with { Name = "B0000000001-R0001-E001" }], default);

        var claimed = await scene.ClaimAsync();

        Assert.Equal(TwoDomains, claimed.OrderBy(c => c.Key.Ordinal).Select(c => c.ForwardPath));
        var first = claimed.Single(c => c.Key.Ordinal == 0);
        Assert.Equal((Notify.Failure, "rfc822;a@example.net", "example.net"), (first.Notify, first.OriginalRecipient, first.Destination));
        Assert.Equal((0, 0, FailureClass.None, null, null), (first.Attempts, first.Refusals, first.LastClass, first.LastReply, first.SinceFirstAttempt));
        Assert.False(first.BounceNow);
        Assert.Equal("B0000000001-R0001-E001", first.Mail.PrintedName);
        Assert.Equal(mail.Id, first.Mail.Id);
        Assert.Equal(
            ("sender@example.jp", mail.Content.Length, BodyType.EightBitMime, true, true, Ret.Headers, "E1"),
            (first.Mail.ReversePath, first.Mail.Size, first.Mail.Body, first.Mail.SmtpUtf8, first.Mail.Has8Bit, first.Mail.Ret, first.Mail.EnvelopeId));
        using var content = await scene.Queue.ReadContentAsync(mail.Id.Number, 1 << 20, default);
        Assert.Equal(mail.Content.Memory!.Value.ToArray(), content!.Memory!.Value.ToArray());
        Assert.Empty(await scene.ClaimAsync());
    }

    [Fact]
    public async Task P2_a_delivered_recipient_leaves_for_the_history_and_the_last_one_takes_the_mail_along()
    {
        await using var scene = await Scene.StartAsync();
        var mail = await scene.MailAsync(owned: true, TwoDomains);
        await scene.Queue.AcceptAsync(scene.Epoch, [mail], default);
        var delivered = new Conclusion
        {
            Key = new RecipientKey(mail.Id.Number, 0),
            State = RecipientState.Delivered,
            Reply = "250 2.0.0 ok",
            RemoteHost = "mx.example.net",
            RemoteAddress = "192.0.2.9",
            RemotePort = 25,
            TlsVersion = "TLSv1.3",
            Rule = "ROUTE-1 row 6",
            Dialogue = ["EHLO a", "250 b"],
        };

        Assert.Empty((await scene.RecordAsync(delivered)).Late);
        Assert.Equal((2L, 1L, 1L), (await scene.CountAsync("recipient"), await scene.CountAsync("mail"), await scene.CountAsync("history")));
        Assert.Equal(
            "delivered|a@example.net|sender@example.jp|node1|node1|1|192.0.2.1|25|client.example.jp|sender|mx.example.net|192.0.2.9|25|TLSv1.3|ROUTE-1 row 6|EHLO a,250 b",
            await scene.Database.ScalarAsync<string>("""
                SELECT concat_ws('|', outcome, forward_path, reverse_path, node, accepted_node, attempts, client_address, local_port, helo, auth,
                                 remote_host, remote_address, remote_port, tls, rule, array_to_string(dialogue, ',')) FROM history
                """));

        await scene.RecordAsync(
            delivered with { Key = new RecipientKey(mail.Id.Number, 1) },
            delivered with { Key = new RecipientKey(mail.Id.Number, 2), State = RecipientState.Failed, Reply = "550 5.1.1 no" });
        Assert.Equal((0L, 0L, 3L), (await scene.CountAsync("recipient"), await scene.CountAsync("mail"), await scene.CountAsync("history")));
        Assert.Equal("550 5.1.1 no", await scene.Database.ScalarAsync<string>("SELECT reply FROM history WHERE outcome = 'failed'"));
    }

    [Fact]
    public async Task RETRY_8_the_next_try_counts_from_the_first_attempt_and_classes_are_counted()
    {
        await using var scene = await Scene.StartAsync();
        var key = await scene.AcceptOwnedAsync();
        var waiting = new Conclusion { Key = key, State = RecipientState.Waiting, RetryAfter = TimeSpan.FromSeconds(120), Class = FailureClass.Refused, Reply = "550 no" };
        await scene.RecordAsync(waiting);
        Assert.True(await scene.Database.ScalarAsync<bool>(
            "SELECT next_try = started_at + interval '120 seconds' AND state = 'waiting' AND owner IS NULL AND attempt = 1 AND refusals = 1 FROM recipient"));
        Assert.Empty(await scene.ClaimAsync());

        await scene.Database.ExecuteAsync("UPDATE recipient SET next_try = now(), started_at = started_at - interval '2 minutes'");
        var again = Assert.Single(await scene.ClaimAsync());
        Assert.Equal((1, 1, FailureClass.Refused, "550 no"), (again.Attempts, again.Refusals, again.LastClass, again.LastReply));
        Assert.InRange(again.SinceFirstAttempt!.Value, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(3));

        await scene.RecordAsync(waiting with { RetryAfter = TimeSpan.FromSeconds(360), Class = FailureClass.LineError, Reply = "451 later", Destination = "[gw]:25" });
        Assert.Equal("2 1 2 451 later [gw]:25 t", await scene.Database.ScalarAsync<string>(
            "SELECT concat_ws(' ', attempt, refusals, class, last_reply, destination, next_try = started_at + interval '360 seconds') FROM recipient"));
        Assert.Equal("1:550 no,2:451 later", await scene.Database.ScalarAsync<string>("SELECT string_agg(attempt || ':' || reply, ',' ORDER BY attempt) FROM attempt"));
    }

    [Fact]
    public async Task QUEUE_5_a_recipient_given_back_is_due_again_and_no_attempt_is_counted()
    {
        await using var scene = await Scene.StartAsync();
        var key = await scene.AcceptOwnedAsync();
        await scene.RecordAsync(new Conclusion { Key = key, State = RecipientState.Queued });

        Assert.Equal((0L, 0L), (await scene.CountAsync("attempt"), await scene.CountAsync("history")));
        Assert.Equal(0, Assert.Single(await scene.ClaimAsync()).Attempts);
    }

    [Fact]
    public async Task P4_an_outcome_written_again_after_a_lost_answer_does_not_end_the_next_turn_of_its_own_epoch()
    {
        await using var scene = await Scene.StartAsync();
        var key = await scene.AcceptOwnedAsync();
        foreach (var turn in new[] { 0, 1 })
        {
            var back = new Conclusion { Key = key, Turn = turn, State = RecipientState.Queued };
            await scene.RecordAsync(back);
            Assert.Equal(turn + 1, Assert.Single(await scene.ClaimAsync()).Turn);

            Assert.Equal([key], (await scene.RecordAsync(back)).Late);
            Assert.Equal([key], (await scene.RecordAsync(back with { State = RecipientState.Delivered, Reply = "250" })).Late);
            Assert.Equal([new OwnedRecipient(key, turn + 1)], await scene.Queue.OwnedAsync(scene.Epoch, 10, default));
        }
        Assert.Empty((await scene.RecordAsync(new Conclusion { Key = key, Turn = 2, State = RecipientState.Delivered, Reply = "250" })).Late);
    }

    [Fact]
    public async Task P4_the_late_outcome_of_an_owner_that_lost_its_row_changes_nothing_and_is_named()
    {
        await using var scene = await Scene.StartAsync();
        var lost = await scene.AcceptOwnedAsync();
        var kept = await scene.AcceptOwnedAsync("b@example.org");
        await scene.RecordAsync(new Conclusion { Key = lost, State = RecipientState.Queued });
        var other = await Scene.RegisterAsync(scene.Nodes, "node2");
        Assert.Single(await scene.Queue.ClaimAsync(other, 10, 10, [], default));

        var result = await scene.RecordAsync(
            new Conclusion { Key = lost, State = RecipientState.Delivered, Reply = "250" }, new Conclusion { Key = kept, State = RecipientState.Delivered, Reply = "250" });

        Assert.Equal([lost], result.Late);
        Assert.Equal(1, await scene.CountAsync("history"));
        Assert.Equal(other, await scene.Database.ScalarAsync<long>("SELECT owner FROM recipient"));
    }

    [Fact]
    public async Task P2_a_notice_is_queued_with_what_it_reports_and_not_without()
    {
        await using var scene = await Scene.StartAsync();
        var ours = await scene.AcceptOwnedAsync();
        var gone = new RecipientKey(ours.Mail + 1000, 0);
        var about = await scene.MailAsync(owned: false, "sender@example.jp");
        var aboutGone = await scene.MailAsync(owned: false, "sender@example.jp");

        var result = await scene.Queue.RecordAsync(
            scene.Epoch,
            [new Conclusion { Key = ours, State = RecipientState.Failed, Reply = "550 no" }, new Conclusion { Key = gone, State = RecipientState.Failed, Reply = "550 no" }],
            [new Notice(about with { ReversePath = "", ClientAddress = null }, [ours, gone]), new Notice(aboutGone, [gone])],
            default);

        Assert.Equal([gone], result.Late);
        var queued = Assert.Single(await scene.ClaimAsync());
        Assert.Equal((about.Id, ""), (queued.Mail.Id, queued.Mail.ReversePath));
        Assert.Equal(1, await scene.CountAsync("mail"));
    }

    [Fact]
    public async Task P4_a_possible_duplicate_becomes_an_event()
    {
        await using var scene = await Scene.StartAsync();
        var key = await scene.AcceptOwnedAsync();
        await scene.RecordAsync(new Conclusion { Key = key, State = RecipientState.Waiting, Class = FailureClass.LineError, Reply = "451 lost after dot", PossibleDuplicate = true });
        Assert.Contains("451 lost after dot", await scene.Database.ScalarAsync<string>("SELECT text FROM event WHERE kind = 'possible-duplicate'"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task P6_hostile_reply_text_is_stored_and_never_stops_a_batch()
    {
        await using var scene = await Scene.StartAsync();
        var key = await scene.AcceptOwnedAsync();
        await scene.RecordAsync(new Conclusion
        {
            Key = key,
            State = RecipientState.Waiting,
            Class = FailureClass.LineError,
            Reply = "451 a\0b\ud800c " + new string('x', 2000),
            Dialogue = ["451 a\0\r\nb"],
        });
        Assert.Equal("451 a?b\ufffdc ", (await scene.Database.ScalarAsync<string>("SELECT last_reply FROM recipient"))[..10]);
        Assert.Equal(512, await scene.Database.ScalarAsync<int>("SELECT length(last_reply) FROM recipient"));
        Assert.Equal("451 a? b", await scene.Database.ScalarAsync<string>("SELECT dialogue[1] FROM attempt"));
    }

    [Fact]
    public async Task MSGID_2_CLU_28_numbers_never_repeat_however_many_ask_at_once()
    {
        await using var scene = await Scene.StartAsync();
        var blocks = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(async () =>
        {
            var mine = new List<long>();
            for (var round = 0; round < 40; round++)
            {
                var size = 1 + (i + round) % 7;
                var first = await scene.Queue.AllotNumbersAsync(size, default);
                mine.AddRange(Enumerable.Range(0, size).Select(n => first + n));
            }
            return mine;
        })));
        var all = blocks.SelectMany(b => b).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.True(all.Min() > 0);
    }

    [Fact]
    public async Task DELIV_5_six_claimers_at_once_never_share_a_recipient_and_leave_none()
    {
        await using var scene = await Scene.StartAsync();
        await scene.Database.ExecuteAsync("""
            WITH m AS (INSERT INTO mail (id, size, reverse_path, node, content) SELECT n, 1, '', 'n', 'x' FROM generate_series(1, 10000) AS n)
            INSERT INTO recipient (mail_id, ordinal, state, destination, forward_path)
            SELECT n, 0, 'queued', 'd' || n % 37, 'a@b' FROM generate_series(1, 10000) AS n
            """);
        var taken = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
        {
            var queue = new QueueStore(scene.Database.Source);
            var epoch = await Scene.RegisterAsync(scene.Nodes, "claimer" + i);
            var mine = new List<RecipientKey>();
            var empty = 0;
            while (empty < 3)
            {
                var got = await queue.ClaimAsync(epoch, 200, 50, [], default);
                empty = got.Count == 0 ? empty + 1 : 0;
                mine.AddRange(got.Select(c => c.Key));
            }
            return mine;
        })));
        var all = taken.SelectMany(t => t).ToList();
        Assert.Equal(10000, all.Count);
        Assert.Equal(10000, all.Distinct().Count());
    }

    [Fact]
    public async Task CLU_35_each_destination_gets_its_share_and_full_or_down_ones_nothing()
    {
        await using var scene = await Scene.StartAsync();
        await scene.Database.ExecuteAsync("""
            WITH m AS (INSERT INTO mail (id, size, reverse_path, node, content) SELECT n, 1, '', 'n', 'x' FROM generate_series(1, 400) AS n)
            INSERT INTO recipient (mail_id, ordinal, state, destination, forward_path, next_try)
            SELECT n, 0, 'queued', (ARRAY['big', 'small', 'full', 'down'])[1 + n % 4], 'a@b', now() - (401 - n) * interval '1 second' FROM generate_series(1, 400) AS n
            """);
        await new DestinationStore(scene.Database.Source).MarkDownAsync("down", TimeSpan.FromMinutes(1), "no answer", default);

        var claimed = await scene.Queue.ClaimAsync(scene.Epoch, 40, 30, ["full"], default);

        Assert.Equal(["big:20", "small:20"], claimed.GroupBy(c => c.Destination).Select(g => $"{g.Key}:{g.Count()}").Order());
        Assert.Equal(Enumerable.Range(0, 20).Select(n => 4L + n * 4), claimed.Where(c => c.Destination == "big").Select(c => c.Key.Mail).Order());
        Assert.Equal(5, (await scene.Queue.ClaimAsync(scene.Epoch, 100, 5, ["full", "small"], default)).Count);
    }

    [Fact]
    public async Task OUT_1_all_due_recipients_of_a_mail_for_one_destination_are_taken_together()
    {
        await using var scene = await Scene.StartAsync();
        var mail = await scene.MailAsync(owned: false, [.. Enumerable.Range(0, 8).Select(i => $"r{i}@example.net"), "x@example.org"]);
        await scene.Queue.AcceptAsync(scene.Epoch, [mail], default);
        var claimed = await scene.Queue.ClaimAsync(scene.Epoch, 10, 1, ["example.org"], default);
        Assert.Equal(8, claimed.Count);
        Assert.Single(claimed.Select(c => c.Mail).Distinct(ReferenceEqualityComparer.Instance));
    }

    [Fact]
    public async Task CLU_35_a_dead_destination_with_100000_due_rows_costs_a_claim_a_handful_of_pages()
    {
        await using var scene = await Scene.StartAsync();
        await scene.Database.ExecuteAsync("""
            WITH m AS (INSERT INTO mail (id, size, reverse_path, node, content) SELECT n, 1, '', 'n', 'x' FROM generate_series(1, 100010) AS n)
            INSERT INTO recipient (mail_id, ordinal, state, destination, forward_path, next_try)
            SELECT n, 0, 'waiting', CASE WHEN n <= 100000 THEN 'dead' ELSE 'live' || n END, 'a@b', now() - interval '1 hour' FROM generate_series(1, 100010) AS n
            """);
        await scene.Database.ExecuteAsync("ANALYZE recipient");
        await new DestinationStore(scene.Database.Source).MarkDownAsync("dead", TimeSpan.FromMinutes(5), "no answer", default);

        await using var connection = await scene.Database.Source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("EXPLAIN (ANALYZE, BUFFERS, FORMAT TEXT) SELECT keys FROM due_destinations('', 100, 2000, '{}')", connection);
        var pages = 0;
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
                if (System.Text.RegularExpressions.Regex.Match(reader.GetString(0), @"Buffers: shared hit=(\d+)(?: read=(\d+))?") is { Success: true } match && pages == 0)
                    pages = int.Parse(match.Groups[1].Value) + (match.Groups[2].Success ? int.Parse(match.Groups[2].Value) : 0);

        Assert.InRange(pages, 1, 1000); // 100,000 rows lie on more than 1,500 pages; catalogue reads of a fresh session are counted here too
        Assert.Equal(10, (await scene.Queue.ClaimAsync(scene.Epoch, 100, 20, [], default)).Count);
    }

    [Fact]
    public async Task RETRY_3_recipients_of_a_destination_that_stays_down_are_taken_when_their_period_ends()
    {
        await using var scene = await Scene.StartAsync();
        foreach (var recipient in new[] { "old@example.net", "new@example.net", "never@example.net" })
            await scene.Queue.AcceptAsync(scene.Epoch, [await scene.MailAsync(owned: false, recipient)], default);
        await scene.Database.ExecuteAsync("UPDATE recipient SET started_at = now() - interval '25 hours' WHERE forward_path LIKE 'old%'");
        await scene.Database.ExecuteAsync("UPDATE recipient SET queued_at = now() - interval '25 hours' WHERE forward_path LIKE 'never%'");
        var destinations = new DestinationStore(scene.Database.Source);
        await destinations.MarkDownAsync("example.net", TimeSpan.FromMinutes(5), "no answer", default);

        Assert.Empty(await scene.ClaimAsync());
        // One never tried uses no time up before its destination was first seen down (QUEUE-5).
        Assert.Equal("old@example.net", Assert.Single(await scene.Queue.ClaimExpiredAsync(scene.Epoch, 10, TimeSpan.FromHours(24), default)).ForwardPath);
        await scene.Database.ExecuteAsync("UPDATE destination SET down_since = now() - interval '25 hours'");
        Assert.Equal("never@example.net", Assert.Single(await scene.Queue.ClaimExpiredAsync(scene.Epoch, 10, TimeSpan.FromHours(24), default)).ForwardPath);

        Assert.Single(await destinations.ListDownAsync(default));
        Assert.True(await destinations.MarkUpAsync("example.net", default));
        Assert.Equal("new@example.net", Assert.Single(await scene.ClaimAsync()).ForwardPath);
    }

    [Fact]
    public async Task PIPE_20_a_lost_answer_is_settled_by_asking()
    {
        await using var scene = await Scene.StartAsync();
        var there = await scene.AcceptOwnedAsync();
        var ended = await scene.AcceptOwnedAsync();
        await scene.RecordAsync(new Conclusion { Key = ended, State = RecipientState.Delivered, Reply = "250" });
        Assert.Equal([there.Mail, ended.Mail], (await scene.Queue.WhichExistAsync([there.Mail, ended.Mail, 999999], default)).Order());
        Assert.Equal(1, await scene.CountAsync("mail"));

        // One still in flight on a connection the client gave up is waited for.
        await using var connection = await scene.Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var insert = new NpgsqlCommand("INSERT INTO mail (id, size, reverse_path, node) VALUES (5000, 1, '', 'n')", connection))
            await insert.ExecuteNonQueryAsync();
        var asking = scene.Queue.WhichExistAsync([5000], default);
        await WaitForAsync(async () => await scene.Database.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0);
        Assert.False(asking.IsCompleted);
        await transaction.CommitAsync();
        Assert.Equal([5000], await asking);
    }

    [Fact]
    public async Task LIMIT_a_20_MB_mail_is_streamed_in_and_out_with_bounded_memory()
    {
        await using var scene = await Scene.StartAsync();
        const int length = 20 * 1024 * 1024 + 17;
        var path = Path.GetTempFileName();
        var random = new Random(1);
        await using (var file = File.Create(path))
        {
            var block = new byte[1 << 16];
            for (var left = length; left > 0; left -= block.Length)
            {
                random.NextBytes(block);
                await file.WriteAsync(block.AsMemory(0, Math.Min(left, block.Length)));
            }
        }
        using var content = new SpooledContent(path, length);
        var mail = await scene.MailAsync(owned: true, "a@example.net") with { Content = content };
        var before = GC.GetTotalAllocatedBytes();
        await scene.Queue.AcceptLargeAsync(scene.Epoch, mail, default);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, length / 2);

        using var stored = await scene.Queue.ReadContentAsync(mail.Id.Number, 1 << 20, default);
        Assert.Null(stored!.Memory);
        Assert.Equal(length, stored.Length);
        await using var expected = content.OpenRead();
        await using var actual = stored.OpenRead();
        Assert.Equal(await System.Security.Cryptography.SHA256.HashDataAsync(expected), await System.Security.Cryptography.SHA256.HashDataAsync(actual));

        await scene.RecordAsync(new Conclusion { Key = new RecipientKey(mail.Id.Number, 0), State = RecipientState.Delivered, Reply = "250" });
        Assert.Equal((0L, 0L), (await scene.CountAsync("mail"), await scene.CountAsync("mail_chunk")));
        await using var late = stored.OpenRead();
        await Assert.ThrowsAsync<IOException>(async () => await late.ReadExactlyAsync(new byte[1]));
        Assert.Null(await scene.Queue.ReadContentAsync(mail.Id.Number, 10, default));
    }

    [Fact]
    public async Task LIMIT_content_beyond_what_is_wanted_in_memory_is_read_in_slices()
    {
        await using var scene = await Scene.StartAsync();
        var octets = new byte[700_000];
        new Random(2).NextBytes(octets);
        var mail = await scene.MailAsync(owned: true, "a@example.net") with { Content = new MemoryContent(octets) };
        await scene.Queue.AcceptAsync(scene.Epoch, [mail], default);
        using var stored = await scene.Queue.ReadContentAsync(mail.Id.Number, 1000, default);
        var read = new byte[octets.Length];
        await using var stream = stored!.OpenRead();
        await stream.ReadExactlyAsync(read);
        Assert.Equal(octets, read);
        Assert.Equal(0, await stream.ReadAsync(read));
    }

    [Theory]
    [InlineData(1536, 0)]
    [InlineData(1537, 1)]
    [InlineData(8064, 1)]
    [InlineData(8065, 2)]
    [InlineData(100_000, 13)]
    [InlineData(262_144, 33)]
    [InlineData(262_145, 0)]
    public async Task LIMIT_1_a_content_of_ordinary_size_is_kept_in_pieces_that_fill_a_page_and_none_is_moved_out_of_its_row(int size, int pieces)
    {
        await using var scene = await Scene.StartAsync();
        var octets = new byte[size];
        new Random(3).NextBytes(octets);
        var mail = await scene.MailAsync(owned: false, "a@example.net") with { Content = new MemoryContent(octets) };
        var small = await scene.MailAsync(owned: false, "b@example.org");
        await scene.Queue.AcceptAsync(scene.Epoch, [mail, small], default);

        Assert.Equal((long)pieces, await scene.CountAsync("mail_chunk"));
        Assert.Equal(0L, await scene.Database.ScalarAsync<long>("SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = 'mail_chunk'"));
        Assert.Equal(octets, (await scene.Queue.ReadContentAsync(mail.Id.Number, size, default))!.Memory!.Value.ToArray());
        using var streamed = await scene.Queue.ReadContentAsync(mail.Id.Number, size - 1, default);
        Assert.Null(streamed!.Memory);
        var read = new byte[size];
        await using var stream = streamed.OpenRead();
        await stream.ReadExactlyAsync(read);
        Assert.Equal(octets, read);

        var claimed = await scene.ClaimAsync();
        Assert.Equal(size <= 16_384 ? octets : null, claimed.Single(c => c.Mail.Id == mail.Id).Mail.TakeContent()?.Memory!.Value.ToArray());
        Assert.Equal(small.Content.Memory!.Value.ToArray(), claimed.Single(c => c.Mail.Id == small.Id).Mail.TakeContent()!.Memory!.Value.ToArray());
        await scene.RecordAsync([.. claimed.Select(c => new Conclusion { Key = c.Key, State = RecipientState.Delivered, Reply = "250" })]);
        Assert.Equal((0L, 0L), (await scene.CountAsync("mail"), await scene.CountAsync("mail_chunk")));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task P4_a_delivery_that_may_have_happened_twice_leaves_an_event_that_says_so(bool possible, long events)
    {
        await using var scene = await Scene.StartAsync();
        var mail = await scene.MailAsync(owned: true, "a@example.net");
        await scene.Queue.AcceptAsync(scene.Epoch, [mail], default);
        await scene.RecordAsync(new Conclusion { Key = new RecipientKey(mail.Id.Number, 0), State = RecipientState.Delivered, Reply = "250", PossibleDuplicate = possible });
        Assert.Equal((events, 1L), (await scene.CountAsync("event WHERE kind = 'possible-duplicate'"), await scene.CountAsync("history")));
    }

    [Theory]
    [InlineData("DELETE FROM mail_chunk WHERE seq = 1")]
    [InlineData("DELETE FROM mail_chunk")]
    [InlineData("UPDATE mail_chunk SET data = substring(data FROM 2) WHERE seq = 0")]
    public async Task P1_a_content_of_which_something_is_missing_is_never_taken_for_the_whole(string harm)
    {
        await using var scene = await Scene.StartAsync();
        var mail = await scene.MailAsync(owned: false, "a@example.net") with { Content = new MemoryContent(new byte[10_000]) };
        await scene.Queue.AcceptAsync(scene.Epoch, [mail], default);
        await scene.Database.ExecuteAsync(harm);
        await Assert.ThrowsAsync<IOException>(() => scene.Queue.ReadContentAsync(mail.Id.Number, 1 << 20, default));
        Assert.Null(Assert.Single(await scene.ClaimAsync()).Mail.TakeContent());
    }

    [Fact]
    public async Task P2_a_mail_whose_last_two_recipients_ended_at_once_is_swept_after_ten_minutes()
    {
        await using var scene = await Scene.StartAsync();
        var mail = await scene.MailAsync(owned: true, "a@example.net");
        await scene.Queue.AcceptAsync(scene.Epoch, [mail], default);
        await scene.Database.ExecuteAsync("DELETE FROM recipient");
        Assert.Equal(0, await scene.Queue.SweepAsync(default));
        await scene.Database.ExecuteAsync("UPDATE mail SET accepted_at = now() - interval '11 minutes'");
        await scene.AcceptOwnedAsync();
        Assert.Equal(1, await scene.Queue.SweepAsync(default));
        Assert.Equal(1, await scene.CountAsync("mail"));
    }

    private static async Task WaitForAsync(Func<Task<bool>> condition)
    {
        var limit = DateTime.UtcNow.AddSeconds(15);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < limit, "The condition did not come about.");
            await Task.Delay(20);
        }
    }
}

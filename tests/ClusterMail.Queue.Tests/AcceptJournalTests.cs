using System.Diagnostics.Metrics;
using ClusterMail.Queue.Accept;
using ClusterMail.Store;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ClusterMail.Queue.Tests;

public sealed class AcceptJournalTests
{
    private static AcceptJournal Journal(QueueScene scene) => new(scene.Lease, new AcceptJournalOptions(), NullLogger<AcceptJournal>.Instance);

    /// <summary>As from a session of its own: a lone mail keeps the thread that hands it in.</summary>
    private static Task<CommitResult> Together(AcceptJournal journal, NewMail mail) => Task.Run(() => journal.CommitAsync(mail, default));

    [Fact]
    public async Task P1_many_mails_that_come_together_share_few_commits()
    {
        await using var scene = await QueueScene.StartAsync();
        await using var journal = Journal(scene);
        var commits = 0;
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name == "clustermail.queue.commits") l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref commits, (int)value));
        listener.Start();
        var mails = Enumerable.Range(0, 500).Select(_ => scene.Mail(false, "a@example.net")).ToArray();
        var answers = await Task.WhenAll(mails.Select(mail => Together(journal, mail)));
        Assert.All(answers, answer => Assert.Equal(scene.Epoch.Epoch, answer.Owner?.Epoch));
        Assert.Equal(500, await scene.CountAsync("mail"));
        Assert.InRange(Volatile.Read(ref commits), 1, 100);
        Assert.Equal(0, journal.WaitingBytes);
    }

    [Fact]
    public async Task PIPE_20_a_mail_the_database_refuses_does_not_take_its_neighbours_with_it()
    {
        await using var scene = await QueueScene.StartAsync();
        await using var journal = Journal(scene);
        var taken = scene.Mail(false, "a@example.net");
        Assert.NotNull((await journal.CommitAsync(taken, default)).Owner);
        // The same number again: what a bug would do.
        var mails = Enumerable.Range(0, 20).Select(i => i == 7 ? taken : scene.Mail(false, "a@example.net")).ToArray();
        var answers = await Task.WhenAll(mails.Select(mail => Together(journal, mail)));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => i != 7), answers.Select(answer => answer.Owner is not null));
        Assert.Equal(20, await scene.CountAsync("mail"));
    }

    [Fact]
    public async Task P4_a_fenced_epoch_accepts_nothing_and_ends()
    {
        await using var scene = await QueueScene.StartAsync();
        await using var journal = Journal(scene);
        var lease = scene.Epoch;
        // Directly before the commit, so that no renewal has noticed.
        await scene.FenceAsync(lease.Epoch);
        var answer = (await journal.CommitAsync(scene.Mail(true, "a@example.net"), default)).Owner;
        Assert.True(answer is null || answer.Epoch != lease.Epoch);
        await Until.TrueAsync(() => lease.HasEnded && scene.Lease.Current is { IsValid: true } next && next.Epoch != lease.Epoch, QueueScene.Patience, "a new epoch begins");
        Assert.Equal(0, await scene.CountAsync($"recipient WHERE owner = {lease.Epoch}"));
        Assert.NotNull((await journal.CommitAsync(scene.Mail(true, "a@example.net"), default)).Owner);
    }

    [Fact]
    public async Task PIPE_20_a_commit_whose_connection_is_killed_is_settled_and_the_answer_is_the_truth()
    {
        await using var scene = await QueueScene.StartAsync();
        await using var journal = Journal(scene);
        // The insert waits for this lock, so the backend is surely killed in the middle.
        await using var blocker = await scene.Database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var hold = await StopInsertsAsync(blocker);
        var mail = scene.Mail(true, "a@example.net");
        var answer = Together(journal, mail);
        await Until.TrueAsync(async () => await scene.CountAsync(
            $"(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%epoch={scene.Epoch.Epoch}' AND wait_event_type = 'Lock') k") > 0,
            QueueScene.Patience, "the backend waits for the lock and is killed");
        await hold.RollbackAsync(TestContext.Current.CancellationToken);
        Assert.Equal((await answer).Owner is not null, await scene.CountAsync($"mail WHERE id = {mail.Id.Number}") == 1);
        Assert.NotNull((await journal.CommitAsync(scene.Mail(true, "a@example.net"), default)).Owner);
    }

    [Fact]
    public async Task PIPE_20_a_lone_mail_after_its_connection_was_closed_is_answered_truly_and_the_next_is_committed()
    {
        await using var scene = await QueueScene.StartAsync();
        await using var journal = Journal(scene);
        Assert.NotNull((await journal.CommitAsync(scene.Mail(true, "a@example.net"), default)).Owner);
        var closed = await scene.CountAsync(
            $"(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%epoch={scene.Epoch.Epoch}') k");
        Assert.InRange(closed, 1, 10);
        var mail = scene.Mail(true, "a@example.net");
        var answer = await journal.CommitAsync(mail, default);
        Assert.Equal(answer.Owner is not null, await scene.CountAsync($"mail WHERE id = {mail.Id.Number}") == 1);
        Assert.NotNull((await journal.CommitAsync(scene.Mail(true, "a@example.net"), default)).Owner);
    }

    [Fact]
    public async Task P1_mails_of_one_client_one_after_the_other_share_a_connection_that_ends_with_the_epoch()
    {
        await using var scene = await QueueScene.StartAsync();
        await using var journal = Journal(scene);
        var connections = $"pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%epoch={scene.Epoch.Epoch}'";
        for (var mail = 0; mail < 20; mail++)
        {
            var answer = journal.CommitAsync(scene.Mail(true, "a@example.net"), default);
            Assert.True(answer.IsCompleted, "the thread was not kept until the commit");
            Assert.NotNull((await answer).Owner);
        }
        Assert.Equal(1, await scene.CountAsync(connections));
        await scene.FenceAsync(scene.Epoch.Epoch);
        await Until.TrueAsync(async () => await scene.CountAsync(connections) == 0, QueueScene.Patience, "the connection is closed");
    }

    [Fact]
    public async Task P1_mail_that_comes_while_a_lone_one_waits_for_the_database_is_committed_after_it()
    {
        await using var scene = await QueueScene.StartAsync();
        await using var journal = Journal(scene);
        await using var blocker = await scene.Database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var hold = await StopInsertsAsync(blocker);
        var lone = Together(journal, scene.Mail(true, "a@example.net"));
        await Until.TrueAsync(async () => await scene.CountAsync("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 1, QueueScene.Patience, "the lone mail waits for the lock");
        // Handed in by this thread, which must come back: the commit that runs is the other one's.
        var later = Enumerable.Range(0, 3).Select(_ => journal.CommitAsync(scene.Mail(true, "a@example.net"), default)).ToArray();
        Assert.DoesNotContain(later.Prepend(lone), answer => answer.IsCompleted);
        await hold.RollbackAsync(TestContext.Current.CancellationToken);
        Assert.All(await Task.WhenAll(later.Prepend(lone)), answer => Assert.Equal(scene.Epoch.Epoch, answer.Owner?.Epoch));
        Assert.Equal(4, await scene.CountAsync("mail"));
    }

    /// <summary>Until the transaction ends no mail can be committed.</summary>
    private static async Task<NpgsqlTransaction> StopInsertsAsync(NpgsqlConnection blocker)
    {
        var hold = await blocker.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var command = blocker.CreateCommand();
        command.CommandText = "LOCK TABLE recipient IN SHARE MODE";
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return hold;
    }

    [Fact]
    public async Task MSGID_4_numbers_come_in_blocks_and_never_twice()
    {
        await using var scene = await QueueScene.StartAsync();
        var blocks = new[] { 1, 2 }.Select(_ => new NumberBlocks(scene.Queue, 10, NullLogger<NumberBlocks>.Instance)).ToArray();
        foreach (var block in blocks)
            await block.PrimeAsync(default);
        var seen = new HashSet<long>();
        await Until.TrueAsync(() =>
        {
            foreach (var block in blocks)
                while (block.TryTake(out var id))
                    Assert.True(seen.Add(id.Number));
            return seen.Count >= 200;
        }, QueueScene.Patience, "200 numbers");
    }
}

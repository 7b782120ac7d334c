using ClusterMail.Protocol;
using ClusterMail.Queue.Outcome;
using ClusterMail.Store;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Queue.Tests;

public sealed class OutcomeTests
{
    private static readonly Reply NoUser = new(550, new EnhancedStatus(5, 1, 1), "User unknown");

    private static Ending Delivered(Queue.Schedule.Work work) => new(work.Lease,
        [.. work.Recipients.Select(r => new Conclusion { Key = r.Key, State = RecipientState.Delivered, Reply = "250 Ok", RemoteHost = "mx" })], []);

    private static Task<string> NameAsync(QueueScene scene) => scene.Database.ScalarAsync<string>("SELECT name FROM mail WHERE reverse_path = '' ORDER BY id LIMIT 1");

    [Fact]
    public async Task P2_outcomes_are_written_and_their_place_given_back()
    {
        await using var scene = await QueueScene.StartAsync();
        scene.Outcomes.Add(Delivered(await scene.OwnedAsync()));
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the outcome is written");
        Assert.Equal((0L, 1L, 0), (await scene.CountAsync("recipient"), await scene.CountAsync("history WHERE outcome = 'delivered'"), scene.Window.Recipients));
    }

    [Fact]
    public async Task CLU_31_an_outcome_waits_for_the_database_and_is_written_once()
    {
        await using var scene = await QueueScene.StartAsync();
        var work = await scene.OwnedAsync();
        var name = await scene.Database.ScalarAsync<string>("SELECT current_database()::text");
        var server = (await Testing.TestDatabase.ServerAsync()).ConnectionString;
        await RunAsync(server, $"ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS false");
        await RunAsync(server, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        scene.Outcomes.Add(Delivered(work));
        Assert.True(await Until.StaysAsync(() => scene.Written == 0, TimeSpan.FromMilliseconds(500)));
        await RunAsync(server, $"ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS true");
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the outcome is written");
        Assert.Equal((0L, 1L), (await scene.CountAsync("recipient"), await scene.CountAsync("history")));
    }

    [Theory]
    [InlineData(1, 300)]
    [InlineData(250, 300)]
    [InlineData(251, 100)]
    public void P4_the_more_outcomes_wait_the_sooner_no_attempt_is_started(int unrecorded, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), OutcomeJournal.PatienceWith(unrecorded));

    [Fact]
    public async Task P4_who_is_told_to_wait_for_the_outcomes_hears_when_they_are_recorded()
    {
        await using var scene = await QueueScene.StartAsync();
        var heard = 0;
        scene.Outcomes.CaughtUp += () => Interlocked.Increment(ref heard);
        scene.Outcomes.Add(Delivered(await scene.OwnedAsync()));
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "an outcome nobody waits for");

        await using (var other = await scene.Database.Source.OpenConnectionAsync())
        await using (var holding = await other.BeginTransactionAsync())
        {
            await using var hold = new Npgsql.NpgsqlCommand("LOCK TABLE history", other);
            await hold.ExecuteNonQueryAsync();
            scene.Outcomes.Add(Delivered(await scene.OwnedAsync()));
            await Until.TrueAsync(() => scene.Outcomes.IsStalled, QueueScene.Patience, "a commit that takes too long");
            Assert.Equal((0, 1), (Volatile.Read(ref heard), scene.Written));
        }

        await Until.TrueAsync(() => Volatile.Read(ref heard) == 1, QueueScene.Patience, "that it goes on");
        Assert.Equal((2, false), (scene.Written, scene.Outcomes.IsStalled));
    }

    private static async Task RunAsync(string server, string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(new Npgsql.NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    [Fact]
    public async Task P4_a_fenced_epochs_delivery_is_logged_as_a_possible_duplicate_and_changes_nothing()
    {
        await using var scene = await QueueScene.StartAsync();
        var work = await scene.OwnedAsync();
        await scene.FenceAsync(work.Lease.Epoch);
        scene.Outcomes.Add(Delivered(work));
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the place is given back");
        await scene.ReachesAsync(1, "event WHERE kind = 'possible-duplicate'");
        Assert.Equal((1L, 0L), (await scene.CountAsync("recipient WHERE owner IS NULL"), await scene.CountAsync("history")));
    }

    [Theory]
    [InlineData(0, "-E001")]
    [InlineData(9, "-R0009-E001")]
    public async Task BOUNCE_7_the_error_mail_carries_the_name_of_the_failed_mail_with_its_retry(int attempts, string suffix)
    {
        await using var scene = await QueueScene.StartAsync();
        var work = await scene.OwnedAsync(change: r => r with { Attempts = attempts }, recipients: ["a@example.net", "b@example.net"]);
        scene.Recorder.FailUnreached(work, FailureClass.Refused, NoUser, "");
        await Until.TrueAsync(() => scene.Written == 2, QueueScene.Patience, "the outcome is written");
        Assert.Equal($"{work.Mail.Id}{suffix}", await NameAsync(scene));
        // BOUNCE-8: one for the mail and attempt, to its sender.
        Assert.Equal(1, await scene.CountAsync("mail WHERE reverse_path = ''"));
        Assert.Equal("sender@example.jp", await scene.Database.ScalarAsync<string>("SELECT forward_path FROM recipient"));
        var content = System.Text.Encoding.UTF8.GetString(await scene.Database.ScalarAsync<byte[]>("SELECT content FROM mail"));
        Assert.Contains("a@example.net", content, StringComparison.Ordinal);
        Assert.Contains("b@example.net", content, StringComparison.Ordinal);
        Assert.Equal(2, await scene.CountAsync("history WHERE outcome = 'failed'"));
    }

    [Fact]
    public async Task BOUNCE_2_a_mail_from_nobody_gets_no_error_mail()
    {
        await using var scene = await QueueScene.StartAsync();
        scene.Recorder.FailUnreached(await scene.OwnedAsync(from: ""), FailureClass.Refused, NoUser, "");
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the outcome is written");
        Assert.Equal((0L, 1L), (await scene.CountAsync("mail"), await scene.CountAsync("history WHERE outcome = 'failed'")));
    }

    [Fact]
    public async Task BOUNCE_3_CONTRA_18_the_administrator_gets_a_copy_but_none_of_one_that_could_not_reach_him()
    {
        await using var scene = await QueueScene.StartAsync(("bounce.copy_to_admin", "on"), ("admin.address", "admin@example.jp"));
        var work = await scene.OwnedAsync();
        scene.Recorder.FailUnreached(work, FailureClass.Refused, NoUser, "");
        await scene.ReachesAsync(2, "mail WHERE reverse_path = ''");
        Assert.Equal(1, await scene.CountAsync($"mail WHERE name = '{work.Mail.Id}-EP001'"));
        Assert.Equal(1, await scene.CountAsync("recipient WHERE forward_path = 'admin@example.jp'"));
        scene.Recorder.FailUnreached(await scene.OwnedAsync(from: "", recipients: "admin@example.jp"), FailureClass.Refused, NoUser, "");
        await Until.TrueAsync(() => scene.Written == 2, QueueScene.Patience, "the second outcome is written");
        Assert.Equal(2, await scene.CountAsync("mail WHERE reverse_path = ''"));
    }

    [Fact]
    public async Task BOUNCE_9_a_delay_is_told_once()
    {
        await using var scene = await QueueScene.StartAsync(("bounce.delay_notice_hours", "4"));
        var work = await scene.OwnedAsync(change: r => r with { Age = TimeSpan.FromHours(4), SinceFirstAttempt = TimeSpan.FromHours(4) });
        scene.Recorder.FailUnreached(work, FailureClass.NoAnswer, OutcomeRecorder.NoHost, "");
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the outcome is written");
        Assert.Equal(1, await scene.CountAsync("mail WHERE reverse_path = ''"));
        Assert.Equal(1, await scene.CountAsync("recipient WHERE delay_notified AND state = 'waiting'"));
        var again = await scene.OwnedAsync(change: r => r with { Age = TimeSpan.FromHours(5), SinceFirstAttempt = TimeSpan.FromHours(5), DelayNotified = true });
        scene.Recorder.FailUnreached(again, FailureClass.NoAnswer, OutcomeRecorder.NoHost, "");
        await Until.TrueAsync(() => scene.Written == 2, QueueScene.Patience, "the second outcome is written");
        Assert.Equal(1, await scene.CountAsync("mail WHERE reverse_path = ''"));
    }

    [Fact]
    public async Task RETRY_3_a_period_that_ends_while_the_destination_is_down_fails_without_counting_an_attempt()
    {
        await using var scene = await QueueScene.StartAsync();
        // Never tried: the destination was down all the time.
        scene.Recorder.Expire(await scene.OwnedAsync(from: "", change: r => r with { SinceFirstAttempt = null }));
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the outcome is written");
        Assert.Equal(1, await scene.CountAsync("history WHERE outcome = 'failed' AND attempts = 0 AND reply LIKE '%Unable to deliver to destination domain%'"));
    }
}

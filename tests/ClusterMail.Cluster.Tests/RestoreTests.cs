using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>The database of a farm at work is put back from a backup.</summary>
[Collection(ClusterFarm.Patient)]
public class RestoreTests
{
    private const int Each = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task P4_a_database_put_back_from_a_backup_sends_nothing_again_that_was_sent_after_it_and_loses_nothing_that_was_in_it()
    {
        await using var farm = await ClusterFarm.StartAsync(2);
        var postgres = farm.Farm.Postgres;
        // Two kinds of mail wait when the backup is made.
        var (willing, stubborn) = (false, false);
        farm.Sink.Script = heard => heard.Verb == "RCPT" && !(heard.Line.Contains("willing@", StringComparison.Ordinal) ? willing : heard.Line.Contains("new@", StringComparison.Ordinal) || stubborn) ? "450 4.2.1 Not now" : null;
        await SendAsync(farm, "willing");
        await SendAsync(farm, "stubborn");
        await Until.TrueAsync(async () => await CountAsync(farm, "recipient WHERE state = 'waiting'") == 2 * Each, Limit, () => $"all mail tried once\n{farm.Farm.Logs()}");
        await postgres.StopAsync();
        await postgres.CopyAsync("data", "backup");
        await postgres.StartAsync();
        await farm.Farm.AllReadyAsync(Limit);
        var known = await Sql.AskAsync<DateTime>(farm.Farm.Cluster.Database, "SELECT max(alive_until) FROM node");
        var epoch = await Sql.AskAsync<long>(farm.Farm.Cluster.Database, "SELECT max(epoch) FROM node");

        // After the backup one kind is delivered, and the logs are kept elsewhere.
        willing = true;
        await farm.Farm.RunAsync("queue", "retry", "--all");
        await Until.TrueAsync(() => farm.Sink.Count == Each, Limit, () => $"what the other side takes by now delivered\n{farm.Farm.Logs()}");
        await Until.TrueAsync(async () => await CountAsync(farm, "recipient") == Each, Limit, "the outcomes recorded");
        var log = Path.Combine(farm.Farm.Data, "outlog-kept-elsewhere.txt");
        await File.WriteAllTextAsync(log, await farm.LogAsync("outlog"));
        // Ten seconds are forgiven, and the backup is to be older.
        await Until.TrueAsync(async () => await Sql.AskAsync<DateTime>(farm.Farm.Cluster.Database, "SELECT min(alive_until) FROM node WHERE fenced_at IS NULL AND left_at IS NULL") > known.AddSeconds(12), Limit, "leases well beyond the backup's");

        await postgres.StopAsync();
        await postgres.CopyAsync("backup", "data");
        // So soon that leases of before are still valid.
        await postgres.StartAsync();
        stubborn = true;
        await Until.TrueAsync(async () => (await farm.Farm.JsonAsync("db", "restored", "status")).GetProperty("databases").GetArrayLength() == 1, Limit, () => $"the restore noticed\n{farm.Farm.Logs()}");
        // A node that has not renewed yet answers 451 under the epoch of before, though it counts as ready.
        await Until.TrueAsync(async () => await CountAsync(farm, $"node WHERE epoch > {epoch} AND fenced_at IS NULL AND left_at IS NULL") == 2, Limit, () => $"both registered anew\n{farm.Farm.Logs()}");
        await farm.Farm.AllReadyAsync(Limit);
        var state = Assert.Single((await farm.Farm.JsonAsync("db", "restored", "status")).GetProperty("databases").EnumerateArray());
        Assert.Equal(("main", 2L * Each), (state.GetProperty("name").GetString(), state.GetProperty("waiting").GetInt64()));
        Assert.Contains((await farm.StatusAsync()).GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()), warning => warning!.Contains("put back from a backup", StringComparison.Ordinal));
        // New mail flows, and neither a retry nor time makes the old go.
        await SendAsync(farm, "new");
        await farm.Farm.RunAsync("queue", "retry", "--all");
        await Until.TrueAsync(() => farm.Sink.Count == 2 * Each, Limit, () => $"new mail delivered\n{farm.Farm.Logs()}");
        Assert.Equal(2L * Each, await CountAsync(farm, "recipient WHERE state = 'held'"));

        var rehearsed = await farm.Farm.RunAsync("db", "restored", "sent", log, "--dry-run");
        Assert.Contains($"{Each} stopped recipients would be taken out", rehearsed, StringComparison.Ordinal);
        await farm.Farm.RunAsync("db", "restored", "sent", log);
        Assert.Equal(2, (await farm.Farm.TryAsync("db", "restored", "release")).ExitCode);
        await farm.Farm.RunAsync("db", "restored", "release", "--yes");
        await Until.TrueAsync(() => farm.Sink.Count == 3 * Each, Limit, () => $"the rest delivered\n{farm.Farm.Logs()}");
        await Until.TrueAsync(async () => await CountAsync(farm, "recipient") == 0 && await CountAsync(farm, "mail") == 0, Limit, "the queue empty");
        // Each once.
        Assert.Equal(3 * Each, farm.Sink.Mails.Select(mail => mail.MessageId).Distinct().Count());
        Assert.Equal(3 * Each, farm.Sink.Count);
        Assert.Empty((await farm.Farm.JsonAsync("db", "restored", "status")).GetProperty("databases").EnumerateArray());
        Assert.Empty((await farm.StatusAsync()).GetProperty("warnings").EnumerateArray());
        Assert.Equal(1, (await farm.Farm.TryAsync("db", "restored", "release", "--yes")).ExitCode);
    }

    private static async Task SendAsync(ClusterFarm farm, string to)
    {
        for (var sent = 0; sent < Each; sent++)
        {
            using var client = await SmtpConversation.OpenAsync(farm.Farm.Nodes[sent % farm.Farm.Nodes.Count].Receiver);
            await client.SayAsync("EHLO client.test");
            Assert.StartsWith("250", await client.MailAsync("a@example.net", [$"{to}@{ClusterFarm.Domain}"], $"Message-ID: <{to}-{sent}@example.net>\r\n\r\nbody"), StringComparison.Ordinal);
        }
    }

    private static Task<long> CountAsync(ClusterFarm farm, string what) => Sql.AskAsync<long>(farm.Farm.Cluster.Database, $"SELECT count(*) FROM {what}");
}

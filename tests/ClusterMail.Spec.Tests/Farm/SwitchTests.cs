using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>Receiving without delivering (QUEUE-5).</summary>
[Collection(nameof(FarmCollection))]
public class SwitchTests(FarmFixture farm)
{
    private const int Mails = 100;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The hour of the example passes in the database, whose clock is the one every period is measured by (CLU-30): nothing else about an outage depends on how
    /// long it lasts, for no timer runs for a mail that waits for its first attempt. Ten hours are more than the period of a line error (RETRY-2), so a mail
    /// whose periods had begun with its arrival would fail instead of going out.
    /// </summary>
    [Fact]
    public async Task EX_ADMIN_6_and_ADMIN_31_with_delivery_off_mail_is_taken_and_kept_and_with_delivery_on_it_all_goes_out()
    {
        var (sink, domain) = farm.TakeSink();
        var (errors, home) = farm.TakeSink();
        await using var database = NpgsqlDataSource.Create(farm.Farm.Cluster.Database);
        await farm.Farm.SwitchAsync("deliver", "off");
        try
        {
            await SendAsync($"author@{home}", domain);
            await using (var pass = database.CreateCommand($"UPDATE recipient SET queued_at = queued_at - interval '10 hours', next_try = next_try - interval '10 hours' WHERE forward_path LIKE '%@{domain}' AND state IN ('queued', 'delivering')"))
                Assert.Equal(Mails, await pass.ExecuteNonQueryAsync());
            Assert.True(await Until.StaysAsync(() => sink.Connections == 0 && errors.Count == 0, TimeSpan.FromSeconds(5)), "something was tried or bounced");
            await using var untouched = database.CreateCommand($"SELECT count(*) FROM recipient WHERE forward_path LIKE '%@{domain}' AND attempt = 0 AND refusals = 0 AND started_at IS NULL");
            Assert.Equal((long)Mails, await untouched.ExecuteScalarAsync());
        }
        finally
        {
            await farm.Farm.SwitchAsync("deliver", "on");
        }

        await Until.TrueAsync(() => sink.Mails.Sum(mail => mail.RecipientLines.Count) >= Mails, Soon, "all mails");
        Assert.Equal(Mails, sink.Mails.SelectMany(mail => mail.ForwardPaths).Distinct().Count());
        Assert.Equal(Mails, sink.Count);
        Assert.Equal(0, errors.Count);
        var sent = Array.Empty<string>();
        await Until.TrueAsync(async () => (sent = (await farm.Farm.RunAsync("log", "outlog")).Split('\n').Where(line => line.EndsWith($"@{domain}", StringComparison.Ordinal)).ToArray()).Length == Mails,
            Soon, "the lines of outlog");
        // A number with -R is one that was tried before.
        Assert.All(sent, line => Assert.Matches("^B[0-9]+@", line));
    }

    private async Task SendAsync(string from, string domain)
    {
        var nodes = farm.Farm.Nodes;
        for (var number = 0; number < Mails;)
        {
            using var client = await SmtpConversation.OpenAsync(nodes[number % nodes.Count].Receiver);
            await client.SayAsync("EHLO client.test");
            for (var end = number + 10; number < end; number++)
                Assert.StartsWith("250", await client.MailAsync(from, [$"x{number}@{domain}"], "Subject: kept\r\n\r\nbody"), StringComparison.Ordinal);
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>The worked examples of receiving that are in force, against a running farm.</summary>
[Collection(nameof(FarmCollection))]
public class ReceivingTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task EX_RECV_1_plain_inbound_mail_reads_as_the_specification_prints_it()
    {
        using var client = await SmtpConversation.OpenAsync(farm.Receiver, FarmFixture.Stranger);
        Assert.Equal("220 mx.example.jp ESMTP ClusterMail", client.Last);
        var ehlo = (await client.SayAsync("EHLO out.example.net")).Split('\n');
        Assert.Equal("250-mx.example.jp Hello [127.0.0.9], pleased to meet you", ehlo[0]);
        Assert.Contains(ehlo, line => line[4..].StartsWith("SIZE ", StringComparison.Ordinal));
        Assert.Contains(ehlo, line => line[4..] == "STARTTLS");
        Assert.Equal("250 2.0.0 <a@example.net>... Sender ok.", await client.SayAsync("MAIL FROM:<a@example.net>"));
        Assert.Equal("250 2.0.0 <taro@example.jp>... Recipient ok.", await client.SayAsync("RCPT TO:<taro@example.jp>"));
        Assert.Matches("^354 Start mail input; id <B[0-9]{10,}> end with <CRLF>\\.<CRLF>$", await client.SayAsync("DATA"));
        await client.SendAsync("Message-ID: <ex-recv-1@example.net>\r\nSubject: one\r\n\r\nbody\r\n");
        Assert.Equal("250 2.0.0 Message received ok.", await client.SayAsync("."));
        Assert.Equal("221 2.0.0 mx.example.jp closing connection.", await client.SayAsync("QUIT"));
        var mail = await farm.Operated.OneAsync(arrived => arrived.MessageId == "ex-recv-1@example.net", Soon);
        Assert.Equal(["taro@example.jp"], mail.ForwardPaths);
    }

    [Fact]
    public async Task PIPE_20_a_node_tells_where_the_time_to_250_goes()
    {
        var (_, domain) = farm.TakeSink();
        var before = await AnswerTimesAsync();
        using var first = await OpenToTheDotAsync(domain);
        using var second = await OpenToTheDotAsync(domain);
        await using var database = NpgsqlDataSource.Create(farm.Farm.Cluster.Database);
        await using var blocker = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var hold = await blocker.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var command = new NpgsqlCommand("LOCK TABLE recipient IN SHARE MODE", blocker))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await first.SendAsync(".\r\n");
        await using var waiting = database.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%insert into%recipient%'");
        await Until.TrueAsync(async () => (long)(await waiting.ExecuteScalarAsync(TestContext.Current.CancellationToken))! > 0, Soon, "the first mail's commit waits for the lock");
        await second.SendAsync(".\r\n");
        var clock = Stopwatch.StartNew();
        // What is measured: the second mail waits for the commit of the first, and that for the lock.
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        var held = clock.Elapsed.TotalMilliseconds;
        await hold.RollbackAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("250", await first.ReadAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250", await second.ReadAsync(), StringComparison.Ordinal);
        // The figures of a moment ago are kept for a third of a second.
        var after = before;
        await Until.TrueAsync(async () => (after = await AnswerTimesAsync()).Mails == before.Mails + 2, Soon, () => $"two mails more than {before}: {after}");
        // Half: what it takes from the client to the node.
        Assert.InRange(after.Wait - before.Wait, held / 2, held * 2);
        Assert.InRange(after.Store - before.Store, held * 3 / 2, held * 5);
        Assert.InRange(after.Check - before.Check, 0.001, held / 2);
        Assert.Equal(before.Waited + 2, after.Waited);
    }

    private async Task<SmtpConversation> OpenToTheDotAsync(string domain)
    {
        var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync("MAIL FROM:<a@example.net>");
        await client.SayAsync($"RCPT TO:<x@{domain}>");
        Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
        await client.SendAsync("Subject: two\r\n\r\nbody\r\n");
        return client;
    }

    private async Task<(double Mails, double Check, double Store, double Waited, double Wait)> AnswerTimesAsync()
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync(new Uri(farm.Farm.Nodes[0].Admin.TrimEnd('/') + "/metrics"), TestContext.Current.CancellationToken);
        return (Figure("smtp_answer_time_milliseconds_count", "check"), Figure("smtp_answer_time_milliseconds_sum", "check"), Figure("smtp_answer_time_milliseconds_sum", "store"),
            Figure("queue_commit_wait_milliseconds_count", ""), Figure("queue_commit_wait_milliseconds_sum", ""));

        double Figure(string name, string step) => Regex.Match(text, $@"(?m)^clustermail_{name}\{{[^}}]*{step}[^}}]*\}} ([-+.e0-9]+)") is { Success: true } match
            ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    [Fact]
    public async Task EX_RECV_6_the_third_of_three_allowed_recipients_is_refused_and_DATA_with_it()
    {
        await farm.Farm.SetAsync("receive.max_rcpt", "3");
        try
        {
            using var client = await SmtpConversation.OpenAsync(farm.Receiver);
            await client.SayAsync("EHLO client.test");
            await client.SayAsync("MAIL FROM:<a@example.net>");
            Assert.StartsWith("250", await client.SayAsync("RCPT TO:<a@example.jp>"), StringComparison.Ordinal);
            Assert.StartsWith("250", await client.SayAsync("RCPT TO:<b@example.jp>"), StringComparison.Ordinal);
            Assert.Equal("554 5.5.3 Too many recipients.", await client.SayAsync("RCPT TO:<c@example.jp>"));
            Assert.StartsWith("554", await client.SayAsync("DATA"), StringComparison.Ordinal);
        }
        finally
        {
            await farm.Farm.SetAsync("receive.max_rcpt", "1000");
        }
    }

    [Theory]
    [InlineData(20, "250")]
    [InlineData(21, "554 5.4.6 too many Received: headers.")]
    public async Task EX_RECV_7_a_mail_with_more_than_twenty_Received_headers_is_refused_after_the_dot(int headers, string reply)
    {
        var (_, domain) = farm.TakeSink();
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        var received = string.Concat(Enumerable.Range(1, headers).Select(hop => string.Create(CultureInfo.InvariantCulture, $"Received: from h{hop} by h{hop + 1}; Mon, 01 Jun 2026 00:00:00 +0000\r\n")));
        Assert.StartsWith(reply, await client.MailAsync("a@example.net", [$"x@{domain}"], received + "Subject: hops\r\n\r\nbody"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EX_RECV_9_a_connection_over_the_session_limit_gets_421_and_is_closed()
    {
        await farm.Farm.SetAsync("receive.max_sessions", "1");
        try
        {
            using var first = await SmtpConversation.OpenAsync(farm.Receiver);
            Assert.StartsWith("220", first.Last, StringComparison.Ordinal);
            using var second = await SmtpConversation.OpenAsync(farm.Receiver);
            Assert.StartsWith("421 exceeds an accepting limit.", second.Last, StringComparison.Ordinal);
            Assert.Equal("", await second.ReadAsync());
        }
        finally
        {
            await farm.Farm.SetAsync("receive.max_sessions", "1000");
        }
    }

    [Fact]
    public async Task RECV_26_commands_pipelined_behind_STARTTLS_are_thrown_away_or_refused()
    {
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SendAsync("STARTTLS\r\nMAIL FROM:<injected@example.net>\r\n");
        var first = await client.ReadAsync();
        if (first.StartsWith("220", StringComparison.Ordinal))
        {
            // What stood in clear behind STARTTLS must not be answered in clear.
            client.CloseSending();
            Assert.DoesNotContain("Sender ok", await client.ReadAsync(), StringComparison.Ordinal);
        }
        else
        {
            Assert.Matches("^(4|5|$)", first);
            Assert.DoesNotContain("Sender ok", await client.ReadAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task CLU_23_a_balanced_listener_closes_a_connection_without_PROXY_header()
    {
        using var client = await SmtpConversation.OpenAsync(System.Net.IPEndPoint.Parse(farm.Farm.Nodes[0].ProxySmtp), greet: false);
        await client.SendAsync("EHLO client.test\r\n");
        Assert.Equal("", await client.ReadAsync());
    }
}

using System.Net;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>The worked examples of delivery in real time: the farm retries after 10, 30, 60, 150 and 300 seconds.</summary>
[Collection(nameof(FarmCollection))]
public class DeliveryTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private const string Body = "\r\n\r\nbody";

    [Fact]
    public async Task EX_DELIV_2_the_second_MX_host_gets_the_mail_in_the_first_attempt_when_the_first_refuses_the_connection()
    {
        await using var second = new RecordingSink(new IPEndPoint(IPAddress.Parse("127.0.0.162"), farm.DeliveryPort));
        var id = await SendAsync("sender@load.test", "y@two-mx.test");
        var mail = await second.OneAsync(arrived => arrived.MessageId == id, Soon);
        Assert.Equal(["y@two-mx.test"], mail.ForwardPaths);
        var log = await Eventually(() => farm.Farm.RunAsync("log", "outlog"), text => text.Contains("to y@two-mx.test", StringComparison.Ordinal));
        Assert.Contains("to two-mx.test from sender@load.test to y@two-mx.test", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DELIV_23_an_address_record_is_used_when_there_is_no_MX_record()
    {
        await using var host = new RecordingSink(new IPEndPoint(IPAddress.Parse("127.0.0.162"), farm.DeliveryPort));
        var id = await SendAsync("sender@load.test", "y@address-only.test");
        await host.OneAsync(arrived => arrived.MessageId == id, Soon);
    }

    [Fact]
    public async Task DELIV_23_a_null_MX_fails_at_once_with_5_1_10()
    {
        var (sink, domain) = farm.TakeSink();
        await SendAsync($"author@{domain}", "y@null-mx.test");
        var error = await sink.OneAsync(_ => true, Soon);
        Assert.Contains("5.1.10", error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EX_DELIV_3_a_5xx_makes_an_error_mail_after_the_first_attempt()
    {
        var (sink, domain) = farm.TakeSink();
        var (errors, home) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" ? "550 5.1.1 User unknown" : null;
        await SendAsync($"author@{home}", $"nobody@{domain}");
        var error = await errors.OneAsync(_ => true, Soon);
        Assert.Equal("", error.ReversePath);
        Assert.Equal([$"author@{home}"], error.ForwardPaths);
        Assert.Contains("multipart/report", error.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("550 5.1.1 User unknown", error.Text, StringComparison.Ordinal);
        Assert.Equal(1, sink.Events.Count(heard => heard.Verb == "RCPT"));
        var log = await Eventually(() => farm.Farm.RunAsync("log", "faillog"), text => text.Contains($"to nobody@{domain}", StringComparison.Ordinal));
        Assert.Contains($"to nobody@{domain} [550 5.1.1 User unknown]", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EX_DELIV_4_a_4xx_is_tried_again_until_it_is_taken_and_nobody_gets_an_error_mail()
    {
        var (sink, domain) = farm.TakeSink();
        var (errors, home) = farm.TakeSink();
        var refusals = 2;
        sink.Script = heard => heard.Verb == "RCPT" && Interlocked.Decrement(ref refusals) >= 0 ? "451 4.3.0 Later" : null;
        var id = await SendAsync($"author@{home}", $"a@{domain}");
        // Attempts at 0, 10 and 30 s (RETRY-8), each with some jitter and up to one examination later.
        await sink.OneAsync(arrived => arrived.MessageId == id, TimeSpan.FromSeconds(75));
        Assert.Equal(3, sink.Events.Count(heard => heard.Verb == "RCPT"));
        Assert.Equal(0, errors.Count);
    }

    [Fact]
    public async Task EX_DELIV_5_without_any_answer_for_a_day_the_error_mail_says_the_domain_cannot_be_reached()
    {
        var (errors, home) = farm.TakeSink();
        var number = await SendNumberedAsync($"author@{home}", "x@dead.test");
        var why = await Eventually(
            async () => (await farm.Farm.TryAsync("queue", "why", number)).Output,
            text => text.Contains("waiting", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("dead.test", why, StringComparison.Ordinal);
        Assert.Equal(0, errors.Count);
        // The day passes in the database, whose clock is the one that counts (CLU-30).
        await using var database = NpgsqlDataSource.Create(farm.Farm.Cluster.Database);
        await using var command = database.CreateCommand(
            "UPDATE recipient SET started_at = started_at - interval '24 hours', queued_at = queued_at - interval '24 hours', next_try = now() WHERE forward_path = 'x@dead.test' AND state = 'waiting'");
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
        var error = await errors.OneAsync(_ => true, TimeSpan.FromSeconds(60));
        Assert.Contains("Unable to deliver to destination domain", error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EX_DELIV_6_with_the_fixed_interval_retries_come_every_interval()
    {
        var (sink, domain) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" ? "451 4.3.0 Later" : null;
        await farm.Farm.SetAsync("delivery.retry_fixed", "true");
        try
        {
            var start = DateTimeOffset.UtcNow;
            var times = new List<double>();
            sink.Script = heard =>
            {
                if (heard.Verb != "RCPT")
                    return null;
                lock (times)
                    times.Add((DateTimeOffset.UtcNow - start).TotalSeconds);
                return "451 4.3.0 Later";
            };
            var number = await SendNumberedAsync("author@load.test", $"a@{domain}");
            await Until.TrueAsync(() => times.Count >= 4, TimeSpan.FromSeconds(60), "four attempts");
            await farm.Farm.TryAsync("queue", "delete", number);
            var gaps = times.Zip(times.Skip(1), (before, after) => after - before).Take(3);
            Assert.All(gaps, gap => Assert.InRange(gap, FarmFixture.RetrySeconds - 2, FarmFixture.RetrySeconds + 5));
        }
        finally
        {
            await farm.Farm.SetAsync("delivery.retry_fixed", "false");
        }
    }

    [Fact]
    public async Task EX_DELIV_7_recipients_of_one_domain_share_a_session_and_each_has_its_own_end()
    {
        var (org, orgDomain) = farm.TakeSink();
        var (net, netDomain) = farm.TakeSink();
        var (errors, home) = farm.TakeSink();
        org.Script = heard => heard.Verb == "RCPT" && heard.Line.Contains("<b@", StringComparison.Ordinal) ? "550 5.1.1 User unknown" : null;
        var id = await SendAsync($"author@{home}", $"a@{orgDomain}", $"b@{orgDomain}", $"c@{netDomain}");
        var first = await org.OneAsync(arrived => arrived.MessageId == id, Soon);
        Assert.Equal([$"a@{orgDomain}"], first.ForwardPaths);
        Assert.Equal([$"c@{netDomain}"], (await net.OneAsync(arrived => arrived.MessageId == id, Soon)).ForwardPaths);
        var error = await errors.OneAsync(_ => true, Soon);
        Assert.Contains($"b@{orgDomain}", error.Text, StringComparison.Ordinal);
        Assert.DoesNotContain($"a@{orgDomain}", error.Text, StringComparison.Ordinal);
        Assert.Equal(1, org.Connections);
        Assert.Equal(1, org.Count);
    }

    [Fact]
    public async Task GWT_8_a_changed_gateway_table_holds_for_the_next_mail()
    {
        var (first, _) = farm.TakeSink();
        var (second, _) = farm.TakeSink();
        try
        {
            foreach (var sink in (RecordingSink[])[first, second])
            {
                await farm.Farm.SetAsync("route.table", FormattableString.Invariant($"{farm.RouteTable()}\nmoved.test,127.0.0.1,{sink.Port}"));
                var id = await SendAsync("author@load.test", "x@moved.test");
                await sink.OneAsync(arrived => arrived.MessageId == id, Soon);
            }

            Assert.Equal((1, 1), (first.Count, second.Count));
        }
        finally
        {
            await farm.Farm.SetAsync("route.table", farm.RouteTable());
        }
    }

    [Fact]
    public async Task OUT_2_what_a_shared_session_did_not_deliver_is_tried_again_on_its_own()
    {
        var (sink, domain) = farm.TakeSink();
        var deferrals = 1;
        // The host defers b the first time and takes the others.
        sink.Script = heard => heard.Verb == "RCPT" && heard.Line.Contains("<b@", StringComparison.Ordinal) && Interlocked.Decrement(ref deferrals) >= 0 ? "451 4.3.0 Later" : null;
        var id = await SendAsync("author@load.test", $"a@{domain}", $"b@{domain}", $"c@{domain}");
        var first = await sink.OneAsync(arrived => arrived.MessageId == id, Soon);
        Assert.Equal([$"a@{domain}", $"c@{domain}"], first.ForwardPaths);
        await Until.TrueAsync(() => sink.Count == 2, TimeSpan.FromSeconds(40), "the retry");
        Assert.Equal([$"b@{domain}"], sink.Mails[1].ForwardPaths);
    }

    [Fact]
    public async Task EX_DELIV_8_a_mail_with_the_null_sender_that_fails_makes_no_error_mail_but_a_line_in_faillog()
    {
        var (sink, domain) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" ? "550 5.1.1 User unknown" : null;
        var before = farm.Operated.Count;
        await SendAsync("", $"nobody@{domain}");
        var log = await Eventually(() => farm.Farm.RunAsync("log", "faillog"), text => text.Contains($"to nobody@{domain}", StringComparison.Ordinal));
        Assert.Contains($"from <> to nobody@{domain}", log, StringComparison.Ordinal);
        Assert.Equal(before, farm.Operated.Count);
        Assert.Equal(0, sink.Count);
    }

    [Fact]
    public async Task EX_DELIV_10_a_loop_ends_after_twenty_Received_headers_with_an_error_mail()
    {
        var (errors, home) = farm.TakeSink();
        await SendAsync($"author@{home}", "taro@loop.test");
        var error = await errors.OneAsync(_ => true, TimeSpan.FromSeconds(60));
        Assert.Contains("554 5.4.6", error.Text, StringComparison.Ordinal);
        Assert.True(await Until.StaysAsync(() => errors.Count == 1, TimeSpan.FromSeconds(2)));
    }

    /// <returns>The Message-ID.</returns>
    private async Task<string> SendAsync(string from, params IReadOnlyList<string> to)
    {
        var id = $"{Guid.NewGuid():N}@load.test";
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        Assert.StartsWith("250", await client.MailAsync(from, to, $"Message-ID: <{id}>\r\nSubject: test{Body}"), StringComparison.Ordinal);
        return id;
    }

    /// <returns>The mail number of the 354 line.</returns>
    private async Task<string> SendNumberedAsync(string from, string to)
    {
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync($"MAIL FROM:<{from}>");
        await client.SayAsync($"RCPT TO:<{to}>");
        var data = await client.SayAsync("DATA");
        await client.SendAsync($"Subject: numbered{Body}\r\n");
        Assert.StartsWith("250", await client.SayAsync("."), StringComparison.Ordinal);
        return data[(data.IndexOf('<', StringComparison.Ordinal) + 1)..data.IndexOf('>', StringComparison.Ordinal)];
    }

    private static async Task<string> Eventually(Func<Task<string>> read, Func<string, bool> holds)
    {
        var text = "";
        await Until.TrueAsync(async () => holds(text = await read()), Soon, "the expected text");
        return text;
    }
}

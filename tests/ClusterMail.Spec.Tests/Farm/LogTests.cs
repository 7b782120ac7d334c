using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>The logs and traces of a running farm: what was said to one node is told by any other.</summary>
[Collection(nameof(FarmCollection))]
public class LogTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task EX_LOG_2_a_refusal_is_in_acceptlog_and_receivelog_and_found_by_address()
    {
        var victim = string.Create(CultureInfo.InvariantCulture, $"y{Guid.NewGuid():N}@example.org");
        using (var client = await SmtpConversation.OpenAsync(farm.Receiver, FarmFixture.Stranger))
        {
            await client.SayAsync("EHLO out.example.net");
            await client.SayAsync("MAIL FROM:<a@example.net>");
            Assert.StartsWith("550 5.1.1 ", await client.SayAsync($"RCPT TO:<{victim}>"), StringComparison.Ordinal);
            await client.SayAsync("QUIT");
        }
        var refusals = await RefusalsAsync(victim);
        Assert.Equal("127.0.0.9", refusals[0].GetProperty("client").GetString());
        Assert.Equal("a@example.net", refusals[0].GetProperty("sender").GetString());
        var session = refusals[0].GetProperty("session").GetString()!;
        var dialogue = (await farm.Farm.RunAsync("log", "receivelog")).Split('\n').Where(line => line.Contains($" [{session}] ", StringComparison.Ordinal)).ToList();
        Assert.Contains(dialogue, line => line.EndsWith($"RECV <- RCPT TO:<{victim}>", StringComparison.Ordinal));
        Assert.Contains(dialogue, line => line.EndsWith("SEND -> 550 5.1.1 Please mail to a valid e-mail address.", StringComparison.Ordinal));
        var accepts = (await farm.Farm.RunAsync("log", "acceptlog")).Split('\n');
        Assert.Contains(accepts, line => line.EndsWith(", (mx.example.jp), out.example.net [127.0.0.9], a@example.net,<>,abort", StringComparison.Ordinal));
        Assert.Contains(accepts, line => line.EndsWith($", (mx.example.jp), [127.0.0.9]:{farm.Receiver.Port}, Client accept now.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LOG_14_a_trace_begins_with_the_connect_and_ends_with_the_delivery()
    {
        var (sink, domain) = farm.TakeSink();
        using (var client = await SmtpConversation.OpenAsync(farm.Receiver))
        {
            await client.SayAsync("EHLO out.example.net");
            Assert.StartsWith("250", await client.MailAsync("a@example.net", [$"x@{domain}"], "Message-ID: <log-14@example.net>\r\nSubject: x\r\n\r\nhidden-body"), StringComparison.Ordinal);
        }
        await sink.OneAsync(mail => mail.MessageId == "log-14@example.net", Soon);
        var steps = new List<string>();
        await Until.TrueAsync(async () =>
        {
            var mails = (await farm.Farm.JsonAsync("trace", $"x@{domain}")).GetProperty("mails");
            steps = [.. mails[0].GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("what").GetString()!)];
            return steps.Contains("delivered") && steps.Contains("connect");
        }, Soon, "the trace is whole");
        Assert.Equal(["connect", "accepted", "delivered"], steps);
        foreach (var log in (string[])["acceptlog", "inlog", "receivelog", "outlog", "outlocallog", "senderlog", "faillog"])
            Assert.DoesNotContain("hidden-body", await farm.Farm.RunAsync("log", log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADMIN_42_a_live_trace_on_one_node_shows_checks_and_delivery_of_another()
    {
        var (_, domain) = farm.TakeSink();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var http = new HttpClient { BaseAddress = new Uri(farm.Farm.Nodes[1].Admin), Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", farm.Farm.Cluster.AdminToken);
        using var answer = await http.GetAsync($"/api/v1/trace/live?domain={domain}", HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        await lines.ReadLineAsync(limit.Token);
        var seen = new ConcurrentQueue<string>();
        var reading = Task.Run(async () =>
        {
            while (await lines.ReadLineAsync(limit.Token) is { } line)
                seen.Enqueue(JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!);
        });
        // The other nodes are asked after the first line has gone out, and a mail under way at that moment is seen in part: mails are sent until one is seen whole.
        string[] whole = ["RECV <- MAIL FROM:<a@example.net>", "CHECK PIPE-11 relay table=RELAY-", "-> RCPT TO:<x@", "RESULT "];
        await Until.TrueAsync(async () =>
        {
            using (var client = await SmtpConversation.OpenAsync(farm.Receiver))
            {
                await client.SayAsync("EHLO out.example.net");
                Assert.StartsWith("250", await client.MailAsync("a@example.net", [$"x@{domain}"], "Subject: x\r\n\r\nhidden-body"), StringComparison.Ordinal);
            }
            return whole.All(start => seen.Any(text => text.StartsWith(start, StringComparison.Ordinal)));
        }, Soon, "one mail is seen whole, from MAIL to its result");
        await limit.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.DoesNotContain(seen, text => text.Contains("hidden-body", StringComparison.Ordinal));
    }

    private async Task<JsonElement[]> RefusalsAsync(string address)
    {
        JsonElement[] found = [];
        await Until.TrueAsync(async () =>
        {
            found = [.. (await farm.Farm.JsonAsync("trace", address)).GetProperty("refusals").EnumerateArray()];
            return found.Length > 0;
        }, Soon, "the refusal is written");
        return found;
    }
}

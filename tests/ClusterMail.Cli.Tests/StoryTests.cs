using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Tests;

/// <summary>Trace and logs on the command line.</summary>
public sealed class StoryTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly TraceResult Story = new(
        [
            new MailTrace("B0000000012", "", At, 1234, null,
                [new TraceRecipient(0, "taro@example.jp", "example.jp", "delivered", 1, At.AddSeconds(3), null, "250 2.0.0 Ok")],
                [
                    new TraceStep(At.AddSeconds(-1), "n1", "connect", null, "203.0.113.7 to port 25, session S1-1", []),
                    new TraceStep(At, "n1", "accepted", null, "from <>, client 203.0.113.7", []),
                    new TraceStep(At.AddSeconds(3), "n2", "delivered", "taro@example.jp", "example.jp: 250 2.0.0 Ok", ["-> MAIL FROM:<>", "<- 250 \u001b[31mok"]),
                ]),
        ],
        false,
        [new TraceRefusal(At, "n2", "S2-7", "203.0.113.9", 25, "pc", "a@example.net", ["y@example.org"], "550 5.1.1 Please mail to a valid e-mail address.", "RELAY-60", ["RECV <- RCPT TO:<y@example.org>"])]);

    private static Task<AdminPeer> PeerAsync<T>(string path, T answer, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        AdminPeer.StartAsync().ContinueWith(started => started.Result.Answering("GET", path, answer, type), TaskScheduler.Default);

    [Fact]
    public async Task LOG_14_a_trace_shows_connect_acceptance_outcome_dialogue_and_what_was_refused()
    {
        await using var peer = await PeerAsync(Routes.Trace, Story, AdminJson.Default.TraceResult);
        var shown = (await Cli.RunAsync("trace", "B12", "--url", peer.Url, "--token", AdminPeer.Token)).StandardOutput;
        foreach (var part in new[]
            {
                "B0000000012", "from <>, 1.2 KB", "connect", "session S1-1", "delivered", "-> MAIL FROM:<>", "n2", "RELAY-60", "refused before it got a number",
                "550 5.1.1 Please mail to a valid e-mail address.", "RECV <- RCPT TO:<y@example.org>",
            })
            Assert.Contains(part, shown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', shown);
    }

    [Fact]
    public async Task LOG_14_a_trace_is_told_in_japanese_where_the_locale_is()
    {
        await using var peer = await PeerAsync(Routes.Trace, Story, AdminJson.Default.TraceResult);
        var shown = (await Cli.RunAsync(new Dictionary<string, string?> { ["LANG"] = "ja_JP.UTF-8" }, ["trace", "B12", "--url", peer.Url, "--token", AdminPeer.Token])).StandardOutput;
        foreach (var part in new[] { "差出人 <>", "接続", "受信", "配送済", "番号が付く前に拒否", "判定規則 RELAY-60" })
            Assert.Contains(part, shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADMIN_42_a_live_trace_prints_each_line_with_its_node()
    {
        await using var peer = await PeerAsync(Routes.TraceLive, new LiveEntry(At, "n2", "S1-1", "203.0.113.7:4711", "CHECK MAIL=RELAY-31 passed"), AdminJson.Default.LiveEntry);
        var shown = (await Cli.RunAsync("trace", "--live", "--domain", "example.jp", "--node", "n2", "--minutes", "5", "--url", peer.Url, "--token", AdminPeer.Token)).StandardOutput;
        Assert.EndsWith(" n2 [S1-1] CHECK MAIL=RELAY-31 passed\n", shown, StringComparison.Ordinal);
        Assert.Equal($"{Routes.TraceLive}?domain=example.jp&node=n2&minutes=5", Assert.Single(peer.Requests).PathAndQuery);
    }

    [Theory]
    [InlineData("trace")]
    [InlineData("trace", "B12", "--live")]
    [InlineData("trace", "--live", "--minutes", "31")]
    [InlineData("log", "inlog", "--follow", "--out", "x")]
    public async Task ADMIN_42_what_makes_no_sense_is_a_slip_of_the_pen(params string[] arguments) => Assert.Equal(2, (await Cli.RunAsync(arguments)).ExitCode);

    [Fact]
    public async Task LOG_10_LOG_11_files_are_written_by_log_node_and_day()
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-logs-");
        try
        {
            await using var peer = await PeerAsync(
                Routes.Fill(Routes.LogFiles, LogNames.In), new LogFiles([new("n1", "2014-06-09", "inlog/n1/140609.log")]), AdminJson.Default.LogFiles);
            peer.Answering("GET", Routes.Fill(Routes.Log, LogNames.In), new NumberStatus(1, "line"), AdminJson.Default.NumberStatus);
            var result = await Cli.RunAsync("log", "inlog", "--from", "2014-06-09", "--to", "2014-06-09", "--out", folder.FullName, "--url", peer.Url, "--token", AdminPeer.Token);
            Assert.Equal((0, ""), (result.ExitCode, result.StandardError));
            Assert.Equal("{\"last\":1,\"printed\":\"line\"}", await File.ReadAllTextAsync(Path.Combine(folder.FullName, "inlog", "n1", "140609.log")));
            Assert.Equal(
                [$"{Routes.Fill(Routes.LogFiles, LogNames.In)}?from=2014-06-09&to=2014-06-09", $"{Routes.Fill(Routes.Log, LogNames.In)}?day=2014-06-09&node=n1"],
                peer.Requests.Select(request => request.PathAndQuery));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task LOG_10_no_answer_of_a_node_makes_a_file_outside_the_folder()
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-logs-");
        try
        {
            await using var peer = await PeerAsync(Routes.Fill(Routes.LogFiles, LogNames.In), new LogFiles([new("n1", "2014-06-09", "../../evil.log")]), AdminJson.Default.LogFiles);
            Assert.Equal(1, (await Cli.RunAsync("log", "inlog", "--out", folder.FullName, "--url", peer.Url, "--token", AdminPeer.Token)).ExitCode);
            Assert.Empty(folder.EnumerateFileSystemInfos());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

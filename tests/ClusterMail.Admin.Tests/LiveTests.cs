using System.Net;
using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Queue.Logs;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Admin.Tests;

/// <summary>The live trace over HTTP, of several nodes (ADMIN-42).</summary>
public sealed class LiveTests
{
    private static readonly ClientConnection Client = new()
    {
        Remote = new IPEndPoint(IPAddress.Parse("203.0.113.7"), 4711),
        Local = new IPEndPoint(IPAddress.Loopback, 25),
        Purpose = ListenerPurpose.Relay,
        SessionId = "S1",
    };

    private static async Task<LiveEntry> NextAsync(StreamReader lines, CancellationToken cancel) =>
        JsonSerializer.Deserialize((await lines.ReadLineAsync(cancel))!, AdminJson.Default.LiveEntry)!;

    [Fact]
    public async Task ADMIN_42_what_happens_is_told_as_it_happens_until_the_reader_goes()
    {
        await using var host = await AdminHost.StartAsync();
        var live = host.Service<LiveTrace>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using (var response = await host.Client.GetAsync($"{Routes.TraceLive}?ip=203.0.113.7", HttpCompletionOption.ResponseHeadersRead, limit.Token))
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));
            Assert.StartsWith("watching node1 for 30 minutes", (await NextAsync(lines, limit.Token)).Text, StringComparison.Ordinal);
            Assert.True(live.IsWatched);
            live.Saw(Client, DateTimeOffset.UtcNow, "RECV <- EHLO pc");
            var entry = await NextAsync(lines, limit.Token);
            Assert.Equal(("node1", "S1", "203.0.113.7:4711", "RECV <- EHLO pc"), (entry.Node, entry.Id, entry.Client, entry.Text));
        }
        while (live.IsWatched)
            await Task.Delay(20, limit.Token);
    }

    [Fact]
    public async Task ADMIN_42_the_other_nodes_are_watched_through_their_own_admin_api()
    {
        await using var here = await AdminHost.StartAsync();
        await using var there = await AdminHost.StartAsync();
        await here.Service<Store.NodeStore>().RegisterAsync(
            new("n2", "akka.tcp://clustermail@127.0.0.1:2", there.Client.BaseAddress!.ToString(), "", "1", ["receive"]), Scene.Lease, default);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var response = await here.Client.GetAsync($"{Routes.TraceLive}?domain=example.jp", HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));
        Assert.Contains("n2", (await NextAsync(lines, limit.Token)).Text, StringComparison.Ordinal);
        while (!there.Service<LiveTrace>().IsWatched)
            await Task.Delay(20, limit.Token);
        there.Service<LiveTrace>().Saw(Client, DateTimeOffset.UtcNow, "RECV <- MAIL FROM:<a@example.jp>");
        var entry = await NextAsync(lines, limit.Token);
        Assert.Equal(("S1", "RECV <- MAIL FROM:<a@example.jp>"), (entry.Id, entry.Text));
    }

    [Fact]
    public async Task ADMIN_42_a_node_that_is_not_there_is_told_and_the_others_go_on()
    {
        await using var host = await AdminHost.StartAsync();
        await host.Service<Store.NodeStore>().RegisterAsync(new("n2", "akka.tcp://clustermail@127.0.0.1:2", "http://127.0.0.1:1", "", "1", ["receive"]), Scene.Lease, default);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var response = await host.Client.GetAsync(Routes.TraceLive, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));
        await NextAsync(lines, limit.Token);
        Assert.StartsWith("n2 cannot be watched", (await NextAsync(lines, limit.Token)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ip=localhost")]
    [InlineData("id=nothing")]
    [InlineData("minutes=31")]
    [InlineData("minutes=0")]
    public async Task ADMIN_42_it_lasts_30_minutes_at_most_and_a_filter_must_be_one(string query)
    {
        await using var host = await AdminHost.StartAsync();
        Assert.Equal(400, (await host.RefusedAsync($"{Routes.TraceLive}?{query}")).Status);
        Assert.False(host.Service<LiveTrace>().IsWatched);
    }

    [Fact]
    public async Task MSGID_3_the_counter_is_shown_raised_and_never_lowered()
    {
        await using var host = await AdminHost.StartAsync();
        var raised = await host.SendAsync(HttpMethod.Post, Routes.QueueNumber, new NumberRaise(318_868), AdminJson.Default.NumberRaise, AdminJson.Default.NumberStatus);
        Assert.Equal("B0000318868", raised.Printed);
        Assert.Equal(318_868, (await host.GetAsync(Routes.QueueNumber, AdminJson.Default.NumberStatus)).Last);
        var problem = await host.RefusedAsync(HttpMethod.Post, Routes.QueueNumber, new NumberRaise(318_868), AdminJson.Default.NumberRaise);
        Assert.Equal((409, "MSGID-3"), (problem.Status, problem.Rule));
        Assert.Equal(1, await host.Database.ScalarAsync<long>("SELECT count(*) FROM event WHERE kind = 'number-raised'"));
    }
}

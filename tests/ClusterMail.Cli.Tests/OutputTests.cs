using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Tests;

public sealed class OutputTests
{
    private static readonly QueuePage Page = new(
        [
            new QueueEntry(
                "B0000000012-R0001", 0, "a-rather-long-sender-name@department.example.com", "an-even-longer-recipient@another-department.example.jp", "example.jp", "waiting", 3,
                DateTimeOffset.UtcNow.AddMinutes(-200), DateTimeOffset.UtcNow.AddMinutes(30), "450 4.2.1 mailbox \u001b[31mbusy\u001b[0m, try again later please", null, 81234),
        ],
        null);

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(132)]
    public async Task CLI_a_table_fits_the_terminal_and_ids_stay_whole(int columns)
    {
        var result = await ListAsync(columns);
        Assert.All(result.Split('\n'), line => Assert.True(line.TrimEnd().Length <= columns, line));
        Assert.Contains("B0000000012-R0001 ", result, StringComparison.Ordinal);
        Assert.Equal(2, result.TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public async Task CLI_a_reply_of_another_server_cannot_command_the_terminal()
    {
        var result = await ListAsync(columns: null);
        Assert.DoesNotContain('\u001b', result);
        Assert.Contains("450 4.2.1 mailbox ?[31mbusy?[0m, try again later please", result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLI_json_is_the_nodes_answer_as_it_came()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Queue, Page, AdminJson.Default.QueuePage);
        var result = await Cli.RunAsync("queue", "list", "--json", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(Page, AdminJson.Default.QueuePage) + "\n", result.StandardOutput);
    }

    [Fact]
    public async Task CLI_filters_of_a_list_reach_the_node()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Queue, Page, AdminJson.Default.QueuePage);
        await Cli.RunAsync("queue", "list", "--recipient", "@example.jp", "--older-than", "2h", "--limit", "7", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal($"{Routes.Queue}?recipient=%40example.jp&olderThan=7200&limit=7", Assert.Single(peer.Requests).PathAndQuery);
    }

    [Fact]
    public async Task CLI_why_shows_cause_reply_limit_and_what_to_type_next()
    {
        var why = new QueueWhy(
            "B0000000012", "", DateTimeOffset.UtcNow.AddHours(-3), SwitchWord.On, SwitchWord.Off,
            [
                new RecipientWhy(
                    0, "b@example.jp", "example.jp", "waiting", "The destination refused the last attempt.", "n2", SwitchWord.On, 4, DateTimeOffset.UtcNow.AddHours(-3),
                    DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(55), "450 4.7.1 later", "Refused", null, null, 20, 117),
            ],
            ["clustermail queue retry B0000000012"]);
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Fill(Routes.QueueWhy, "B0000000012"), why, AdminJson.Default.QueueWhy);
        var shown = (await Cli.RunAsync("queue", "why", "B0000000012", "--url", peer.Url, "--token", AdminPeer.Token)).StandardOutput;
        foreach (var part in new[] { "<>", "delivery is off", "The destination refused", "owner n2", "450 4.7.1 later", "20 connections", "117 waiting", "in 54m", "clustermail queue retry B0000000012" })
            Assert.Contains(part, shown, StringComparison.Ordinal);
        Assert.True(shown.Split('\n').Length < 24, "one screen");
    }

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(45, "45s")]
    [InlineData(125, "2m05s")]
    [InlineData(720, "12m")]
    [InlineData(11_100, "3h05m")]
    [InlineData(187_200, "2d04h")]
    public void CLI_ages_are_said_as_people_say_them(int seconds, string expected) => Assert.Equal(expected, Ages.Of(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void CLI_a_difference_shows_only_the_lines_that_changed() =>
        Assert.Equal([('-', "b"), ('+', "x"), ('+', "y")], LineDifference.Between("a\nb\nc\n", "a\nx\ny\nc\n"));

    private static async Task<string> ListAsync(int? columns)
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Queue, Page, AdminJson.Default.QueuePage);
        var result = await Cli.RunAsync(
            new Dictionary<string, string?> { ["COLUMNS"] = columns?.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            ["queue", "list", "--url", peer.Url, "--token", AdminPeer.Token]);
        Assert.Equal("", result.StandardError);
        return result.StandardOutput;
    }
}

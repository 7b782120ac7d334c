using System.Globalization;
using System.Text.Json;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>The settings of a whole farm: how fast they are taken over, and what two people and a broken text do to them.</summary>
[Collection(nameof(FarmCollection))]
public class SettingsTests(FarmFixture farm)
{
    /// <summary>ADMIN-24.</summary>
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(5);

    /// <summary>What a machine busy with other things may take on top of a promise.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task ADMIN_24_under_load_a_change_made_on_one_node_is_in_force_on_the_two_others_within_5_s()
    {
        var (sink, domain) = farm.TakeSink();
        var load = new LoadGenerator([.. farm.Farm.Nodes.Select(node => node.Receiver)], domain);
        var stop = new TaskCompletionSource();
        var running = load.SendUntilAsync(6, stop.Task);
        var times = new List<TimeSpan>();
        try
        {
            await Until.TrueAsync(() => load.Accepted.Count > 100, Soon, "load");
            foreach (var size in new[] { 70_000_001, 70_000_002, 70_000_003 })
            {
                await OnAsync(farm.Farm.Nodes[0], "settings", "set", $"receive.max_bytes={size}");
                var seen = farm.Farm.Nodes.Skip(1).Select(node => Until.TrueAsync(async () => (await EhloAsync(node)).Contains($"SIZE {size}", StringComparison.Ordinal), Soon, $"{node.Name} showing SIZE {size}"));
                times.Add((await Task.WhenAll(seen)).Max());
            }
        }
        finally
        {
            stop.SetResult();
            await running;
            await farm.Farm.SetAsync("receive.max_bytes", "78643200");
        }
        // One of three may meet a moment in which this machine has no time for anybody.
        Assert.True(times.Order().ElementAt(1) < Promise, string.Join(", ", times.Select(time => time.TotalSeconds.ToString("0.0 s", CultureInfo.InvariantCulture))));
        Assert.Empty(load.Permanent);
        await Until.TrueAsync(() => sink.Count >= load.Accepted.Count, TimeSpan.FromSeconds(60), "every acknowledged mail");
    }

    [Fact]
    public async Task EX_ADMIN_2_of_two_administrators_who_save_on_two_nodes_at_once_one_is_refused_and_told_and_nothing_is_overwritten()
    {
        var basis = await VersionAsync();
        string[] values = ["91", "92"];
        var saves = await Task.WhenAll(values.Select((value, number) =>
            TryOnAsync(farm.Farm.Nodes[number + 1], "settings", "set", $"log.retention_days={value}", "--base", basis.ToString(CultureInfo.InvariantCulture))));
        try
        {
            Assert.Equal([0, 1], saves.Select(save => save.ExitCode).Order());
            var (winner, loser) = saves[0].ExitCode == 0 ? (values[0], saves[1]) : (values[1], saves[0]);
            Assert.Contains("changed since by", loser.Errors, StringComparison.Ordinal);
            Assert.Contains($"settings diff {basis} {basis + 1}", loser.Errors, StringComparison.Ordinal);
            Assert.Equal(basis + 1, await VersionAsync());
            Assert.Equal(winner, (await farm.Farm.JsonAsync("settings", "get", "log.retention_days")).GetProperty("value").GetString());
        }
        finally
        {
            await farm.Farm.RunAsync("settings", "set", "--unset", "log.retention_days");
        }
    }

    [Fact]
    public async Task EX_ADMIN_3_a_broken_relay_list_is_refused_on_every_node_with_line_and_rule_and_no_version_is_made()
    {
        var before = await VersionAsync();
        var file = Path.Combine(Directory.CreateTempSubdirectory("clustermail-relay").FullName, "effect.dat");
        await File.WriteAllTextAsync(file, "#<> default\n#blank false\n192.168.1.*\ttrue\n", TestContext.Current.CancellationToken);
        foreach (var node in farm.Farm.Nodes)
        {
            var refused = await TryOnAsync(node, "relay", "import", file);
            Assert.Equal(1, refused.ExitCode);
            Assert.StartsWith("clustermail: relay.rules:3:12: ", refused.Errors, StringComparison.Ordinal);
            Assert.Contains("RELAY-1", refused.Errors, StringComparison.Ordinal);
        }
        Assert.Equal(before, await VersionAsync());
    }

    [Fact]
    public async Task ADMIN_26_a_version_no_node_can_load_is_told_by_event_metric_and_status_and_mail_goes_on_by_the_last_good_one()
    {
        var (sink, domain) = farm.TakeSink();
        await using var database = NpgsqlDataSource.Create(farm.Farm.Cluster.Database);
        var broken = await VersionAsync() + 1;
        // Which version a node goes on with is the last it has seen; a change just made may not have reached all of them.
        await Until.TrueAsync(async () => (await farm.Farm.JsonAsync("settings", "effective")).GetProperty("nodes").EnumerateArray()
            .All(node => node.GetProperty("inForce").GetInt64() == broken - 1), Soon, "the last good version on every node");
        await using (var insert = database.CreateCommand("INSERT INTO setting_version (version, saved_by, values) VALUES ($1, 'test', '{\"receive.max_rcpt\": {\"no\": \"text\"}}')"))
        {
            insert.Parameters.Add(new NpgsqlParameter { Value = broken });
            await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        try
        {
            foreach (var node in farm.Farm.Nodes)
                await Until.TrueAsync(async () => (await EventsAsync()).Contains($"{node.Name} cannot load settings version {broken} and goes on with {broken - 1}", StringComparison.Ordinal), Soon, $"the event of {node.Name}");
            await farm.SendAsync("a@example.net", $"x@{domain}");
            await Until.TrueAsync(() => sink.Count == 1, Soon, "the mail");
            using var client = new HttpClient();
            var metrics = await client.GetStringAsync(new Uri(farm.Farm.Nodes[0].Admin.TrimEnd('/') + "/metrics"), TestContext.Current.CancellationToken);
            Assert.Matches(@"(?m)^clustermail_settings_failing_seconds\{?.*\}? [1-9]", metrics);
            await Until.TrueAsync(async () => (await farm.Farm.RunAsync("cluster", "status")).Contains($"n1 still works by settings version {broken - 1} of {broken}", StringComparison.Ordinal), Soon, "the warning in the status");
        }
        finally
        {
            await using var delete = database.CreateCommand("DELETE FROM setting_version WHERE saved_by = 'test'");
            await delete.ExecuteNonQueryAsync(CancellationToken.None);
        }
        await Until.TrueAsync(async () => (await EventsAsync()).Contains("all is well again", StringComparison.Ordinal), Soon, "the end of it");
    }

    [Fact]
    public async Task ADMIN_43_ADMIN_51_ADMIN_4_effective_settings_export_import_and_setup_work_on_a_farm()
    {
        var effective = await farm.Farm.JsonAsync("settings", "effective");
        Assert.Equal(["n1", "n2", "n3"], effective.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("node").GetString()));
        Assert.Contains("Resending interval", await farm.Farm.RunAsync("settings", "effective", "--original"), StringComparison.Ordinal);
        var folder = Directory.CreateTempSubdirectory("clustermail-archive").FullName;
        var (archive, answers) = (Path.Combine(folder, "farm.toml"), Path.Combine(folder, "answers.json"));
        await farm.Farm.RunAsync("settings", "export", "--accounts", "--to", archive);
        Assert.Contains("nothing changed", await farm.Farm.RunAsync("settings", "import", archive, "--dry-run"), StringComparison.Ordinal);

        var before = await VersionAsync();
        await File.WriteAllTextAsync(answers, JsonSerializer.Serialize(new { hostName = "other.example", adminAddress = "", domains = new[] { new { name = FarmFixture.Domain, kind = "relay" } } }), TestContext.Current.CancellationToken);
        var lacking = await farm.Farm.TryAsync("setup", "--file", answers, "--yes");
        Assert.Equal(1, lacking.ExitCode);
        Assert.Contains("adminAddress", lacking.Errors, StringComparison.Ordinal);
        Assert.Equal(before, await VersionAsync());
    }

    private Task<string> EventsAsync() => farm.Farm.RunAsync("cluster", "events", "--kind", "settings", "--limit", "50");

    private async Task<long> VersionAsync() => (await farm.Farm.JsonAsync("settings", "list")).GetProperty("version").GetInt64();

    private static async Task<string> EhloAsync(FarmNode node)
    {
        using var client = await SmtpConversation.OpenAsync(node.Receiver);
        return await client.SayAsync("EHLO client.test");
    }

    private async Task OnAsync(FarmNode node, params string[] arguments)
    {
        var result = await TryOnAsync(node, arguments);
        Assert.True(result.ExitCode == 0, result.Errors);
    }

    /// <summary>The command line, against this node's own admin API.</summary>
    private Task<Tool.Result> TryOnAsync(FarmNode node, params string[] arguments) =>
        Tool.RunAsync(TimeSpan.FromSeconds(60), ClusterMail.Testing.Processes.Farm.Program("clustermail"), [.. arguments, "--url", node.Admin, "--token", farm.Farm.Cluster.AdminToken]);
}

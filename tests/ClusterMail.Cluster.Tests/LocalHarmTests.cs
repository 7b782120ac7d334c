using System.Globalization;
using System.Text.Json;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>
/// Drills that do their harm with tools of the machine: what the report says, and what the machine says meanwhile and afterwards, asked past the drill. As root, with
/// nftables, strace and libfaketime (tests/install).
/// </summary>
[Collection(ClusterFarm.Patient)]
public class LocalHarmTests
{
    private const string Domain = "clustermail-drill.test";
    private const string NoSpace = "No space left on device";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task CLU_22_a_drill_cuts_a_node_off_by_itself_and_the_node_stops_taking_mail_meanwhile()
    {
        await using var farm = await Farm.StartAsync();
        await using var drill = new RunningDrill(farm, "partition", "--node", "n2");
        await Until.TrueAsync(() => drill.Has("harm:"), Limit, () => $"the cut\n{drill.Output}");
        // Alive, reached by us, and by its own word without the database.
        await Until.TrueAsync(async () => (await StatusAsync(farm, 1, "live"), await StatusAsync(farm, 1, "ready")) == (200, 503), Limit, "n2 alive and not ready");
        Assert.Equal((200, 200), (await StatusAsync(farm, 0, "ready"), await StatusAsync(farm, 2, "ready")));
        var report = await drill.ReportAsync();
        Assert.Matches("[1-9][0-9]* packets dropped", Seen(report));
        await NothingIsLeftAsync(farm);
    }

    [Fact]
    public async Task CLU_22_a_drill_fills_the_disk_of_the_database_by_itself_and_all_comes_back_without_a_restart()
    {
        await using var farm = await Farm.StartAsync(2);
        var server = Postmaster(farm);
        await using var drill = new RunningDrill(farm, "disk-full");
        var report = await drill.ReportAsync();
        Assert.Contains(NoSpace, Seen(report), StringComparison.Ordinal);
        Assert.Contains(NoSpace, await File.ReadAllTextAsync(Path.Combine(PostgresControl.FolderOf(farm.Data)!, "log")), StringComparison.Ordinal);
        Assert.Equal(server, Postmaster(farm));
        await NothingIsLeftAsync(farm);
    }

    [Fact]
    public async Task CLU_22_a_drill_sets_the_clock_of_a_node_wrong_by_itself_and_right_again()
    {
        await using var farm = await Farm.StartAsync(2);
        await using var drill = new RunningDrill(farm, "clock", "--node", "n2");
        await Until.TrueAsync(async () => await AheadAsync(farm, 1) is > 50 and < 70, Limit, () => $"n2 a minute ahead\n{drill.Output}");
        Assert.InRange(await AheadAsync(farm, 0), -5, 5);
        // A second either way is what an HTTP date can tell, another is the machine's.
        Assert.Matches("n2 gave a time (58|59|60|61|62) s ahead", Seen(await drill.ReportAsync()));
        Assert.InRange(await AheadAsync(farm, 1), -5, 5);
        await NothingIsLeftAsync(farm);
    }

    [Fact]
    public async Task CLU_22_a_drill_lets_the_name_servers_fail_by_itself_and_what_waited_is_delivered()
    {
        await using var farm = await Farm.StartAsync(2, new Dictionary<string, string> { ["dns.servers"] = "127.0.0.1:9" });
        await using var drill = new RunningDrill(farm, "dns");
        await Until.TrueAsync(async () => (await farm.RunAsync("queue", "summary", "--json")).Contains("Unable to deliver to destination domain", StringComparison.Ordinal), Limit, () => $"mail that waits for DNS\n{drill.Output}");
        Assert.Matches("[1-9][0-9]* questions answered with SERVFAIL, [1-9][0-9]* not answered", Seen(await drill.ReportAsync()));
        await NothingIsLeftAsync(farm);
        Assert.Equal("127.0.0.1:9", (await farm.JsonAsync("settings", "get", "dns.servers")).GetProperty("value").GetString());
    }

    [Fact]
    public async Task CLU_22_an_interrupted_drill_undoes_its_harm_and_a_killed_one_is_put_right_by_clean()
    {
        await using var farm = await Farm.StartAsync();
        await using (var draining = new RunningDrill(farm, "drain", "--node", "n2"))
        {
            await Until.TrueAsync(async () => await StatusAsync(farm, 1, "ready") == 503, Limit, () => $"n2 drained\n{draining.Output}");
            await draining.EndAsync(Unix.Terminate);
        }
        await NothingIsLeftAsync(farm);

        await using (var interrupted = new RunningDrill(farm, "partition", "--node", "n2"))
        {
            await Until.TrueAsync(() => IsCutAsync(farm), Limit, () => $"the cut\n{interrupted.Output}");
            await interrupted.EndAsync(Unix.Terminate);
        }
        await NothingIsLeftAsync(farm);

        await using var killed = new RunningDrill(farm, "partition", "--node", "n2");
        await Until.TrueAsync(() => IsCutAsync(farm), Limit, () => $"the cut\n{killed.Output}");
        var another = await farm.TryAsync("drill", "kill", "--yes");
        Assert.Equal((1, true), (another.ExitCode, another.Errors.Contains("is at work", StringComparison.Ordinal)));
        await killed.EndAsync(Unix.Kill);
        Assert.True(await IsCutAsync(farm));
        var clean = await Tool.MustAsync(Limit, Farm.Program("clustermail"), "drill", "clean", "--json", "--data", farm.Data);
        Assert.Contains("\"cleaned\": true", clean, StringComparison.Ordinal);
        await NothingIsLeftAsync(farm);
        Assert.Contains("\"cleaned\": false", await farm.RunAsync("drill", "clean", "--json"), StringComparison.Ordinal);
    }

    /// <summary>No rule, no tracer, no mark, no line in a table, no mail; and every node as <c>up</c> starts it.</summary>
    private static async Task NothingIsLeftAsync(Farm farm)
    {
        Assert.False(await IsCutAsync(farm));
        Assert.False(File.Exists(Path.Combine(farm.Data, "drill.json")));
        Assert.Empty(Directory.EnumerateFiles(farm.Data, "drill*"));
        await farm.AllReadyAsync(Limit);
        Assert.Empty(Directory.EnumerateFiles(farm.Data, "false-clock", SearchOption.AllDirectories));
        Assert.DoesNotContain(Domain, await farm.RunAsync("domain", "list") + await farm.RunAsync("settings", "get", "route.table") + await farm.RunAsync("queue", "list"), StringComparison.Ordinal);
        foreach (var node in (await farm.JsonAsync("node", "list")).GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("pid").GetInt32().ToString(CultureInfo.InvariantCulture)))
        {
            Assert.DoesNotContain("faketime", await File.ReadAllTextAsync($"/proc/{node}/environ"), StringComparison.Ordinal);
            Assert.Contains("Gid:\t0\t", await File.ReadAllTextAsync($"/proc/{node}/status"), StringComparison.Ordinal);
        }
        Assert.Contains("TracerPid:\t0\n", await File.ReadAllTextAsync($"/proc/{Postmaster(farm)}/status"), StringComparison.Ordinal);
    }

    private static async Task<bool> IsCutAsync(Farm farm) =>
        (await Tool.MustAsync(Limit, "nft", "list", "tables")).Contains($"clustermail_drill_{new Npgsql.NpgsqlConnectionStringBuilder(farm.Cluster.Database).Port}", StringComparison.Ordinal);

    private static string Postmaster(Farm farm) => File.ReadLines(Path.Combine(PostgresControl.FolderOf(farm.Data)!, "data", "postmaster.pid")).First();

    private static string? Seen(JsonElement report) =>
        report.GetProperty("steps").EnumerateArray().Single(step => step.GetProperty("name").GetString() == "harm").GetProperty("seen").GetString();

    private static async Task<int> StatusAsync(Farm farm, int node, string health)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(3) };
        using var answer = await client.GetAsync(new Uri($"{farm.Nodes[node].Admin}/health/{health}"));
        return (int)answer.StatusCode;
    }

    /// <returns>Seconds; 0 while it does not answer.</returns>
    private static async Task<double> AheadAsync(Farm farm, int node)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(3) };
        try
        {
            using var answer = await client.GetAsync(new Uri($"{farm.Nodes[node].Admin}/health/live"));
            return (answer.Headers.Date!.Value - DateTimeOffset.UtcNow).TotalSeconds;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    /// <summary>A drill with a small load in a process of its own; its JSON goes to a file.</summary>
    private sealed class RunningDrill : IAsyncDisposable
    {
        private readonly Daemon _process;
        private readonly string _json;

        public RunningDrill(Farm farm, string kind, params IReadOnlyList<string> more)
        {
            _json = Path.Combine(farm.Data, $"report-{kind}.json");
            _process = Daemon.Start("/bin/sh",
            [
                "-c", "out=$1; shift; exec \"$@\" >\"$out\"", "sh", _json, Farm.Program("clustermail"), "drill", kind, "--yes", "--json", "--rate", "30", "--margin", "1", "--for", "6",
                "--data", farm.Data, .. more,
            ]);
        }

        public string Output => _process.Output;

        public bool Has(string text) => Output.Contains(text, StringComparison.Ordinal);

        /// <summary>Waits for its end, and that it passed.</summary>
        public async Task<JsonElement> ReportAsync()
        {
            await Until.TrueAsync(() => !_process.IsRunning, Limit, () => $"the end of the drill\n{Output}");
            var text = await File.ReadAllTextAsync(_json);
            Assert.True(text.Length > 0, Output);
            var report = JsonDocument.Parse(text).RootElement;
            Assert.True(report.GetProperty("check").GetProperty("passed").GetBoolean(), text);
            return report;
        }

        public async Task EndAsync(int signal)
        {
            Unix.Signal(_process.Pid, signal);
            await Until.TrueAsync(() => !_process.IsRunning, Limit, () => $"the end of the drill\n{Output}");
        }

        public ValueTask DisposeAsync() => _process.DisposeAsync();
    }
}

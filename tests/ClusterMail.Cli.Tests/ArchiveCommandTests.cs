using System.Text.Json;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Tests;

/// <summary><c>settings export</c>, <c>import</c> and <c>effective</c> as they are typed.</summary>
public sealed class ArchiveCommandTests
{
    private const string Text = "archive.format = 1\nnet.host_name = \"mx.example.jp\"\n";
    private static readonly SettingsImported Shown = new(7, 7, [new("receive.max_bytes", null, "5", "1000")], new AliasSaved(2, 0, 1, []), 3, 0, []);

    [Fact]
    public async Task ADMIN_51_an_export_goes_to_a_file_only_its_owner_reads_and_says_what_is_left_out()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.SettingsExport, new SettingsArchive(7, Text, ["route.credentials"]), AdminJson.Default.SettingsArchive);
        var file = Path.Combine(Directory.CreateTempSubdirectory("clustermail-archive").FullName, "farm.toml");
        var result = await Cli.RunAsync("settings", "export", "--to", file, "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Text, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.Contains("route.credentials", result.StandardError, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task ADMIN_51_a_pass_phrase_comes_from_a_file_and_never_from_the_command_line()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", Routes.SettingsExport, new SettingsArchive(7, Text, []), AdminJson.Default.SettingsArchive);
        var file = Path.Combine(Directory.CreateTempSubdirectory("clustermail-archive").FullName, "phrase");
        await File.WriteAllTextAsync(file, "correct horse battery\nsecond line\n", TestContext.Current.CancellationToken);
        var result = await Cli.RunAsync("settings", "export", "--accounts", "--pass-phrase-file", file, "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal((0, Text), (result.ExitCode, result.StandardOutput));
        Assert.Equal(new SettingsExport(true, "correct horse battery"), JsonSerializer.Deserialize(Assert.Single(peer.Requests).Body, AdminJson.Default.SettingsExport));
        var asked = await Cli.RunAsync("settings", "export", "--pass-phrase", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(2, asked.ExitCode);
    }

    [Fact]
    public async Task ADMIN_51_an_import_shows_the_difference_first_and_is_applied_on_the_version_that_was_shown()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", Routes.SettingsImport, Shown, AdminJson.Default.SettingsImported);
        var dry = await Import(peer, "--dry-run");
        Assert.Equal(0, dry.ExitCode);
        foreach (var part in new[] { "receive.max_bytes", "- 5", "+ 1000", "2 added, 0 changed, 1 removed", "3 created", "nothing was saved" })
            Assert.Contains(part, dry.StandardOutput, StringComparison.Ordinal);
        Assert.True(Sent(peer).Single().DryRun);

        var unasked = await Import(peer);
        Assert.Equal(2, unasked.ExitCode);
        Assert.All(Sent(peer), import => Assert.True(import.DryRun));

        Assert.Equal(0, (await Import(peer, "--yes")).ExitCode);
        Assert.Equal((false, 7L), (Sent(peer)[^1].DryRun, Sent(peer)[^1].Base!.Value));
        Assert.Equal(Text, Sent(peer)[^1].Text);
    }

    [Fact]
    public async Task ADMIN_43_effective_has_one_line_where_nodes_agree_and_one_for_each_where_they_do_not()
    {
        static SettingEntry Entry(string name, string value, SettingSource source) => new(name, value, source, "integer", "20", null, "", "sessions", "", "", "", true, false, 7);
        var effective = new EffectiveSettings(7,
        [
            new("n1", 7, [Entry("delivery.workers_per_node", "20", SettingSource.Default), Entry("delivery.retry_seconds", "300", SettingSource.Cluster)]),
            new("n2", 6, [Entry("delivery.workers_per_node", "9", SettingSource.Node), Entry("delivery.retry_seconds", "300", SettingSource.Cluster)]),
        ]);
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.SettingsEffective, effective, AdminJson.Default.EffectiveSettings);
        var lines = (await Cli.RunAsync("settings", "effective", "--url", peer.Url, "--token", AdminPeer.Token)).StandardOutput.Split('\n').Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToArray();
        foreach (var line in new[] { "delivery.workers_per_node n1 20 sessions default", "delivery.workers_per_node n2 9 sessions node", "delivery.retry_seconds * 300 sessions cluster", "n2 works by version 6; the newest is 7" })
            Assert.Contains(line, lines);
        var json = await Cli.RunAsync("settings", "effective", "--json", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(2, JsonSerializer.Deserialize(json.StandardOutput, AdminJson.Default.EffectiveSettings)!.Nodes.Count);
    }

    [Fact]
    public async Task ADMIN_54_the_status_shows_versions_of_programs_and_settings_and_its_warnings()
    {
        var node = new NodeStatus("n1", 1, "alive", 5, [], true, SwitchWord.On, SwitchWord.On, 0, "0.3.0", "", "", "", DateTimeOffset.UtcNow) { SettingsVersion = 41 };
        var status = new ClusterStatus("n1", "n1", 42, new(SwitchWord.On, null, null), new(SwitchWord.On, null, null), 0, null, DateTimeOffset.UtcNow, [node], [])
        {
            Warnings = ["n2 runs 0.1.0 and n1 0.3.0: more than one release apart"],
        };
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Cluster, status, AdminJson.Default.ClusterStatus);
        var shown = (await Cli.RunAsync("cluster", "status", "--url", peer.Url, "--token", AdminPeer.Token)).StandardOutput;
        foreach (var part in new[] { "0.3.0", "41", "more than one release apart" })
            Assert.Contains(part, shown, StringComparison.Ordinal);
    }

    private static Task<CliWrap.Buffered.BufferedCommandResult> Import(AdminPeer peer, params string[] more) =>
        Cli.TypeAsync(Text, ["settings", "import", "-", .. more, "--url", peer.Url, "--token", AdminPeer.Token]);

    private static SettingsImport[] Sent(AdminPeer peer) => [.. peer.Requests.Select(r => JsonSerializer.Deserialize(r.Body, AdminJson.Default.SettingsImport)!)];
}

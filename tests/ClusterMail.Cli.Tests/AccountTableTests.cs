using System.Text.Json;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Tests;

public sealed class AccountTableTests
{
    private static readonly AdminJson Json = AdminJson.Default;
    private static readonly string Path = Routes.Accounts + "/taro@example.jp/tables/destination";
    private static readonly string CheckPath = Path + "/check";
    private static readonly AccountTable Before = new("taro@example.jp", "destination", "sender.dat", 7, "*@a.example\n", DateTimeOffset.UnixEpoch, "hanako");
    private static readonly AccountTableSaved Saved =
        new("taro@example.jp", "destination", 8, "*@a.example\n", "*@b.example,-1\n", ["sender.dat: warning: add *,0 for the rest (DEST-5)"]);

    private static Task<CliWrap.Buffered.BufferedCommandResult> RunAsync(AdminPeer peer, params string[] words) => Cli.RunAsync(["account", "destination", .. words, "--url", peer.Url, "--token", AdminPeer.Token]);

    [Fact]
    public async Task DEST_1_a_table_is_shown_exported_checked_and_taken_away()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Path, Before, Json.AccountTable)
            .Answering("POST", CheckPath, Saved, Json.AccountTableSaved).Answering("DELETE", Path, Saved with { After = "", Notes = [] }, Json.AccountTableSaved);
        using var folder = new TemporaryFolder();
        var file = System.IO.Path.Combine(folder.Path, "sender.dat");
        await File.WriteAllTextAsync(file, "*@b.example,-1\n");

        Assert.Equal("*@a.example\n", (await RunAsync(peer, "show", "taro@example.jp")).StandardOutput);
        Assert.Equal(Before, JsonSerializer.Deserialize((await RunAsync(peer, "show", "taro@example.jp", "--json")).StandardOutput, Json.AccountTable));
        Assert.Equal("*@a.example\n", (await RunAsync(peer, "export", "taro@example.jp")).StandardOutput);
        var check = await RunAsync(peer, "check", "taro@example.jp", file);
        Assert.Equal(
            (0, "fine; this would change:\ndestination\n  - *@a.example\n  + *@b.example,-1\nnote: sender.dat: warning: add *,0 for the rest (DEST-5)\n"), (check.ExitCode, check.StandardOutput));
        Assert.StartsWith("taro@example.jp has no such table any more\n", (await RunAsync(peer, "remove", "taro@example.jp")).StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DEST_5_an_import_prints_what_changed_and_the_warning()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("PUT", Path, Saved, Json.AccountTableSaved);
        using var folder = new TemporaryFolder();
        var file = System.IO.Path.Combine(folder.Path, "sender.dat");
        await File.WriteAllBytesAsync(file, [.. "' "u8, 0x8E, 0xD0, 0x93, 0xE0, .. "\r\n*@b.example,-1\r\n"u8]);
        var result = await RunAsync(peer, "import", "taro@example.jp", file, "--base", "7");
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("saved for taro@example.jp\n", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("(DEST-5)", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(new AccountTableChange("' 社内\r\n*@b.example,-1\r\n", 7), JsonSerializer.Deserialize(peer.Requests[^1].Body, Json.AccountTableChange));
    }

    [Fact]
    public async Task DEST_1_a_fault_is_printed_as_a_compiler_would()
    {
        var problem = new Problem { Status = 400, Title = "usetime.dat line 2: no weekday (UTIME-3)", Name = "usetime.dat", Line = 2, Column = 3, Rule = "UTIME-3" };
        await using var peer = (await AdminPeer.StartAsync()).Answering("PUT", Path, problem, Json.Problem, problem.Status);
        using var folder = new TemporaryFolder();
        var file = System.IO.Path.Combine(folder.Path, "sender.dat");
        await File.WriteAllTextAsync(file, "x");
        var result = await RunAsync(peer, "import", "taro@example.jp", file);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("usetime.dat:2:3: ", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DEST_1_after_a_fault_the_edited_text_is_kept_and_the_command_to_type_next_is_said()
    {
        var problem = new Problem { Status = 400, Title = "line 1 is wrong", Rule = "DEST-1" };
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Path, Before, Json.AccountTable).Answering("PUT", Path, problem, Json.Problem, problem.Status);
        using var folder = new TemporaryFolder();
        var editor = System.IO.Path.Combine(folder.Path, "editor");
        await File.WriteAllTextAsync(editor, "#!/bin/sh\necho 'a@b@c' > \"$1\"\n");
        File.SetUnixFileMode(editor, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var result = await Cli.RunAsync(
            new Dictionary<string, string?> { ["EDITOR"] = editor, ["VISUAL"] = null }, ["account", "destination", "edit", "taro@example.jp", "--url", peer.Url, "--token", AdminPeer.Token]);
        Assert.Equal(1, result.ExitCode);
        var told = result.StandardError.Trim();
        Assert.Contains("correct it, then 'clustermail account destination import taro@example.jp --base 7 ", told, StringComparison.Ordinal);
        var kept = told[(told.LastIndexOf(' ') + 1)..].TrimEnd('.', '\'');
        Assert.Equal("a@b@c\n", await File.ReadAllTextAsync(kept));
        File.Delete(kept);
        Assert.Equal(new AccountTableChange("a@b@c\n", 7), JsonSerializer.Deserialize(peer.Requests.Last(request => request.Method == "PUT").Body, Json.AccountTableChange));
    }
}

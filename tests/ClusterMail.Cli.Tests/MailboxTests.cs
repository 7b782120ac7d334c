using System.Text;
using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cli.Tests;

public sealed class MailboxTests
{
    private const string Taro = "taro@example.jp";
    private static readonly DateTimeOffset At = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static byte[] Export(params (string Folder, long Uid, string Flags, string Content)[] messages)
    {
        using var stream = new MemoryStream();
        foreach (var (folder, uid, flags, content) in messages)
        {
            stream.Write(JsonSerializer.SerializeToUtf8Bytes(new ExportedMessage(folder, 5, uid, flags, At.AddSeconds(uid), content.Length), AdminJson.Default.ExportedMessage));
            stream.Write(Encoding.ASCII.GetBytes("\n" + content));
        }
        return stream.ToArray();
    }

    private static async Task<(int Code, string Output, string Errors)> ExportAsync(byte[] answer, string maildir)
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Fill(Routes.AccountMessages, Taro).Replace("%40", "@", StringComparison.Ordinal), answer);
        var result = await Cli.RunAsync("account", "export-mailbox", Taro, "--maildir", maildir, "--url", peer.Url, "--token", AdminPeer.Token);
        return (result.ExitCode, result.StandardOutput, result.StandardError);
    }

    [Fact]
    public async Task MIG_an_exported_mailbox_is_a_Maildir_that_Dovecot_reads_folders_flags_dates_and_all()
    {
        using var folder = new TemporaryFolder();
        var maildir = Path.Combine(folder.Path, "taro");
        var large = "Subject: large\r\n\r\n" + string.Concat(Enumerable.Repeat("0123456789\r\n.\r\n\r\r\n", 20_000));
        var (code, output, errors) = await ExportAsync(Export(
            ("INBOX", 1, "", "Subject: one\r\n\r\nbody\r\n"), ("INBOX", 7, "FRS", large), ("Projets/été", 1, "S", "Subject: three\r\n\r\n\r\n")), maildir);
        Assert.True(code == 0, errors);
        Assert.Equal($"3 messages written to {maildir}\n", output);

        await using var dovecot = await Dovecot.PrepareAsync(Taro);
        var read = await dovecot.ReadMaildirAsync(maildir, "mailbox flags date.received hdr.subject size.virtual");
        Assert.Equal(
            [
                "INBOX\t\t2026-01-31 12:00:01\tone\t22",
                $"INBOX\t\\Answered \\Flagged \\Seen\t2026-01-31 12:00:07\tlarge\t{large.Length}",
                "Projets.été\t\\Seen\t2026-01-31 12:00:01\tthree\t20",
            ], read.Select(line => line.Replace("\\Recent", "", StringComparison.Ordinal).Replace(" \t", "\t", StringComparison.Ordinal).TrimEnd()).Order(StringComparer.Ordinal));
        Assert.Equal(large.Replace("\r\n", "\n", StringComparison.Ordinal), await File.ReadAllTextAsync(Directory.GetFiles(Path.Combine(maildir, "cur"), "*:2,FRS").Single()));
        Assert.Empty(Directory.GetFiles(Path.Combine(maildir, "tmp")));
    }

    [Fact]
    public async Task MIG_an_export_that_breaks_off_fails_and_a_folder_that_holds_something_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        var whole = Export(("INBOX", 1, "", "Subject: one\r\n\r\nbody\r\n"));
        var (code, _, errors) = await ExportAsync(whole[..^5], Path.Combine(folder.Path, "broken"));
        Assert.Equal(1, code);
        Assert.Contains("ended in the middle of a message", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(folder.Path, "broken", "cur")));

        await File.WriteAllTextAsync(Path.Combine(folder.Path, "mine"), "x");
        (code, _, errors) = await ExportAsync(whole, folder.Path);
        Assert.Equal(1, code);
        Assert.Contains("is not empty", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "cur")));
    }

    [Fact]
    public async Task QUOTA_2_usage_and_folders_are_shown()
    {
        var status = new MailboxStatus(Taro, "here", 1000, 600, 3, [new("INBOX", 3, 600, 1, 4)]);
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", $"{Routes.Root}/accounts/{Taro}/mailbox", status, AdminJson.Default.MailboxStatus);
        var result = await Cli.RunAsync("account", "mailbox", Taro, "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.StartsWith("taro@example.jp: 3 messages, 600 octets of 1000\n", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("INBOX", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MXC_5_one_domain_or_all_is_dropped()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", Routes.RouteCacheDrop, new RouteCacheDropped(null, "done"), AdminJson.Default.RouteCacheDropped);
        Assert.Equal("done\n", (await Cli.RunAsync("route", "cache", "drop", "example.org", "--url", peer.Url, "--token", AdminPeer.Token)).StandardOutput);
        Assert.Equal("done\n", (await Cli.RunAsync("route", "cache", "drop", "--url", peer.Url, "--token", AdminPeer.Token)).StandardOutput);
        Assert.Equal(["""{"domain":"example.org","all":false}""", """{"all":true}"""], peer.Requests.Select(r => r.Body));
    }
}

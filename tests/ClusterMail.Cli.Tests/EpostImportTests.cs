using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Testing;

namespace ClusterMail.Cli.Tests;

/// <summary><c>import epost</c> as an administrator runs it: the large tree of the original into a farm of one node.</summary>
public sealed class EpostImportTests
{
    private static async Task<JsonElement> JsonAsync(LocalFarm farm, params string[] arguments)
    {
        using var document = JsonDocument.Parse(await farm.DoneAsync([.. arguments, "--json"]));
        return document.RootElement.Clone();
    }

    private static JsonElement[] Findings(string report)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(report));
        return [.. document.RootElement.Clone().GetProperty("findings").EnumerateArray()];
    }

    private static string Outcome(JsonElement[] findings, string file, int line) =>
        Assert.Single(findings, finding => finding.GetProperty("file").GetString() == file && finding.GetProperty("line").GetInt32() == line).GetProperty("outcome").GetString()!;

    private static async Task<long> VersionAsync(LocalFarm farm) => (await JsonAsync(farm, "settings", "list")).GetProperty("version").GetInt64();

    [Fact]
    public async Task ADMIN_52_a_tree_of_the_original_comes_in_once_whole_also_after_a_kill_and_a_second_run_changes_nothing()
    {
        await using var farm = await LocalFarm.UpAsync(1);
        using var folder = new TemporaryFolder();
        var tree = Path.Combine(folder.Path, "epost");
        EpostTree.Write(tree, japanese: true);
        string Report(string name) => Path.Combine(folder.Path, name);

        // ADMIN-53: a dry run tells the same and writes nothing.
        var dry = await farm.RunAsync("import", "epost", tree, "--dry-run", "--report", Report("dry.json"));
        Assert.Equal(1, dry.ExitCode);
        Assert.Contains("nothing was saved: --dry-run", dry.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("compat.relay.trust_envelope_sender", dry.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(0, await VersionAsync(farm));
        Assert.Empty((await JsonAsync(farm, "account", "list")).GetProperty("accounts").EnumerateArray());
        Assert.Equal(0, (await JsonAsync(farm, "queue", "summary")).GetProperty("mails").GetInt64());

        Assert.Equal(2, (await farm.RunAsync("import", "epost", tree)).ExitCode);
        Assert.Equal(0, await VersionAsync(farm));

        // Killed on its way, it is simply run again.
        await Cli.KillAsync(async () => await VersionAsync(farm) > 0, "import", "epost", tree, "--yes", "--data", farm.Data);

        var first = await farm.RunAsync("import", "epost", tree, "--yes", "--report", Report("first.json"));
        Assert.Equal(1, first.ExitCode);
        Assert.Contains("lines could not be taken", first.StandardError, StringComparison.Ordinal);
        await CheckAsync(farm, Findings(Report("first.json")));

        var second = await farm.RunAsync("import", "epost", tree, "--yes", "--report", Report("second.json"));
        Assert.Contains("Settings: nothing changes", second.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(1, await VersionAsync(farm));
        Assert.Empty(Findings(Report("second.json")).Where(finding => finding.GetProperty("outcome").GetString() is "imported" or "changed" && IsWork(finding)).Select(finding => $"{finding}"));
        Assert.Equal(3, (await JsonAsync(farm, "queue", "list")).GetProperty("entries").GetArrayLength());
        Assert.Equal(3, (await JsonAsync(farm, "account", "mailbox", "taro@example.jp")).GetProperty("folders").EnumerateArray().Sum(box => box.GetProperty("messages").GetInt64()));
        foreach (var secret in EpostTree.Secrets)
            foreach (var text in (string[])[first.StandardOutput, first.StandardError, await File.ReadAllTextAsync(Report("first.json")), await File.ReadAllTextAsync(Report("dry.json"))])
                Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    /// <summary>A line that changes something in the farm; keys, headings and switches that stay at their default do not.</summary>
    private static bool IsWork(JsonElement finding) =>
        finding.GetProperty("reason").GetString() is { } reason && !reason.StartsWith("key", StringComparison.Ordinal) && !reason.StartsWith("heading", StringComparison.Ordinal)
        && !reason.StartsWith("goes on", StringComparison.Ordinal) && !reason.Contains(" stays ", StringComparison.Ordinal) && !reason.StartsWith("the same password", StringComparison.Ordinal)
        && !reason.StartsWith("becomes the account's password", StringComparison.Ordinal) && !reason.StartsWith("all nodes deliver", StringComparison.Ordinal) && !reason.StartsWith("retry record", StringComparison.Ordinal);

    private static async Task CheckAsync(LocalFarm farm, JsonElement[] findings)
    {
        Assert.Contains(Outcome(findings, "ms/effect.dat", 5), (string[])["imported", "already there"]);
        Assert.Equal(1, await VersionAsync(farm));
        Assert.Contains("*.*.*.* norelay", await farm.DoneAsync("relay", "export"), StringComparison.Ordinal);
        Assert.Equal(
            ["hanako@example.jp", "info@example.com", "jiro@example.jp", "taro@example.jp"],
            (await JsonAsync(farm, "account", "list")).GetProperty("accounts").EnumerateArray().Select(account => account.GetProperty("address").GetString()).Order(StringComparer.Ordinal));
        var taro = await JsonAsync(farm, "account", "show", "taro@example.jp");
        Assert.Equal(("山田太郎", 3), (taro.GetProperty("fullName").GetString(), taro.GetProperty("tables").GetArrayLength()));
        Assert.True((await JsonAsync(farm, "account", "show", "hanako@example.jp")).GetProperty("smtpDisabled").GetBoolean());
        Assert.NotEqual(JsonValueKind.Undefined, (await JsonAsync(farm, "account", "show", "jiro@example.jp")).GetProperty("passwordAt").ValueKind);
        Assert.Contains("office@example.jp -> taro@example.jp", await farm.DoneAsync("alias", "export"), StringComparison.Ordinal);
        Assert.Equal("社外秘\n見積\n", await farm.DoneAsync("approval", "keywords", "show", "社外秘.txt"));
        Assert.True((await JsonAsync(farm, "queue", "number")).GetProperty("last").GetInt64() >= 300);

        // As the farm keeps them: a Maildir would have other line ends.
        using var http = new HttpClient { DefaultRequestHeaders = { { "Authorization", $"Bearer {farm.File.AdminToken}" } } };
        var kept = await http.GetByteArrayAsync(new Uri(new Uri(farm.File.Nodes[0].Admin), Routes.Fill(Routes.AccountMessages, "taro@example.jp")));
        Assert.All((byte[][])[EpostTree.Hello, EpostTree.Seen, EpostTree.Sent], message => Assert.True(kept.AsSpan().IndexOf(message) >= 0));

        var queue = (await JsonAsync(farm, "queue", "list")).GetProperty("entries").EnumerateArray().ToArray();
        Assert.Equal(["w@example.net", "y@example.net", "z@example.net"], queue.Select(entry => entry.GetProperty("recipient").GetString()).Order(StringComparer.Ordinal));
        Assert.True(queue.Single(entry => entry.GetProperty("recipient").GetString() == "w@example.net").GetProperty("attempts").GetInt32() >= 3);
        var mapped = findings.Single(finding => finding.GetProperty("file").GetString() == "mail/holding/B0000000202.MSG").GetProperty("reason").GetString()!;
        Assert.Contains(queue.Single(entry => entry.GetProperty("recipient").GetString() == "w@example.net").GetProperty("id").GetString()!, mapped, StringComparison.Ordinal);
    }
}

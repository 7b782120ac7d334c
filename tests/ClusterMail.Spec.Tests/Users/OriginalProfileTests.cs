using System.Security.Cryptography;
using System.Text;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Users;

/// <summary>A farm that took over a tree of the original with <c>--profile original</c>, seen by clients of the node that did not import it.</summary>
public sealed class OriginalProfileTests
{
    private static readonly TimeSpan InForce = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task ADMIN_52_with_the_original_profile_the_whole_farm_answers_as_the_original_did_and_a_second_run_changes_nothing()
    {
        await using var farm = await ClusterMail.Testing.Processes.Farm.StartAsync(2);
        var tree = Path.Combine(farm.Data, "epost");
        EpostTree.Write(tree, japanese: true);

        // 1: lines of the tree are wrong on purpose; the rest is taken.
        var imported = await farm.TryAsync("import", "epost", tree, "--profile", "original", "--yes");
        Assert.Equal(1, imported.ExitCode);
        var node = farm.Nodes[1];
        await Until.TrueAsync(async () => (await GreetedAsync(node)).Contains("AUTH PLAIN LOGIN CRAM-MD5", StringComparison.Ordinal), InForce, "the original's AUTH methods on the other node");

        using (var client = await SmtpConversation.OpenAsync(node.Receiver))
        {
            // VRFY-1: names are told to anybody. Accounts come after the settings.
            await client.SayAsync("EHLO client.test");
            await Until.TrueAsync(async () => (await client.SayAsync("VRFY taro@example.jp")).StartsWith("250 2.0.0 <taro@example.jp> 山田太郎", StringComparison.Ordinal), InForce, "the account on the other node");
            // AUTH-1, AUTH-7: CRAM-MD5 without TLS, for which the password that came with the tree is kept recoverable.
            var challenge = await client.SayAsync("AUTH CRAM-MD5");
            Assert.StartsWith("235", await client.SayAsync(CramMd5("taro@example.jp", "Secret123", challenge)), StringComparison.Ordinal);
        }

        using (var stranger = await SmtpConversation.OpenAsync(node.Receiver))
        {
            await stranger.SayAsync("EHLO client.test");
            // RELAY-61: a sender named true may relay from anywhere, as unsafe as it is; another may not.
            Assert.StartsWith("250", await stranger.SayAsync("MAIL FROM:<partner@example.net>"), StringComparison.Ordinal);
            Assert.StartsWith("250", await stranger.SayAsync("RCPT TO:<x@branch.example>"), StringComparison.Ordinal);
            await stranger.SayAsync("RSET");
            await stranger.SayAsync("MAIL FROM:<other@example.net>");
            Assert.StartsWith("550", await stranger.SayAsync("RCPT TO:<x@outside.example>"), StringComparison.Ordinal);
        }

        var version = (await farm.JsonAsync("settings", "list")).GetProperty("version").GetInt64();
        var again = await farm.TryAsync("import", "epost", tree, "--profile", "original", "--yes");
        Assert.Contains("Settings: nothing changes", again.Output, StringComparison.Ordinal);
        Assert.Equal(version, (await farm.JsonAsync("settings", "list")).GetProperty("version").GetInt64());
    }

    private static async Task<string> GreetedAsync(FarmNode node)
    {
        using var client = await SmtpConversation.OpenAsync(node.Receiver);
        return await client.SayAsync("EHLO client.test");
    }

    /// <summary>RFC 2195 §2.</summary>
    private static string CramMd5(string user, string password, string reply)
    {
        var challenge = Convert.FromBase64String(reply["334 ".Length..]);
#pragma warning disable CA5351 // The method asks for it.
        var digest = Convert.ToHexStringLower(HMACMD5.HashData(Encoding.UTF8.GetBytes(password), challenge));
#pragma warning restore CA5351
        return Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user} {digest}"));
    }
}

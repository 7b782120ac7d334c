using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>What one node learns of an attacker, all know (CLU-29).</summary>
[Collection(nameof(FarmCollection))]
public class LockoutTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    /// <summary>Nobody else in these tests comes from here.</summary>
    private static readonly IPAddress Attacker = IPAddress.Parse("127.0.0.44");
    private static readonly IPAddress Neighbour = IPAddress.Parse("127.0.0.45");

    [Fact]
    public async Task EX_CLU_8_and_CLU_29_ten_wrong_passwords_spread_over_three_nodes_lock_the_address_out_of_all_three()
    {
        // Loopback is exempt as it comes; here only those are whom other tests use.
        await farm.Farm.SetAsync("lockout.exempt", $"127.0.0.1 {FarmFixture.Stranger}");
        try
        {
            await TryPasswordsAsync(10);
            foreach (var node in farm.Farm.Nodes)
                await Until.TrueAsync(() => IsCutAsync(node.Receiver, Attacker), Soon, $"the address locked out of {node.Name}");
            foreach (var node in farm.Farm.Nodes)
                Assert.False(await IsCutAsync(node.Receiver, Neighbour), $"{node.Name} cuts somebody else");
        }
        finally
        {
            await farm.Farm.RunAsync("settings", "set", "--unset", "lockout.exempt");
        }
    }

    /// <summary>By turns at each node, one to a connection.</summary>
    private async Task TryPasswordsAsync(int count)
    {
        for (var attempt = 1; attempt <= count; attempt++)
        {
            using var client = await SmtpConversation.OpenTlsAsync(IPEndPoint.Parse(farm.Farm.Nodes[attempt % farm.Farm.Nodes.Count].Smtps), Attacker);
            await client.SayAsync("EHLO client.test");
            var reply = await client.SayAsync("AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0taro@{FarmFixture.Domain}\0wrong{attempt}")));
            // The nodes may have put their counts together before the last.
            Assert.Matches(attempt < count ? "^535 5\\.7\\.0" : "^(535|421)", reply);
        }
    }

    /// <summary>LOCK-1: no banner, not a word.</summary>
    private static async Task<bool> IsCutAsync(IPEndPoint receiver, IPAddress from)
    {
        try
        {
            using var client = await SmtpConversation.OpenAsync(receiver, from);
            return client.Last.Length == 0;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return true;
        }
    }
}

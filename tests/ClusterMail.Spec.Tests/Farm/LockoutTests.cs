using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>What one node learns of an attacker, all know (CLU-29). Clients come by the PROXY protocol: on this farm all of loopback are balancers, which are never locked out.</summary>
[Collection(nameof(FarmCollection))]
public class LockoutTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private const string Attacker = "203.0.113.44";
    private const string Neighbour = "203.0.113.45";

    [Fact]
    public async Task EX_CLU_8_and_CLU_29_ten_wrong_passwords_spread_over_three_nodes_lock_the_address_out_of_all_three()
    {
        await TryPasswordsAsync(10);
        // By its failures, and not by the connections of whoever looks whether it is locked out (LOCK-1).
        await Until.TrueAsync(async () => await ReasonAsync() == "auth", Soon, "the address locked out for its failed logins");
        foreach (var node in farm.Farm.Nodes)
            await Until.TrueAsync(async () => await IsCutAsync(node, Attacker), Soon, $"the address locked out of {node.Name}");
        foreach (var node in farm.Farm.Nodes)
            Assert.False(await IsCutAsync(node, Neighbour), $"{node.Name} cuts somebody else");
    }

    /// <summary>By turns at each node, one to a connection.</summary>
    private async Task TryPasswordsAsync(int count)
    {
        for (var attempt = 1; attempt <= count; attempt++)
        {
            using var client = await OpenAsync(farm.Farm.Nodes[attempt % farm.Farm.Nodes.Count], Attacker);
            await client.SayAsync("EHLO client.test");
            await client.StartTlsAsync();
            await client.SayAsync("EHLO client.test");
            var reply = await client.SayAsync("AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0taro@{FarmFixture.Domain}\0wrong{attempt}")));
            // The nodes may have put their counts together before the last.
            Assert.Matches(attempt < count ? "^535 5\\.7\\.0" : "^(535|421)", reply);
        }
    }

    private async Task<string?> ReasonAsync() => (await farm.Farm.JsonAsync("lockout", "list")).GetProperty("entries").EnumerateArray()
        .Where(entry => entry.GetProperty("address").GetString() == Attacker).Select(entry => entry.GetProperty("reason").GetString()).FirstOrDefault();

    /// <summary>LOCK-1: no banner, not a word.</summary>
    private static async Task<bool> IsCutAsync(FarmNode node, string from)
    {
        try
        {
            using var client = await OpenAsync(node, from);
            return client.Last.Length == 0;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return true;
        }
    }

    private static async Task<SmtpConversation> OpenAsync(FarmNode node, string from)
    {
        var client = await SmtpConversation.OpenAsync(IPEndPoint.Parse(node.ProxySmtp), greet: false);
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"PROXY TCP4 {from} 127.0.0.1 40000 25\r\n"));
        await client.ReadAsync();
        return client;
    }
}

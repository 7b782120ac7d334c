using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Queue.Lockout;
using ClusterMail.Store;

namespace ClusterMail.Queue.Tests;

/// <summary>Chapter 01 J, with as many nodes as a test needs on one real database.</summary>
public sealed class LockoutTests
{
    private static readonly IPAddress Stranger = IPAddress.Parse("203.0.113.9");
    private static readonly (string, string)[] Few = [("lockout.connections", "4"), ("lockout.auth_failures", "4")];

    private static LockoutStore Store(AuthScene scene) => new(scene.Database.Source);

    [Fact]
    public async Task LOCK_1_one_connection_too_many_locks_out_at_once_and_on_the_other_nodes_at_their_next_round()
    {
        await using var scene = await AuthScene.StartAsync(Few);
        var (other, exchange) = scene.Node("n2");
        await using var _ = exchange;
        for (var connection = 1; connection <= 4; connection++)
            Assert.False(scene.Guard.Connect(Stranger));
        Assert.True(scene.Guard.Connect(Stranger));
        Assert.False(other.IsLockedOut(Stranger));
        await scene.Exchange.RoundAsync(default);
        await exchange.RoundAsync(default);
        Assert.True(other.Connect(Stranger));
        Assert.False(other.Connect(IPAddress.Parse("203.0.113.10")));
        var row = Assert.Single(await Store(scene).ListAsync(default));
        Assert.Equal((LockoutKind.Connections, "203.0.113.9", "n1"), (row.Kind, row.Address, row.Node));
        Assert.InRange(row.Left, TimeSpan.FromSeconds(590), TimeSpan.FromSeconds(600));
    }

    [Fact]
    public async Task LOCK_1_a_round_with_nothing_to_tell_asks_only_when_the_version_that_was_seen_is_another_one()
    {
        await using var scene = await AuthScene.StartAsync(Few);
        long? seen = null;
        var (other, exchange) = scene.Node("n2", () => seen);
        await using var _ = exchange;
        await exchange.RoundAsync(default);
        seen = await Store(scene).VersionAsync(default);
        for (var connection = 1; connection <= 5; connection++)
            scene.Guard.Connect(Stranger);
        await scene.Exchange.RoundAsync(default);

        await exchange.RoundAsync(default);
        Assert.False(other.IsLockedOut(Stranger));
        seen = await Store(scene).VersionAsync(default);
        await exchange.RoundAsync(default);
        Assert.True(other.IsLockedOut(Stranger));

        // A look that is older than what is known, and what there is to tell, are no reason not to ask.
        seen--;
        Assert.True(await Store(scene).RemoveAsync("203.0.113.9", "tester", default));
        await exchange.RoundAsync(default);
        Assert.False(other.IsLockedOut(Stranger));
        seen = await Store(scene).VersionAsync(default);
        for (var connection = 1; connection <= 5; connection++)
            other.Connect(Stranger);
        await exchange.RoundAsync(default);
        Assert.Single(await Store(scene).ListAsync(default));
    }

    [Fact]
    public async Task LOCK_3_the_nodes_count_together_so_that_many_nodes_give_no_more_attempts()
    {
        await using var scene = await AuthScene.StartAsync(Few);
        var (other, exchange) = scene.Node("n2");
        await using var _ = exchange;
        foreach (var guard in (LockoutGuard[])[scene.Guard, other])
            for (var failure = 0; failure < 2; failure++)
                Assert.False(guard.FailedAuthentication(Stranger));
        await scene.Exchange.RoundAsync(default);
        await exchange.RoundAsync(default);
        await scene.Exchange.RoundAsync(default);
        Assert.True(scene.Guard.IsLockedOut(Stranger));
        Assert.True(other.IsLockedOut(Stranger));
        Assert.Equal(LockoutKind.Authentication, Assert.Single(await Store(scene).ListAsync(default)).Kind);
    }

    [Fact]
    public async Task LOCK_3_GAP_18_both_are_on_by_default_with_these_values()
    {
        await using var scene = await AuthScene.StartAsync();
        var rules = scene.Settings.Current.Lockout;
        Assert.Equal([60, 9], rules.Limits);
        Assert.Equal([60, 600], rules.Windows);
        Assert.Equal([600, 600], rules.Blocks);
    }

    [Fact]
    public async Task LOCK_2_removing_the_entry_sets_the_address_free_on_all_nodes_and_it_counts_from_nothing()
    {
        await using var scene = await AuthScene.StartAsync(Few);
        var (other, exchange) = scene.Node("n2");
        await using var _ = exchange;
        for (var failure = 1; failure <= 4; failure++)
            Assert.Equal(failure == 4, scene.Guard.FailedAuthentication(Stranger));
        await scene.Exchange.RoundAsync(default);
        await exchange.RoundAsync(default);
        Assert.True(other.IsLockedOut(Stranger));
        Assert.True(await Store(scene).RemoveAsync("203.0.113.9", "tester", default));
        Assert.False(await Store(scene).RemoveAsync("203.0.113.9", "tester", default));
        await scene.Exchange.RoundAsync(default);
        await exchange.RoundAsync(default);
        Assert.False(scene.Guard.IsLockedOut(Stranger));
        Assert.False(other.IsLockedOut(Stranger));
        Assert.False(scene.Guard.FailedAuthentication(Stranger));
    }

    [Theory]
    [InlineData("lockout.exempt", "203.0.113.0/24")]
    [InlineData("relay.rules", "203.0.113.9 default")]
    [InlineData("receive.balancers", "203.0.113.9")]
    [InlineData("lockout.connections", "0")]
    public async Task LOCK_2_exceptions_are_never_locked_out(string setting, string value)
    {
        await using var scene = await AuthScene.StartAsync();
        await scene.SaveAsync([.. Few.Where(one => one.Item1 != setting), (setting, value)]);
        for (var connection = 1; connection <= 10; connection++)
            Assert.False(scene.Guard.Connect(Stranger));
        await scene.Exchange.RoundAsync(default);
        Assert.Empty(await Store(scene).ListAsync(default));
        Assert.False(scene.Guard.Connect(Stranger));
    }

    [Theory]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::/64", "2001:db8:1:2::/64")]
    public void LOCK_1_an_IPv6_network_counts_as_one(string text, string key) => Assert.Equal(key, LockoutRules.KeyOf(text));

    [Fact]
    public async Task LOCK_1_ten_thousand_connections_of_honest_clients_cost_no_row()
    {
        await using var scene = await AuthScene.StartAsync();
        for (var client = 0; client < 10_000; client++)
            scene.Guard.Connect(new IPAddress([198, 18, (byte)(client >> 8), (byte)client]));
        await scene.Exchange.RoundAsync(default);
        Assert.Equal(0, await scene.Database.ScalarAsync<long>("SELECT count(*) FROM lockout_count"));
    }

    private static async Task<string?> ThroughBalancerAsync(AuthScene scene, string client, params string[] lines)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(scene.Proxied);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"PROXY TCP4 {client} 192.0.2.1 40000 25\r\n"));
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadLineAsync().WaitAsync(AuthScene.Patience);
        foreach (var line in lines)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"));
            do
                answer = await reader.ReadLineAsync().WaitAsync(AuthScene.Patience);
            while (answer is { Length: > 3 } && answer[3] == '-');
        }
        return answer;
    }

    [Fact]
    public async Task LOCK_1_behind_a_balancer_the_client_is_cut_without_a_word_and_nobody_else()
    {
        await using var scene = await AuthScene.StartAsync(Few);
        for (var connection = 1; connection <= 4; connection++)
            Assert.StartsWith("220 ", await ThroughBalancerAsync(scene, "203.0.113.9"), StringComparison.Ordinal);
        Assert.Null(await ThroughBalancerAsync(scene, "203.0.113.9"));
        Assert.StartsWith("220 ", await ThroughBalancerAsync(scene, "203.0.113.10"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LOCK_2_failed_logins_of_one_address_over_several_connections_end_in_421_and_then_in_silence()
    {
        await using var scene = await AuthScene.StartAsync([("compat.auth.allow_clear", "true"), ("lockout.auth_failures", "2")]);
        var wrong = "AUTH PLAIN " + Convert.ToBase64String("\0taro\0wrong"u8);
        Assert.Equal("535 5.7.0 Authentication failed", await ThroughBalancerAsync(scene, "203.0.113.9", "EHLO pc", wrong));
        Assert.Equal("535 5.7.0 Authentication failed", await ThroughBalancerAsync(scene, "203.0.113.9", "EHLO pc", wrong));
        Assert.Null(await ThroughBalancerAsync(scene, "203.0.113.9"));
        // The right password from elsewhere still opens the door: accounts are not locked, addresses are.
        Assert.Equal("235 2.0.0 Authentication successful.", await ThroughBalancerAsync(scene, "203.0.113.10", "EHLO pc", "AUTH PLAIN " + Convert.ToBase64String("\0taro\0Secret123"u8)));
    }

    [Fact]
    public async Task RELAY_50_a_filter_denies_a_client_on_all_nodes_and_RELAY_51_never_one_a_line_names()
    {
        await using var scene = await AuthScene.StartAsync();
        await scene.SaveAsync(("domain.table", "example.jp local"), ("relay.rules", "203.0.113.77 default"));
        var list = new ClientDenyList(Store(scene), () => scene.Settings.Current);
        Assert.False(await list.AddAsync(IPAddress.Parse("203.0.113.77"), "mail.dat", [], default));
        Assert.False(await list.AddAsync(Stranger, "mail.dat", [IPNetwork.Parse("203.0.113.0/24")], default));
        Assert.True(await list.AddAsync(Stranger, "mail.dat", [], default));
        await scene.Exchange.RoundAsync(default);
        Assert.Equal("550 5.1.7 Please, mail from a valid IP or Domain address.", await ThroughBalancerAsync(scene, "203.0.113.9", "EHLO pc", "MAIL FROM:<a@example.net>"));
        Assert.StartsWith("250", await ThroughBalancerAsync(scene, "203.0.113.10", "EHLO pc", "MAIL FROM:<a@example.net>"), StringComparison.Ordinal);
        var row = Assert.Single(await Store(scene).DeniesAsync(default));
        Assert.InRange(row.Until!.Value - row.AddedAt, TimeSpan.FromHours(23.9), TimeSpan.FromHours(24.1));
        await scene.SaveAsync(("domain.table", "example.jp local"), ("relay.dynamic_deny_hours", "0"));
        Assert.True(await list.AddAsync(Stranger, "mail.dat", [], default));
        Assert.Null(Assert.Single(await Store(scene).DeniesAsync(default)).Until);
        Assert.True(await Store(scene).RemoveAsync("203.0.113.9", "tester", default));
    }
}

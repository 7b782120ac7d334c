using System.Net;
using ClusterMail.Settings;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Node.Tests;

public sealed class NodeListenersTests
{
    private static NodeOptions Node(string listen = "")
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("clustermail-listeners").FullName, "node.conf");
        File.WriteAllText(file, $$"""clustermail { database = "Host=127.0.0.1", token-file = "token", {{listen}} }""");
        return NodeOptions.Load(file);
    }

    private static SettingSet Set(params (string Name, string Value)[] values) => new(1, values.ToDictionary(v => v.Name, v => v.Value));

    private static string[] Shown(NodeOptions node, SettingSet set) =>
        [.. NodeListeners.Of(node, set).Select(l => $"{l.EndPoint} {(l.ImplicitTls ? "tls" : "clear")} {l.Purpose}")];

    [Fact]
    public void CONF_23_CONF_25_with_nothing_said_25_587_and_465_are_served_on_every_address_and_the_last_two_are_for_users()
    {
        Assert.Equal(
            ["0.0.0.0:25 clear Relay", "0.0.0.0:587 clear Submission", "0.0.0.0:465 tls Submission"], Shown(Node(), Set(("net.ip_version", "v4"))));
        Assert.All(NodeListeners.Of(Node(), SettingSet.Empty), l => Assert.True(l.EndPoint.Address.Equals(IPAddress.IPv6Any) || l.EndPoint.Address.Equals(IPAddress.Any)));
    }

    [Fact]
    public void CONF_23_the_node_s_own_file_comes_before_the_default_and_the_setting_before_both()
    {
        var node = Node("listen.smtp = \"127.0.0.1:2510\"");
        Assert.Equal(["127.0.0.1:2510 clear Relay"], Shown(node, SettingSet.Empty));
        Assert.Equal(["192.0.2.10:20025 clear Relay"], Shown(node, Set(("listen", "192.0.2.10 20025\n"))));
    }

    [Fact]
    public void CLU_23_the_ports_of_a_node_s_own_file_are_served_on_the_service_addresses_too_and_open_before_the_address_is_here()
    {
        var services = ("cluster.service_addresses", "192.0.2.10/24 eth0\n2001:db8::10/64 eth0\n");
        var own = Node("listen { smtp = \"192.0.2.1:25\", smtps = \"192.0.2.1:465\", proxy-smtp = \"192.0.2.1:2525\" }");
        Assert.Equal(
            ["192.0.2.1:25 clear Relay", "192.0.2.1:465 tls Submission", "192.0.2.1:2525 clear Relay", "192.0.2.10:25 clear Relay", "[2001:db8::10]:25 clear Relay", "192.0.2.10:465 tls Submission", "[2001:db8::10]:465 tls Submission"],
            Shown(own, Set(services)));
        Assert.Equal([25, 25, 465, 465], NodeListeners.Of(own, Set(services)).Where(listener => listener.MayBeElsewhere).Select(listener => listener.EndPoint.Port));
        // Every address has them already, loopback is the machine's own affair, and the setting says itself where.
        Assert.Single(NodeListeners.Of(Node("listen.smtp = \"0.0.0.0:25\""), Set(services)));
        Assert.Single(NodeListeners.Of(Node("listen.smtp = \"127.0.0.1:25\""), Set(services)));
        Assert.Equal([false, true], NodeListeners.Of(own, Set(services, ("listen", "192.0.2.1 25\n192.0.2.10 25\n"))).Select(listener => listener.MayBeElsewhere));
    }

    [Theory]
    [InlineData("v4", "0.0.0.0", false)]
    [InlineData("v6", "::", true)]
    public void CONF_11_RECV_7_the_address_family_decides_what_every_address_is(string version, string address, bool only)
    {
        var listener = Assert.Single(NodeListeners.Of(Node(), Set(("listen", "* 25"), ("net.ip_version", version))));
        Assert.Equal((IPAddress.Parse(address), only), (listener.EndPoint.Address, listener.OnlyV6));
        Assert.Equal(ListenerPurpose.Relay, listener.Purpose);
    }
}

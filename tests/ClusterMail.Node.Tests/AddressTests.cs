using System.Net;
using System.Net.NetworkInformation;
using ClusterMail.Node.Addresses;
using ClusterMail.Settings;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;

namespace ClusterMail.Node.Tests;

/// <summary>Parts of the IP watcher that need no network (CLU-23).</summary>
public sealed class AddressTests
{
    private static readonly PhysicalAddress Hardware = PhysicalAddress.Parse("02:00:5e:10:00:01");
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.10");
    private static readonly ServiceAddress Service = new(Address, 24, "eth0", []);

    // As ip -j addr show writes it, shortened: the machine's own address, one for a life of seconds, one for a day as DHCP gives it.
    private static MachineAddresses Machine(string address = "192.0.2.10", string seconds = "3", string link = "ether") => MachineAddresses.Parse($$"""
        [{"ifindex":1,"ifname":"lo","link_type":"loopback","address":"00:00:00:00:00:00","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"valid_life_time":4294967295}]},
         {"ifindex":7,"ifname":"eth0","link_type":"{{link}}","address":"02:00:5e:10:00:01","addr_info":[
           {"family":"inet","local":"192.0.2.1","prefixlen":24,"valid_life_time":4294967295},
           {"family":"inet","local":"{{address}}","prefixlen":24,"secondary":true,"valid_life_time":{{seconds}},"preferred_life_time":0}]},{}]
        """);

    [Fact]
    public void CLU_23_an_ARP_announcement_names_the_address_as_sender_and_as_target()
    {
        const string about = "02005E100001" + "C000020A";
        Assert.Equal("0001" + "0800" + "06" + "04" + "0001" + about + "000000000000" + "C000020A", Convert.ToHexString(Announcement.Arp(Address, Hardware, isReply: false)));
        Assert.Equal("0001" + "0800" + "06" + "04" + "0002" + about + about, Convert.ToHexString(Announcement.Arp(Address, Hardware, isReply: true)));
    }

    [Fact]
    public void CLU_23_a_neighbour_advertisement_overrides_and_carries_the_hardware_address() => Assert.Equal(
        "88" + "00" + "0000" + "20000000" + "20010DB8000000000000000000000010" + "0201" + "02005E100001", Convert.ToHexString(Announcement.Advertisement(IPAddress.Parse("2001:db8::10"), Hardware)));

    [Fact]
    public void CLU_23_an_address_of_seconds_is_one_an_earlier_life_left_behind_and_any_other_is_the_machine_s_own()
    {
        Assert.True(Machine().HasLeftOver(Service));
        Assert.Null(Machine().Objection(Service));
        foreach (var seconds in new[] { "4294967295", "86400" })
        {
            Assert.False(Machine(seconds: seconds).HasLeftOver(Service));
            Assert.Contains("by the machine's own network configuration", Machine(seconds: seconds).Objection(Service), StringComparison.Ordinal);
        }
        Assert.False(Machine("192.0.2.11").HasLeftOver(Service));
    }

    [Fact]
    public void CLU_23_a_missing_interface_and_one_without_neighbours_are_told()
    {
        Assert.Contains("there is no interface eth9", Machine().Objection(Service with { Interface = "eth9" }), StringComparison.Ordinal);
        Assert.Contains("no Ethernet", Machine(link: "none").Objection(Service), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1000", "0000000000003000", "0000000000003000", null)]
    [InlineData("0", "000001ffffffffff", "0000000000000000", null)]
    [InlineData("1000", "0000000000003000", "0000000000000000", "setcap")]
    [InlineData("1000", "0000000000001000", "0000000000001000", "CAP_NET_RAW")]
    [InlineData("0", "00000000a80425fb", "0000000000000000", "CAP_NET_ADMIN")]
    public void CLU_23_missing_rights_are_told_with_what_to_do(string user, string effective, string ambient, string? told)
    {
        var missing = NetworkRights.Missing(["Name:\tclustermaild", $"Uid:\t{user}\t{user}\t{user}\t{user}", $"CapEff:\t{effective}", $"CapAmb:\t{ambient}"]);
        if (told is null)
            Assert.Null(missing);
        else
            Assert.Contains(told, missing, StringComparison.Ordinal);
        Assert.True(missing is null || missing.Contains("systemctl edit clustermaild", StringComparison.Ordinal));
    }

    private static ListenerOptions Listener(string end, bool tls = false, bool proxy = false) => new() { EndPoint = IPEndPoint.Parse(end), ImplicitTls = tls, ProxyProtocol = proxy };

    [Fact]
    public void CLU_23_the_own_greeting_is_looked_for_where_it_may_answer()
    {
        ListenerOptions[] every = [Listener("0.0.0.0:465", tls: true), Listener("0.0.0.0:2525", proxy: true), Listener("0.0.0.0:25")];
        IPAddress[] machine = [IPAddress.Parse("192.0.2.1"), Address];
        string? Own(ListenerOptions[] listeners, params string[] denied) => ProbeTargets.Own(listeners, machine, [.. denied.Select(IPAddress.Parse)], [Address])?.ToString();
        Assert.Equal("127.0.0.1:25", Own(every));
        Assert.Equal("192.0.2.1:25", Own(every, "127.0.0.1"));
        Assert.Null(Own(every, "127.0.0.1", "192.0.2.1"));
        Assert.Equal("192.0.2.1:26", Own([Listener("192.0.2.10:25"), Listener("192.0.2.1:26")]));
    }

    [Fact]
    public void CLU_24_a_node_that_listens_on_the_service_address_alone_tells_nobody_another_place() =>
        Assert.Equal("", ProbeTargets.Told([Listener("192.0.2.10:25")], IPAddress.Parse("192.0.2.1"), [], [Address]));

    [Fact]
    public void CLU_23_the_others_look_for_the_greeting_at_the_address_by_which_they_reach_the_node()
    {
        string Told(string listener, params string[] denied) => ProbeTargets.Told([Listener(listener)], IPAddress.Parse("192.0.2.1"), [.. denied.Select(IPAddress.Parse)], [Address]);
        Assert.Equal("192.0.2.1:25", Told("0.0.0.0:25"));
        Assert.Equal("", Told("0.0.0.0:25", "192.0.2.1"));
        Assert.Equal("", Told("127.0.0.1:25"));
        Assert.Equal("192.0.2.2:25", Told("192.0.2.2:25"));
    }

    [Fact]
    public void CLU_23_of_the_others_one_is_asked_in_turn_and_whoever_gave_no_answer_each_time()
    {
        AddressNode Node(string name, bool ready = true) => new(name, $"192.0.2.{name[1..]}:25", ready, TimeSpan.Zero, "", [], []);
        var beat = new AddressBeat([], [new(Service.Name, [], null, "n2", 1, TimeSpan.Zero, TimeSpan.Zero, "")], [Node("n1"), Node("n2"), Node("n3", ready: false), Node("n4")]);
        string Asked(int turn, params string[] failing) => string.Join(' ', ProbeTargets.Others("n1", beat, [Service], [Listener("0.0.0.0:25")], failing, turn).Select(one => one.Name));
        Assert.Equal(["n2", "n4", "192.0.2.10", "n2"], Enumerable.Range(0, 4).Select(turn => Asked(turn)));
        Assert.Equal("n4 n2", Asked(0, "n4"));
    }

    [Fact]
    public void CLU_23a_a_silence_is_believed_at_the_third_time_and_forgotten_with_one_answer()
    {
        var probes = new Probes();
        probes.Note("a", "one");
        probes.Note("a", "two");
        Assert.Null(probes.Trouble("a"));
        probes.Note("a", "three");
        Assert.Equal(("three", "a"), (probes.Trouble("a"), Assert.Single(probes.Silent)));
        probes.Note("a", null);
        Assert.Empty(probes.Silent);
    }
}

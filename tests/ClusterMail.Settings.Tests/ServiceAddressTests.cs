namespace ClusterMail.Settings.Tests;

/// <summary>Grammar of <c>cluster.service_addresses</c>.</summary>
public sealed class ServiceAddressTests
{
    private const string Name = "cluster.service_addresses";

    [Fact]
    public void CLU_23_a_line_names_address_prefix_interface_and_preferred_nodes_in_order()
    {
        var (addresses, errors) = ServiceAddressTable.Parse("' of the clients\n192.0.2.10/24 eth0 mx1 mx2\n\n2001:DB8::0010/64\tbond0.7\n");
        Assert.Empty(errors);
        Assert.Equal([("192.0.2.10", 24, "eth0", "mx1 mx2"), ("2001:db8::10", 64, "bond0.7", "")], addresses.Select(one => (one.Name, one.PrefixLength, one.Interface, string.Join(' ', one.Preferred))));
    }

    [Fact]
    public void CLU_23_there_are_no_service_addresses_unless_somebody_sets_them() => Assert.Empty(ServiceAddressTable.Parse(Catalogue.Get(Name).Default).Addresses);

    [Theory]
    [InlineData("192.0.2.10 eth0", 1, "'192.0.2.10' has no prefix length; write it as 192.0.2.10/24 or 2001:db8::10/64")]
    [InlineData("192.0.2.10/33 eth0", 12, "'33' is no prefix length from 1 to 32")]
    [InlineData("192.0.2.10/0 eth0", 12, "'0' is no prefix length from 1 to 32")]
    [InlineData("2001:db8::10/129 eth0", 14, "'129' is no prefix length from 1 to 128")]
    [InlineData("mx.example.jp/24 eth0", 1, "'mx.example.jp' is no address")]
    [InlineData("10/24 eth0", 1, "'10' is no address")]
    [InlineData("192.0.2.010/24 eth0", 1, "'192.0.2.010' is no address")]
    [InlineData("fe80::1%eth0/64 eth0", 1, "'fe80::1%eth0' is no address")]
    [InlineData("::ffff:192.0.2.10/120 eth0", 1, "'::ffff:192.0.2.10' is no address")]
    [InlineData("127.0.0.2/8 eth0", 1, "127.0.0.2 cannot be reached by others")]
    [InlineData("fe80::1/64 eth0", 1, "fe80::1 is of one link only; take a routed or a unique local address")]
    [InlineData("224.0.0.1/24 eth0", 1, "224.0.0.1 is no address of one host")]
    [InlineData("192.0.2.0/24 eth0", 1, "192.0.2.0 is the first or last address of its network /24, which no host may have")]
    [InlineData("192.0.2.255/24 eth0", 1, "192.0.2.255 is the first or last address of its network /24, which no host may have")]
    [InlineData("192.0.2.10/24", 14, "needs the interface after the address, such as eth0")]
    [InlineData("192.0.2.10/24 lo", 15, "'lo' is no name of a network interface such as eth0")]
    [InlineData("192.0.2.10/24 -all", 15, "'-all' is no name of a network interface such as eth0")]
    [InlineData("192.0.2.10/24 interface0123456", 15, "'interface0123456' is no name of a network interface such as eth0")]
    [InlineData("192.0.2.10/24 eth0 mx1 -x", 24, "'-x' is no name of a node")]
    [InlineData("192.0.2.10/24 eth0 mx1 mx1", 24, "'mx1' stands in this line already")]
    public void CLU_23_a_faulty_line_is_refused_with_its_column_and_the_rule(string line, int column, string message)
    {
        var error = Assert.Single(new SettingsValidator().Check(Name, "' comment\n" + line));
        Assert.Equal((Name, 2, column, "CLU-23", message), (error.Name, error.Line, error.Column, error.Rule, error.Message));
    }

    [Theory]
    [InlineData("192.0.2.10/24 eth0\n192.0.2.10/32 eth1")]
    [InlineData("2001:db8::10/64 eth0\n2001:DB8:0::10/64 eth0")]
    public void CLU_23_an_address_stands_in_the_table_once(string text)
    {
        var error = Assert.Single(new SettingsValidator().Check(Name, text));
        Assert.Equal((2, "this address stands above already"), (error.Line, error.Message));
    }

    [Fact]
    public void CLU_23_there_are_64_addresses_at_most()
    {
        var lines = Enumerable.Range(1, ServiceAddressTable.Most + 1).Select(n => $"198.51.100.{n}/24 eth0");
        Assert.Equal(ServiceAddressTable.Most + 1, Assert.Single(new SettingsValidator().Check(Name, string.Join('\n', lines))).Line);
    }

    [Fact]
    public void RECV_10_a_service_address_on_which_nobody_may_answer_is_refused()
    {
        var values = new Dictionary<string, string> { [Name] = "192.0.2.10/24 eth0", ["listen.deny"] = "192.0.2.1, 192.0.2.10" };
        Assert.Equal(("RECV-10", Name), Assert.Single(new SettingsValidator().Check(values).Select(error => (error.Rule, error.Name))));
    }
}

using System.Net;
using System.Net.Sockets;
using ClusterMail.Routing.Dns;
using ClusterMail.Testing;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Routing.Tests;

/// <summary>Names of clients by DNS, against a real name server (CONF-18).</summary>
public sealed class ReverseNamesTests : IAsyncLifetime
{
    private DnsServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await DnsServer.StartAsync(new Dictionary<string, string>
    {
        ["example.org"] = "client A 192.0.2.7\nclient A 192.0.2.8\n",
        ["2.0.192.in-addr.arpa"] = "7 PTR Client.example.org.\n9 PTR client.example.org.\n10 PTR nowhere.example.org.\n11 PTR nowhere.example.org.\n11 PTR client.example.org.\n",
    });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private ResolverOptions Options => new() { Servers = [_server.EndPoint], IpVersion = IpVersion.V4, QueryTimeout = TimeSpan.FromSeconds(2) };

    [Theory]
    [InlineData("192.0.2.7", "client.example.org")]
    [InlineData("192.0.2.9", null)]
    [InlineData("192.0.2.10", null)]
    [InlineData("192.0.2.99", null)]
    [InlineData("203.0.113.1", null)]
    public async Task CONF_18_a_name_counts_only_when_it_leads_back_to_the_address(string address, string? name) =>
        Assert.Equal(name, await new ReverseNames(Options, TimeProvider.System).FindAsync(IPAddress.Parse(address)));

    [Fact]
    public async Task CONF_18_a_name_server_that_is_silent_costs_two_seconds_at_most_and_no_error()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var time = new FakeTimeProvider();
        var names = new ReverseNames(Options with { Servers = [(IPEndPoint)silent.LocalEndPoint!], QueryTimeout = TimeSpan.FromMinutes(5) }, time);
        var asked = names.FindAsync(IPAddress.Parse("192.0.2.7"));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await asked);
    }

    [Fact]
    public async Task CONF_18_a_name_is_remembered()
    {
        var names = new ReverseNames(Options, TimeProvider.System);
        var client = IPAddress.Parse("192.0.2.7");
        Assert.Equal("client.example.org", await names.FindAsync(client));
        await _server.DisposeAsync();
        Assert.Equal("client.example.org", await names.FindAsync(client));
        _server = await DnsServer.StartAsync(new Dictionary<string, string> { ["example.org"] = "client A 192.0.2.7\n" });
    }
}

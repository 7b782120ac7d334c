using System.Net;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Routing;
using ClusterMail.Settings;
using ClusterMail.Store;
using Npgsql;

namespace ClusterMail.Queue.Tests;

public sealed class OwnNamesTests
{
    /// <summary>The node's file says port 2525 on 192.0.2.7; the machine has 192.0.2.7 and 192.0.2.8.</summary>
    private static Route Decide(string gateway, string listen)
    {
        using var source = NpgsqlDataSource.Create("Host=unused");
        var node = new NodeFacts("n1", "mx.example.jp", [])
        {
            Listening = [new IPEndPoint(IPAddress.Parse("192.0.2.7"), 2525)],
            Addresses = [IPAddress.Parse("192.0.2.7"), IPAddress.Parse("192.0.2.8")],
        };
        var set = new SettingSet(1, new Dictionary<string, string> { ["route.table"] = $"*,{gateway}", ["listen"] = listen });
        return new NodeView(set, node, new DirectoryWatch(new DirectoryReader(source))).Router.Decide(ReversePath.Null, Mailbox.FromStored("x@example.org"));
    }

    [Theory]
    [InlineData("route.gateway_credential", "own")]
    [InlineData("route.table", "'a comment\n*,smtp.provider.example,587,own")]
    public void OUT_6_the_senders_own_password_needs_the_recoverable_store(string name, string value)
    {
        var error = Assert.Single(SettingChecks.Validator.Check(new Dictionary<string, string> { [name] = value }));
        Assert.Equal((name, "OUT-6"), (error.Name, error.Rule));
        Assert.Empty(SettingChecks.Validator.Check(new Dictionary<string, string> { [name] = value, ["compat.auth.recoverable_store"] = "true" }));
    }

    [Theory]
    [InlineData("192.0.2.7,2525", "", true)]
    [InlineData("mx.example.jp,2525", "", true)]
    [InlineData("192.0.2.8,2525", "", false)]
    [InlineData("192.0.2.7,25", "192.0.2.7 25", true)]
    [InlineData("192.0.2.7,2525", "192.0.2.7 25", false)]
    [InlineData("192.0.2.8,25", "* 25", true)]
    [InlineData("192.0.2.8,10025", "* 25", false)]
    [InlineData("192.0.2.8,10025", "* 25\n* 10025 relay", true)]
    public void FALL_6_the_setting_listen_says_what_is_this_cluster_itself(string gateway, string listen, bool own)
    {
        var route = Decide(gateway, listen);
        Assert.Equal(own ? RouteKind.Failure : RouteKind.Gateway, route.Kind);
        Assert.Equal(own, route.Failure?.StartsWith("554 5.4.6 ", StringComparison.Ordinal) == true);
    }
}

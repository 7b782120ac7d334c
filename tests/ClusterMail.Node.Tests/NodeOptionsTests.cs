using System.Net;

namespace ClusterMail.Node.Tests;

public sealed class NodeOptionsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clustermail-options").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private const string Least = """
        clustermail { database = "Host=127.0.0.1;Database=clustermail", token-file = "token" }
        """;

    private string Write(string text)
    {
        var file = Path.Combine(_folder, "node.conf");
        File.WriteAllText(file, text);
        return file;
    }

    private string Refused(string text)
    {
        var file = Write(text);
        var message = Assert.Throws<FormatException>(() => NodeOptions.Load(file)).Message;
        Assert.StartsWith(file, message, StringComparison.Ordinal);
        return message;
    }

    [Fact]
    public void CLU_27_a_node_needs_the_database_and_the_token_file_alone()
    {
        var options = NodeOptions.Load(Write(Least));
        Assert.Equal("Host=127.0.0.1;Database=clustermail", options.Database);
        Assert.Equal(Path.Combine(_folder, "token"), options.TokenFile);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 8025), options.Admin);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 5025), options.Remoting);
        Assert.Equal(["receive", "deliver", "admin"], options.Roles);
        Assert.Null(options.Smtp);
        Assert.NotEqual("", options.Name);
    }

    [Fact]
    public void CLU_28_further_databases_of_the_queue_stand_under_their_names_and_there_are_none_by_default()
    {
        Assert.Empty(NodeOptions.Load(Write(Least)).Shards);
        var options = NodeOptions.Load(Write("""clustermail { database = "x", token-file = "t", shards { west = "Host=db3", east = "Host=db2" } }"""));
        Assert.Equal([new NodeShardOptions("east", "Host=db2"), new NodeShardOptions("west", "Host=db3")], options.Shards);
    }

    [Theory]
    [InlineData("main")]
    [InlineData("East")]
    [InlineData("a-name-of-21-characters")]
    public void CLU_28_a_name_that_is_none_of_a_shard_stops_the_node(string name) =>
        Assert.Contains($"'{name}' is no name of a shard", Refused($$"""clustermail { database = "x", token-file = "t", shards { "{{name}}" = "Host=db2" } }"""), StringComparison.Ordinal);

    [Fact]
    public void RECV_1_endpoints_are_read_in_both_families()
    {
        var options = NodeOptions.Load(Write("""
            clustermail { database = "x", token-file = "t", listen { smtp = "0.0.0.0:25", smtps = "[::1]:465" }
            balancers = ["10.0.0.0/8", "192.0.2.7"] }
            """));
        Assert.Equal(new IPEndPoint(IPAddress.Any, 25), options.Smtp);
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 465), options.Smtps);
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("192.0.2.7/32")], options.Balancers);
    }

    [Fact]
    public void CLU_27_an_unknown_key_stops_the_node_and_is_named() =>
        Assert.Contains("clustermail.listen.smpt", Refused("""clustermail { database = "x", token-file = "t", listen { smpt = "0.0.0.0:25" } }"""), StringComparison.Ordinal);

    [Theory]
    [InlineData("""clustermail { token-file = "t" }""", "clustermail.database")]
    [InlineData("""clustermail { database = "x" }""", "clustermail.token-file")]
    public void CLU_27_a_missing_key_is_named(string text, string key) => Assert.Contains(key, Refused(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("25")]
    [InlineData("mail.example.jp:25")]
    [InlineData("127.0.0.1:99999")]
    public void RECV_1_a_bad_endpoint_is_named_with_its_key(string endpoint)
    {
        var message = Refused($$"""clustermail { database = "x", token-file = "t", listen { smtp = "{{endpoint}}" } }""");
        Assert.Contains("clustermail.listen.smtp", message, StringComparison.Ordinal);
        Assert.Contains($"'{endpoint}'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3:5025")]
    [InlineData("fd00::7", "[fd00::7]:5025")]
    public void CLU_27_an_address_may_come_from_the_environment(string address, string endpoint)
    {
        Environment.SetEnvironmentVariable("CLUSTERMAIL_TEST_ADDRESS", address);
        var options = NodeOptions.Load(Write("""clustermail { database = "x", token-file = "t", listen { remoting = "$CLUSTERMAIL_TEST_ADDRESS:5025" } }"""));
        Assert.Equal(IPEndPoint.Parse(endpoint), options.Remoting);
    }

    [Theory]
    [InlineData("$CLUSTERMAIL_TEST_NOTHING:5025", "CLUSTERMAIL_TEST_NOTHING")]
    [InlineData("$PATH:5025", "variable PATH holds no address")]
    [InlineData("$:5025", "$NAME:port")]
    [InlineData("$POD_IP", "$NAME:port")]
    [InlineData("$POD_IP:0", "$NAME:port")]
    public void CLU_27_a_variable_that_holds_no_address_is_named(string endpoint, string said)
    {
        var message = Refused($$"""clustermail { database = "x", token-file = "t", listen { remoting = "{{endpoint}}" } }""");
        Assert.Contains("clustermail.listen.remoting", message, StringComparison.Ordinal);
        Assert.Contains(said, message, StringComparison.Ordinal);
        Assert.DoesNotContain(Environment.GetEnvironmentVariable("PATH")!, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ database = "x" }""")]
    [InlineData("clustermail = 5")]
    [InlineData("clustermail {")]
    public void CLU_27_a_file_of_another_shape_is_refused_with_its_name(string text) => Refused(text);

    [Fact]
    public void CLU_25_a_role_that_does_not_exist_is_refused() =>
        Assert.Contains("recieve", Refused("""clustermail { database = "x", token-file = "t", node.roles = [recieve] }"""), StringComparison.Ordinal);

    [Fact]
    public void CLU_27_a_missing_file_is_named()
    {
        var file = Path.Combine(_folder, "none.conf");
        Assert.Contains(file, Assert.Throws<FormatException>(() => NodeOptions.Load(file)).Message, StringComparison.Ordinal);
    }
}

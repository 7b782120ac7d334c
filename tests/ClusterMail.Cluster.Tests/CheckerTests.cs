using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>A checker that cannot see a loss proves nothing: the same load and comparison against servers whose faults we choose.</summary>
public class CheckerTests
{
    [Fact]
    public async Task Checker_everything_that_passes_through_Postfix_is_seen_to_arrive_once()
    {
        await using var sink = new RecordingSink { KeepContent = false };
        await using var postfix = await Postfix.StartAsync(sink.EndPoint);
        var load = new LoadGenerator([postfix.EndPoint], "sink.test");
        await load.SendAsync(sessions: 5, count: 200);
        var history = await MailHistory.SettledAsync(load, TimeSpan.FromSeconds(60), sink);
        Assert.Equal((200, 200, 0, 0, 0), (history.Acknowledged, history.Delivered, history.Lost.Count, history.Duplicates.Count, history.Unpromised));
    }

    [Fact]
    public async Task Checker_a_server_that_forgets_doubles_and_refuses_is_found_out()
    {
        await using var honest = new RecordingSink { KeepContent = false };
        await using var forgetful = new RecordingSink { KeepContent = false };
        await using var unwilling = new RecordingSink { Script = heard => heard.Verb == "RCPT" ? "450 4.2.1 Not now" : null };
        var load = new LoadGenerator([unwilling.EndPoint, honest.EndPoint, forgetful.EndPoint], "sink.test");
        await load.SendAsync(sessions: 3, count: 90);
        Assert.Equal(90, load.Accepted.Count);
        Assert.True(load.Refusals["450"] > 0);
        var history = MailHistory.Compare(load, honest);
        Assert.Equal(forgetful.Count, history.Lost.Count);
        Assert.Equal(honest.Mails.Select(mail => mail.MessageId).Order(), MailHistory.Compare(load, honest, honest).Duplicates.Order());
    }

    [Fact]
    public async Task Checker_a_connection_lost_after_the_dot_is_no_promise()
    {
        var drops = 3;
        await using var sink = new RecordingSink { Script = heard => heard.Verb == "." && Interlocked.Decrement(ref drops) >= 0 ? new SinkAnswer("250 2.0.0 Ok, but nobody hears it") { Before = Task.FromException(new IOException("cut")) } : null };
        var load = new LoadGenerator([sink.EndPoint], "sink.test");
        await load.SendAsync(sessions: 1, count: 10);
        Assert.Equal(3, load.Refusals["lost"]);
        Assert.Equal((10, 0), (load.Accepted.Count, MailHistory.Compare(load, sink).Lost.Count));
    }

    [Fact]
    public async Task Checker_HAProxy_hands_on_the_address_of_the_client()
    {
        await using var sink = new RecordingSink();
        var node = new FarmNode("n1", null, sink.EndPoint.ToString(), "", "", sink.EndPoint.ToString(), "", "");
        // The sink does not understand the header and answers it with 500: proof that it was sent before anything else.
        await using var balancer = await HAProxy.StartAsync([node], version: 1);
        using var client = await SmtpConversation.OpenAsync(balancer.EndPoint, IPAddress.Parse("127.0.0.7"));
        await Until.TrueAsync(() => sink.Events.Any(heard => heard.Line.StartsWith("PROXY TCP4 127.0.0.7 ", StringComparison.Ordinal)), TimeSpan.FromSeconds(10), "the PROXY header");
    }

    [Fact]
    public async Task Checker_the_name_server_serves_the_zones_it_was_given()
    {
        await using var names = await NameServer.StartAsync(new Dictionary<string, string> { ["zone.test"] = "@ MX 10 mx1\nmx1 A 127.0.0.161" }, "127.0.0.154");
        // A query for MX of zone.test over TCP, octet by octet (RFC 1035 §4).
        byte[] query = [0, 27, 0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, .. "zone"u8, 4, .. "test"u8, 0, 0, 15, 0, 1];
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(names.Address, 53);
        await client.GetStream().WriteAsync(query);
        var head = new byte[14];
        await client.GetStream().ReadExactlyAsync(head);
        // No error, one answer.
        Assert.Equal((0, 1), (head[5] & 15, head[9]));
    }
}

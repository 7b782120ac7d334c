using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Text;
using ClusterMail.Smtp.Server;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Smtp.Tests.Server;

public sealed class ProxyProtocolTests
{
    private static readonly ReceiveOptions Balanced = TestReceiver.Defaults with { Balancers = [IPNetwork.Parse("127.0.0.0/8")] };
    private static readonly ListenerOptions Marked = new() { EndPoint = new(IPAddress.Loopback, 0), ProxyProtocol = true };

    private static byte[] V2(byte command, byte family, params byte[] rest) =>
        [.. ProxyHeader.V2Signature, command, family, (byte)(rest.Length >> 8), (byte)rest.Length, .. rest];

    /// <summary>203.0.113.7:4660 to 192.0.2.25:25, and a TLV behind it.</summary>
    private static readonly byte[] GoodV2 = V2(0x21, 0x11, 203, 0, 113, 7, 192, 0, 2, 25, 0x12, 0x34, 0, 25, 0x04, 0, 1, 0);

    public static TheoryData<byte[], string> Good() => new()
    {
        { "PROXY TCP4 203.0.113.7 192.0.2.25 4660 25\r\n"u8.ToArray(), "[203.0.113.7]" },
        { "PROXY TCP6 2001:db8::7 2001:db8::25 4660 25\r\n"u8.ToArray(), "[2001:db8::7]" },
        { "PROXY TCP6 ::ffff:203.0.113.7 ::ffff:192.0.2.25 4660 25\r\n"u8.ToArray(), "[203.0.113.7]" },
        { "PROXY UNKNOWN\r\n"u8.ToArray(), "[127.0.0.1]" },
        { "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"u8.ToArray(), "[127.0.0.1]" },
        { GoodV2, "[203.0.113.7]" },
        { V2(0x21, 0x21, [.. IPAddress.Parse("2001:db8::7").GetAddressBytes(), .. IPAddress.Parse("2001:db8::25").GetAddressBytes(), 1, 1, 0, 25]), "[2001:db8::7]" },
        { V2(0x20, 0x00), "[127.0.0.1]" },                                    // LOCAL: the balancer's own health check
        { V2(0x20, 0x11, 203, 0, 113, 7, 192, 0, 2, 25, 0x12, 0x34, 0, 25), "[127.0.0.1]" },
        { V2(0x21, 0x00, 1, 2, 3), "[127.0.0.1]" },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public async Task CLU_23_a_header_from_a_listed_balancer_tells_the_client_whole_and_in_pieces(byte[] header, string shown)
    {
        await using var receiver = await TestReceiver.StartAsync(Balanced, Marked);
        foreach (var piece in new[] { header.Length, 1 })
        {
            using var client = await receiver.ConnectAsync();
            foreach (var part in header.Chunk(piece))
                await client.SendAsync(part);
            Assert.StartsWith("220 ", await client.ReplyAsync());
            Assert.Contains(shown, await client.AskAsync("EHLO a"), StringComparison.Ordinal);
        }
    }

    public static TheoryData<byte[]> Bad() =>
    [
        "EHLO out.example.net\r\n"u8.ToArray(),
        "PROXY TCP4 203.0.113.7 192.0.2.25 4660\r\n"u8.ToArray(),
        "PROXY TCP4 203.0.113.7 192.0.2.25 4660 65536\r\n"u8.ToArray(),
        "PROXY TCP4 2001:db8::7 2001:db8::25 4660 25\r\n"u8.ToArray(),
        "PROXY TCP4 1 2 4660 25\r\n"u8.ToArray(),
        "PROXY UDP4 203.0.113.7 192.0.2.25 4660 25\r\n"u8.ToArray(),
        "PROXY TCP4 203.0.113.7 192.0.2.25 4660 25\n"u8.ToArray(),
        "proxy TCP4 203.0.113.7 192.0.2.25 4660 25\r\n"u8.ToArray(),
        (byte[])[.. "PROXY UNKNOWN "u8, .. Enumerable.Repeat((byte)'x', 200), .. "\r\n"u8],
        V2(0x11, 0x11, 203, 0, 113, 7, 192, 0, 2, 25, 0x12, 0x34, 0, 25),
        V2(0x22, 0x11, 203, 0, 113, 7, 192, 0, 2, 25, 0x12, 0x34, 0, 25),
        V2(0x21, 0x11, 203, 0, 113, 7),
        V2(0x21, 0x12, 203, 0, 113, 7, 192, 0, 2, 25, 0x12, 0x34, 0, 25),
        V2(0x21, 0x31, new byte[216]),
        (byte[])[.. ProxyHeader.V2Signature, 0x21, 0x11, 0xFF, 0xFF],
    ];

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task CLU_23_a_missing_or_malformed_header_closes_the_connection_without_a_word(byte[] header)
    {
        await using var receiver = await TestReceiver.StartAsync(Balanced, Marked);
        using var client = await receiver.ConnectAsync();
        await client.SendAsync(header);
        Assert.Null(await client.ReplyAsync());
        Assert.Contains(receiver.Log.Lines, line => line.Contains("PROXY protocol: ", StringComparison.Ordinal));
        Assert.DoesNotContain(receiver.Log.Lines, line => line.Contains("unexpected trouble", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CLU_23_a_probe_that_resets_the_connection_is_no_trouble_of_ours()
    {
        await using var receiver = await TestReceiver.StartAsync(Balanced, Marked);
        using (var probe = await receiver.ConnectAsync())
            probe.Reset();
        await Testing.Processes.Until.TrueAsync(() => receiver.Log.Lines.Any(line => line.Contains("without QUIT", StringComparison.Ordinal)), TimeSpan.FromSeconds(20), "the end of the session in the log");
        Assert.DoesNotContain(receiver.Log.Lines, line => line.Contains("unexpected trouble", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CLU_23_a_stranger_may_not_send_a_header()
    {
        await using var receiver = await TestReceiver.StartAsync(Balanced with { Balancers = [IPNetwork.Parse("192.0.2.0/24")] }, Marked);
        using var client = await receiver.ConnectAsync();
        await client.SendAsync(GoodV2);
        Assert.Null(await client.ReplyAsync());
        Assert.Contains(receiver.Log.Lines, line => line.Contains("not a listed balancer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CLU_23_a_header_that_does_not_come_in_5_seconds_closes_the_connection()
    {
        var time = new FakeTimeProvider();
        await using var receiver = await TestReceiver.StartAsync(Balanced, Marked, time: time);
        using var client = await receiver.ConnectAsync();
        await client.SendAsync("PROXY TCP4 ");
        var reply = client.ReplyAsync();
        while (!reply.IsCompleted)
        {
            await Task.WhenAny(reply, Task.Delay(20));
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Null(await reply);
        Assert.Contains(receiver.Log.Lines, line => line.Contains("in time", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CLU_23_a_header_where_none_belongs_is_no_command(bool binary)
    {
        await using var receiver = await TestReceiver.StartAsync(Balanced);
        using var client = await receiver.ConnectAsync();
        Assert.StartsWith("220 ", await client.ReplyAsync());
        await client.SendAsync(binary ? GoodV2 : "PROXY TCP4 203.0.113.7 192.0.2.25 4660 25\r\n"u8.ToArray());
        string? last = null;
        while (await client.ReplyAsync() is { } reply)
            Assert.DoesNotContain("250", last = reply, StringComparison.Ordinal);
        Assert.NotNull(last);
    }

    [Fact]
    public async Task CLU_23_TLS_may_follow_the_header_in_the_same_packet()
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-proxy-").FullName;
        var (certificate, key) = (Path.Combine(folder, "c.pem"), Path.Combine(folder, "k.pem"));
        TestCertificates.Write(certificate, key, "mx.example.jp");
        using var source = new FileCertificateSource(certificate, key, TimeProvider.System, NullLogger.Instance);
        await using var receiver = await TestReceiver.StartAsync(Balanced, Marked with { ImplicitTls = true }, source);
        using var raw = await receiver.ConnectAsync();
        await raw.SendAsync(GoodV2);
        await using var tls = new SslStream(raw.Stream, false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("mx.example.jp").WaitAsync(TimeSpan.FromSeconds(10));
        var client = raw.Over(tls);
        Assert.StartsWith("220 ", await client.ReplyAsync());
        Assert.Contains("[203.0.113.7]", await client.AskAsync("EHLO a"), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void CLU_23_random_octets_never_throw_and_never_take_more_than_they_may()
    {
        var random = new Random(7);
        for (var round = 0; round < 200_000; round++)
        {
            var bytes = (random.Next(2) == 0 ? GoodV2 : Encoding.ASCII.GetBytes("PROXY TCP4 203.0.113.7 192.0.2.25 4660 25\r\n")).ToArray();
            for (var edits = random.Next(4); edits > 0; edits--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var buffer = new ReadOnlySequence<byte>(bytes.AsMemory(0, random.Next(bytes.Length + 1)));
            var before = buffer.Length;
            var header = ProxyHeader.TryRead(ref buffer, out var error);
            Assert.True(header is null || error is null);
            Assert.True(header is not null ? buffer.Length < before : buffer.Length == before || error is not null);
        }
    }
}

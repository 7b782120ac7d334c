using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Testing;
using MimeKit;

namespace ClusterMail.Smtp.Tests.Client;

public class ContentTests
{
    private static async Task<string> OnTheWire(MailContent content, PeerScript? script = null, bool has8Bit = false)
    {
        await using var peer = ScriptedPeer.Start(script);
        await using var connection = await Outbound.OpenAsync(peer);
        var result = await connection.SendAsync(Outbound.Mail() with { Content = content, Has8Bit = has8Bit }, default);
        Assert.True(result.Answers.Single().Delivered, result.Answers.Single().Reply.ToString());
        return peer.Sessions[0].WireContents.Single().Text();
    }

    [Theory]
    [InlineData("a\r\n", "a\r\n")]
    [InlineData("a", "a\r\n")]
    [InlineData("", "")]
    [InlineData("a\r", "a\r\n")]
    [InlineData(".\r\n", "..\r\n")]
    [InlineData(".", "..\r\n")]
    [InlineData("a\r\n.b\r\n..\r\n", "a\r\n..b\r\n...\r\n")]
    [InlineData("a.b\r\nc.\r\n", "a.b\r\nc.\r\n")]
    [InlineData("a\n.\nb", "a\r\n..\r\nb\r\n")]
    [InlineData("a\r.\rb", "a\r\n..\r\nb\r\n")]
    [InlineData("a\r\n.\n", "a\r\n..\r\n")]
    [InlineData("a\n.\r\n", "a\r\n..\r\n")]
    [InlineData("a\r\r\n.\r\n", "a\r\n\r\n..\r\n")]
    public async Task RFC_5321_4_5_2_dots_are_doubled_and_no_other_end_of_data_can_be_seen(string content, string wire)
    {
        var octets = Encoding.Latin1.GetBytes(content);
        Assert.Equal(wire, await OnTheWire(new MemoryContent(octets)));
        Assert.Equal(wire, await OnTheWire(new DribblingContent(octets)));
    }

    [Fact]
    public async Task Large_contents_arrive_whole_from_memory_and_from_a_stream_wherever_the_chunks_end()
    {
        var random = new Random(5);
        var text = new StringBuilder();
        while (text.Length < 700_000)
            text.Append(random.Next(4) == 0 ? "." : "").Append('x', random.Next(0, 120)).Append("\r\n");
        var octets = Encoding.Latin1.GetBytes(text.ToString());
        var expected = string.Join("\r\n", text.ToString().Split("\r\n").Select(l => l.StartsWith('.') ? "." + l : l));
        Assert.Equal(expected, await OnTheWire(new MemoryContent(octets)));
        Assert.Equal(expected, await OnTheWire(new DribblingContent(octets)));
        Assert.Equal(expected.Length, (await OnTheWire(new MemoryContent(Encoding.Latin1.GetBytes(text.ToString())), new PeerScript { Capabilities = [] })).Length);
    }

    [Fact]
    public async Task RECV_26_8bit_goes_as_it_is_to_a_host_that_takes_it()
    {
        var content = Outbound.Content("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n日本語\r\n");
        Assert.Equal(((ReadOnlyMemory<byte>)content.Memory!).ToArray().Text(), await OnTheWire(content, has8Bit: true));
    }

    [Theory]
    [InlineData("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncafé\r\n日本語 = テスト\r\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncafé\r\n日本語 = テスト\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n")]
    public async Task RECV_26_8bit_is_converted_for_a_host_without_8BITMIME_and_reads_the_same(string rest)
    {
        var content = Outbound.Content("From: a@example.jp\r\nSubject: x\r\nX-Odd:   kept   as is\r\nMIME-Version: 1.0\r\n" + rest);
        var wire = await OnTheWire(content, new PeerScript { Capabilities = [] }, has8Bit: true);
        Assert.True(Ascii.IsValid(Encoding.Latin1.GetBytes(wire)));
        Assert.Contains("X-Odd:   kept   as is\r\n", wire, StringComparison.Ordinal);
        using var before = MimeMessage.Load(content.OpenRead());
        using var after = MimeMessage.Load(new MemoryStream(Encoding.Latin1.GetBytes(wire.Replace("\r\n..", "\r\n.", StringComparison.Ordinal))));
        Assert.Equal(before.TextBody, after.TextBody);
        Assert.Equal(before.BodyParts.Count(), after.BodyParts.Count());
    }

    [Theory]
    [InlineData("Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; micalg=pgp-sha256; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncafé\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n")]
    [InlineData("X-Raw: café\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncafé\r\n")]
    public async Task RECV_26_what_conversion_would_damage_is_bounced_with_5_6_3(string rest)
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = [] });
        await using var connection = await Outbound.OpenAsync(peer);
        var result = await connection.SendAsync(Outbound.Mail("From: a@example.jp\r\nMIME-Version: 1.0\r\n" + rest, "a@example.org") with { Has8Bit = true }, default);
        Assert.Equal((554, new EnhancedStatus(5, 6, 3)), (result.Answers[0].Reply.Code, result.Answers[0].Reply.Status!.Value));
        Assert.True(result.ConnectionUsable);
    }

    [Fact]
    public async Task P1_a_content_that_cannot_be_read_to_its_end_is_never_completed()
    {
        await using var peer = ScriptedPeer.Start();
        await using var connection = await Outbound.OpenAsync(peer);
        await Assert.ThrowsAsync<TimeoutException>(() => connection.SendAsync(Outbound.Mail() with { Content = new BreakingContent() }, default));
        Assert.Empty((await peer.EndedAsync(0)).WireContents);
        Assert.True(connection.IsStale);
    }

    /// <summary>Not in memory, and read in pieces of odd length.</summary>
    private sealed class DribblingContent(byte[] octets) : MailContent
    {
        public override long Length => octets.Length;
        public override Stream OpenRead() => new Dribble(octets);

        private sealed class Dribble(byte[] octets) : MemoryStream(octets, writable: false)
        {
            private int _turn;

            public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            {
                var most = _turn++ % 3 == 0 ? 1 : _turn % 3 == 1 ? 7001 : 65536;
                return base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
            }
        }
    }

    /// <summary>Fails after 100,000 octets, as a lost database would.</summary>
    private sealed class BreakingContent : MailContent
    {
        public override long Length => 1_000_000;
        public override Stream OpenRead() => new Breaking();

        private sealed class Breaking() : MemoryStream(new byte[100_000], writable: false)
        {
            public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
                Position < Length ? base.ReadAsync(buffer, cancellationToken) : throw new TimeoutException("the database is gone");
        }
    }
}

using System.Globalization;
using System.Text;

namespace ClusterMail.Smtp.Tests.Server;

/// <summary>Every way known to end DATA for one server and not for another (RECV-26): none ends it here, and the mail is refused.</summary>
public sealed class SmugglingTests
{
    public static TheoryData<string> FalseEnds() =>
    [
        "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n.\r", "\r.\n", "\n\n.\r\n", "\r\r\n.\r\r\n", "\r\n.\r\r\n", "\r\n\0.\r\n", "\r\n.\0\r\n",
        "\r\n.\r\0\n", "\r\0\n.\r\n", "\n.\n\n", "\r\n.\n\r\n", "\n\r.\r\n", "\r\n\r.\r\n",
    ];

    [Theory]
    [MemberData(nameof(FalseEnds))]
    public async Task RECV_26_a_false_end_of_DATA_ends_nothing_and_the_mail_is_refused_550_5_6_0(string end)
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync($"Subject: x\r\n\r\nfirst{end}MAIL FROM:<evil@example.net>\r\nRCPT TO:<victim@example.jp>\r\nDATA\r\nsecond\r\n.\r\n");
        Assert.Equal("550 5.6.0 Bare CR, bare LF or NUL in message.", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());            // the session ends: nothing behind a false end is taken for commands
        Assert.Empty(receiver.Mails);
    }

    [Theory]
    [MemberData(nameof(FalseEnds))]
    public async Task RECV_26_the_same_holds_when_the_octets_come_one_by_one(string end)
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        foreach (var octet in Encoding.ASCII.GetBytes($"x{end}y\r\n.\r\n"))
            await client.SendAsync(new[] { octet });
        Assert.StartsWith("550 5.6.0", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());
    }

    [Theory]
    [InlineData("a\nb\r\n")]
    [InlineData("a\rb\r\n")]
    [InlineData("a\r\n.\n")]
    [InlineData("a\0\r\n")]
    [InlineData("a\r")]
    [InlineData("\n.\n")]
    public async Task RECV_26_chunks_obey_the_same_rule(string content)
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        await client.BeginMailAsync();
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"BDAT {content.Length} LAST\r\n{content}"));
        Assert.StartsWith("550 5.6.0", await client.ReplyAsync());
        Assert.Equal("250 2.0.0 ok.", await client.AskAsync("NOOP"));
        Assert.Empty(receiver.Mails);
    }

    [Fact]
    public async Task RECV_26_a_CRLF_cut_in_two_by_chunks_is_still_one()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        await client.BeginMailAsync();
        await client.SendAsync("BDAT 2\r\na\rBDAT 6 LAST\r\n\n.\r\nb\n"[..^1]);
        Assert.StartsWith("250 ", await client.ReplyAsync());
        await client.SendAsync("\r");
        Assert.StartsWith("550 5.6.0", await client.ReplyAsync());               // the last CR has no partner
        Assert.Equal("250 2.0.0 ok.", await client.AskAsync("NOOP"));
        await client.AskAsync("MAIL FROM:<a@example.net>");
        await client.AskAsync("RCPT TO:<b@example.jp>");
        await client.SendAsync("BDAT 2\r\na\rBDAT 7 LAST\r\n\n.\r\nb\r\n");
        Assert.StartsWith("250 ", await client.ReplyAsync());
        Assert.Equal("250 2.0.0 Message received ok.", await client.ReplyAsync());
        Assert.True(receiver.Mails.TryDequeue(out var mail));
        Assert.EndsWith("\r\na\r\n.\r\nb\r\n", Encoding.ASCII.GetString(mail.Content), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NOOP\n")]
    [InlineData("NOOP\rNOOP\r\n")]
    [InlineData("\n")]
    [InlineData("NOOP\r\r\n")]
    public async Task RECV_27_a_command_line_ends_with_CRLF_and_nothing_else(string line)
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await client.SendAsync(line);
        Assert.StartsWith("500 5.5.2", await client.ReplyAsync());
        Assert.Equal("250 2.0.0 ok.", await client.AskAsync("NOOP"));
    }

    [Fact]
    public async Task RECV_26_stuffed_dots_come_off_wherever_the_octets_are_cut()
    {
        const string wire = "Subject: x\r\n\r\n..\r\n...a\r\n.b\r\nc.\r\n";
        const string content = "Subject: x\r\n\r\n.\r\n..a\r\nb\r\nc.\r\n";
        await using var receiver = await TestReceiver.StartAsync();
        for (var cut = 1; cut < wire.Length; cut += 3)
        {
            using var client = await receiver.ConnectAsync();
            await client.BeginDataAsync();
            await client.SendAsync(wire[..cut]);
            await client.SendAsync(wire[cut..] + ".\r\n");
            Assert.StartsWith("250 ", await client.ReplyAsync());
            Assert.True(receiver.Mails.TryDequeue(out var mail));
            Assert.EndsWith("\r\n" + content, Encoding.ASCII.GetString(mail.Content), StringComparison.Ordinal);
        }
    }
}

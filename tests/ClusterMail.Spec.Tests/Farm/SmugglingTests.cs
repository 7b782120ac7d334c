using System.Globalization;
using System.Text;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>Nobody hides a second mail inside the first, neither towards us nor through us (RECV-26).</summary>
[Collection(nameof(FarmCollection))]
public class SmugglingTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    /// <summary>What some server somewhere has taken for the end of the data.</summary>
    public static TheoryData<string> EndsOfData =>
    [
        "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\n.\r", "\r.\n", "\r\r\n.\r\n", "\r\n.\r\r\n", "\r\n\0.\r\n", "\r\n.\0\r\n", "\n\n.\r\n", "\r\n.\n\r\n", "\u0085.\u0085", "\r\n .\r\n",
    ];

    [Theory]
    [MemberData(nameof(EndsOfData))]
    public async Task RECV_26_no_end_of_data_but_the_real_one_begins_a_second_mail(string end)
    {
        var (sink, domain) = farm.TakeSink();
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync("MAIL FROM:<a@example.net>");
        await client.SayAsync($"RCPT TO:<x@{domain}>");
        await client.SayAsync("DATA");
        await client.SendAsync($"Subject: first\r\n\r\nbody{end}MAIL FROM:<smuggler@example.net>\r\nRCPT TO:<smuggled@{domain}>\r\nDATA\r\nSubject: second\r\n\r\nsmuggled\r\n.\r\n");
        var reply = await client.ReadAsync();
        // One answer to one mail: refused for what it holds, or taken whole with the text inside it as text.
        Assert.Matches("^(250|55[0-9])", reply);
        var quit = await client.SayAsync("QUIT");
        Assert.True(quit.Length == 0 || quit.StartsWith("221", StringComparison.Ordinal), $"a second reply came: {quit}");
        if (reply.StartsWith("250", StringComparison.Ordinal))
            await sink.OneAsync(_ => true, Soon);
        Assert.DoesNotContain(sink.Mails, mail => mail.ReversePath == "smuggler@example.net" || mail.ForwardPaths.Any(path => path.StartsWith("smuggled@", StringComparison.Ordinal)));
        // A bare line end: nothing behind it is taken for commands, not even behind an end of data that is one.
        if (end.Contains('\n') && end.Replace("\r\n", "", StringComparison.Ordinal).IndexOfAny(['\r', '\n']) >= 0)
            Assert.StartsWith("550 5.6.0", reply, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\r\n.\r\nMAIL FROM:<smuggler@example.net>\r\nb\r\n")]
    [InlineData(".\r\n")]
    [InlineData("..\r\n.\r\n...\r\n")]
    [InlineData("x\r\n.x\r\n..x\r\n")]
    public async Task RECV_26_what_came_by_BDAT_leaves_as_one_mail_with_the_same_octets(string body)
    {
        var (sink, domain) = farm.TakeSink();
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync("MAIL FROM:<a@example.net>");
        await client.SayAsync($"RCPT TO:<x@{domain}>");
        var content = "Message-ID: <bdat@example.net>\r\nDate: Mon, 01 Jun 2026 00:00:00 +0000\r\nSubject: chunks\r\n\r\n" + body;
        var half = content.Length / 2;
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"BDAT {half}\r\n{content[..half]}"));
        Assert.StartsWith("250", await client.ReadAsync(), StringComparison.Ordinal);
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"BDAT {content.Length - half} LAST\r\n{content[half..]}"));
        Assert.StartsWith("250", await client.ReadAsync(), StringComparison.Ordinal);
        var mail = await sink.OneAsync(_ => true, Soon);
        Assert.EndsWith("\r\n\r\n" + body, mail.Text, StringComparison.Ordinal);
        Assert.True(await Until.StaysAsync(() => sink.Count == 1, TimeSpan.FromSeconds(1)));
        Assert.DoesNotContain(sink.Mails, arrived => arrived.ReversePath == "smuggler@example.net");
    }

    [Theory]
    [InlineData("a\n.\nMAIL FROM:<smuggler@example.net>\n")]
    [InlineData("a\r.\rMAIL FROM:<smuggler@example.net>\r\n")]
    [InlineData("a\r\n.\nb\r\n")]
    public async Task RECV_26_bare_line_ends_that_came_by_BDAT_never_reach_the_next_server(string body)
    {
        var (sink, domain) = farm.TakeSink();
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync("MAIL FROM:<a@example.net>");
        await client.SayAsync($"RCPT TO:<x@{domain}>");
        var content = "Subject: chunks\r\n\r\n" + body;
        await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"BDAT {content.Length} LAST\r\n{content}"));
        var reply = await client.ReadAsync();
        if (reply.StartsWith('5'))
            return;
        var mail = await sink.OneAsync(_ => true, Soon);
        var bare = Encoding.Latin1.GetString(mail.Content).Replace("\r\n", "", StringComparison.Ordinal);
        Assert.Equal(-1, bare.IndexOfAny(['\r', '\n']));
    }
}

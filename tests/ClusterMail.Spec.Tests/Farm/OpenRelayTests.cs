using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>Every way we know to talk a server into relaying for a stranger (RELAY-31, RELAY-60, P8), through real sockets.</summary>
[Collection(nameof(FarmCollection))]
public class OpenRelayTests(FarmFixture farm)
{
    private const string Outside = "outside.test";

    public static TheoryData<string, string> Forms => new(
        ("<a@example.net>", $"<victim@{Outside}>"),
        ("<>", $"<victim@{Outside}>"),
        ("<taro@example.jp>", $"<victim@{Outside}>"),
        ("<postmaster@example.jp>", $"<victim@{Outside}>"),
        ("<mx.example.jp>", $"<victim@{Outside}>"),
        ("<a@[127.0.0.1]>", $"<victim@{Outside}>"),
        ("<a@mx.example.jp>", $"<victim@{Outside}>"),
        ("<a@localhost>", $"<victim@{Outside}>"),
        ($"<victim@{Outside}>", $"<victim@{Outside}>"),
        ("<a@example.net>", $"victim@{Outside}"),
        ("<a@example.net>", $"<victim@{Outside}.>"),
        ("<a@example.net>", $"<VICTIM@OUTSIDE.TEST>"),
        ("<a@example.net>", $"<\"victim\"@{Outside}>"),
        ("<a@example.net>", $"<\"victim@{Outside}\">"),
        ("<a@example.net>", $"<@example.jp:victim@{Outside}>"),
        ("<a@example.net>", $"<@{Outside},@example.jp:victim@{Outside}>"),
        ("<a@example.net>", $"<@mx.example.jp:victim@{Outside}>"),
        ("<a@example.net>", $"<victim%{Outside}>"),
        ("<a@example.net>", $"<victim%{Outside}@[127.0.0.1]>"),
        ("<a@example.net>", $"<victim%{Outside}@mx.example.jp>"),
        ("<a@example.net>", $"<victim@{Outside}@example.jp>"),
        ("<a@example.net>", $"<victim@example.jp@{Outside}>"),
        ("<a@example.net>", $"<{Outside}!victim>"),
        ("<a@example.net>", $"<{Outside}!victim@[127.0.0.1]>"),
        ("<a@example.net>", "<victim@[127.0.0.1]>"),
        ("<a@example.net>", "<victim@127.0.0.1>"),
        ("<a@example.net>", "<victim@localhost>"),
        ("<a@example.net>", $"<victim@sub.{FarmFixture.Domain}>"),
        ("<a@example.net>", $"<victim@{FarmFixture.Domain}.{Outside}>"),
        ("<a@example.net>", $"<taro@example.jp,victim@{Outside}>"),
        ("<a@example.net>", $"<victim@{Outside} >"),
        ("<a@example.net>", $"<victim@{Outside}\t>"),
        ("<a@example.net>", $"<victim@{Outside}\0@example.jp>"),
        ("<a@example.net>", $"<taro@example.jp>, <victim@{Outside}>"),
        ("<a@example.net>", $"<taro@example.jp> <victim@{Outside}>"),
        ("<a@example.net>", $"<victim@[IPv6:::1]>"));

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task RELAY_60_a_stranger_cannot_relay(string from, string to)
    {
        using var client = await SmtpConversation.OpenAsync(farm.Receiver, FarmFixture.Stranger);
        await client.SayAsync("EHLO client.test");
        if ((await client.SayAsync($"MAIL FROM:{from}")).StartsWith('5'))
            return;
        Assert.Matches("^5", await client.SayAsync($"RCPT TO:{to}"));
        // A NUL in a command also ends the session.
        Assert.Matches("^(5|$)", await client.SayAsync("DATA"));
    }

    [Theory]
    [InlineData($"victim%{Outside}@example.jp")]
    [InlineData($"{Outside}!victim@example.jp")]
    [InlineData($"\"victim@{Outside}\"@example.jp")]
    public async Task RELAY_31_a_local_part_that_looks_like_an_address_elsewhere_stays_with_its_own_domain(string address)
    {
        using var client = await SmtpConversation.OpenAsync(farm.Receiver, FarmFixture.Stranger);
        await client.SayAsync("EHLO client.test");
        var id = $"{Guid.NewGuid():N}@example.net";
        var reply = await client.MailAsync("a@example.net", [address], $"Message-ID: <{id}>\r\n\r\nbody");
        if (reply.StartsWith('5'))
            return;
        var mail = await farm.Operated.OneAsync(arrived => arrived.MessageId == id, TimeSpan.FromSeconds(20));
        Assert.Equal($"RCPT TO:<{address}>", mail.RecipientLines[0].Split(' ', 3) is [var verb, var path, ..] ? $"{verb} {path}" : "");
    }
}

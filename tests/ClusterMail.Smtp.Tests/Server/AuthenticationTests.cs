using System.Text;

namespace ClusterMail.Smtp.Tests.Server;

/// <summary>AUTH on the wire (RFC 4954, 4616, 5802): order, limits, every way to say it wrong.</summary>
public sealed class AuthenticationTests
{
    private const string Ok = "235 2.0.0 Authentication successful.";
    private const string Failed = "535 5.7.0 Authentication failed";
    private const string Unreadable = "501 5.5.2 Cannot read the authentication response.";
    private static readonly string Plain = "AUTH PLAIN " + Base64("\0taro\0Secret123");

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Text(string? challenge) => Encoding.UTF8.GetString(Convert.FromBase64String(challenge![4..]));

    private static Task<TestReceiver> ReceiverAsync(bool clear = true) => TestReceiver.StartAsync(
        TestReceiver.Defaults with { AuthMethods = ["PLAIN", "LOGIN", "SCRAM-SHA-256", "CRAM-MD5"], AuthInClear = clear, MaxErrors = 100 });

    private static async Task<WireClient> ClientAsync(TestReceiver receiver, string hello = "EHLO pc")
    {
        var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync(hello);
        return client;
    }

    [Fact]
    public async Task AUTH_1_PLAIN_with_and_without_initial_response()
    {
        await using var receiver = await ReceiverAsync();
        using var first = await ClientAsync(receiver);
        Assert.Equal(Ok, await first.AskAsync(Plain));
        using var second = await ClientAsync(receiver);
        Assert.Equal("334 ", await second.AskAsync("auth plain"));
        Assert.Equal(Ok, await second.AskAsync(Base64("taro\0taro\0Secret123")));
    }

    [Fact]
    public async Task AUTH_1_LOGIN_asks_for_the_name_and_the_password()
    {
        await using var receiver = await ReceiverAsync();
        using var first = await ClientAsync(receiver);
        Assert.Equal("Username:", Text(await first.AskAsync("AUTH LOGIN")));
        Assert.Equal("Password:", Text(await first.AskAsync(Base64("taro"))));
        Assert.Equal(Ok, await first.AskAsync(Base64("Secret123")));
        using var second = await ClientAsync(receiver);
        Assert.Equal("Password:", Text(await second.AskAsync("AUTH LOGIN " + Base64("taro"))));
        Assert.Equal(Failed, await second.AskAsync(Base64("Secret124")));
    }

    private static async Task<string?> ScramAsync(WireClient client, string header = "n,,", string? final = null, string name = "taro")
    {
        var bare = $"n={name},r=fyko+d2lbbFgONRv9qkxdawL";
        var challenge = await client.AskAsync("AUTH SCRAM-SHA-256 " + Base64(header + bare));
        if (challenge?.StartsWith("334 ", StringComparison.Ordinal) != true)
            return challenge;
        var first = Text(challenge);
        var without = final?.Replace("NONCE", first.Split(',')[0][2..], StringComparison.Ordinal) ?? $"c={Base64(header)},{first.Split(',')[0]}";
        var answer = await client.AskAsync(Base64($"{without},p={Convert.ToBase64String(TestJudge.Proof($"{bare},{first},{without}"))}"));
        if (answer?.StartsWith("334 ", StringComparison.Ordinal) != true)
            return answer;
        Assert.StartsWith("v=", Text(answer), StringComparison.Ordinal);
        return await client.AskAsync("");
    }

    [Theory]
    [InlineData("n,,", Ok)]
    [InlineData("y,,", Ok)]
    [InlineData("n,a=taro,", Ok)]
    [InlineData("n,a=hanako,", Unreadable)]
    [InlineData("p=tls-unique,,", Unreadable)]
    [InlineData("p=tls-exporter,,", Unreadable)]
    [InlineData("x,,", Unreadable)]
    [InlineData("n,,m=ext,", Unreadable)]
    public async Task AUTH_1_SCRAM_takes_n_and_y_and_no_channel_binding(string header, string answer)
    {
        await using var receiver = await ReceiverAsync();
        using var client = await ClientAsync(receiver);
        Assert.Equal(answer, await ScramAsync(client, header));
    }

    [Theory]
    [InlineData("c=eSws,r=NONCE", Failed)]
    [InlineData("c=biws,r=NONCEx", Failed)]
    [InlineData("c=biws,r=fyko+d2lbbFgONRv9qkxdawL", Failed)]
    [InlineData("r=NONCE", Failed)]
    [InlineData("c=biws,r=NONCE", Ok)]
    public async Task AUTH_1_SCRAM_refuses_another_binding_and_another_nonce(string final, string answer)
    {
        await using var receiver = await ReceiverAsync();
        using var client = await ClientAsync(receiver);
        Assert.Equal(answer, await ScramAsync(client, final: final));
    }

    [Theory]
    [InlineData("ta=2Cro", Ok)]
    [InlineData("ta=ro", Unreadable)]
    [InlineData("", Unreadable)]
    public async Task AUTH_1_SCRAM_names_have_their_own_escapes(string name, string answer)
    {
        await using var receiver = await ReceiverAsync();
        using var client = await ClientAsync(receiver);
        Assert.Equal(answer, await ScramAsync(client, name: name));
    }

    [Fact]
    public async Task AUTH_1_CRAM_MD5_speaks_first()
    {
        await using var receiver = await ReceiverAsync();
        using var client = await ClientAsync(receiver);
        Assert.Equal(Unreadable, await client.AskAsync("AUTH CRAM-MD5 " + Base64("taro x")));
        Assert.Matches("^<.+@mx.example.jp>$", Text(await client.AskAsync("AUTH CRAM-MD5")));
        Assert.Equal(Failed, await client.AskAsync(Base64("taro 00112233445566778899aabbccddeeff")));
        await client.AskAsync("AUTH CRAM-MD5");
        Assert.Equal(Unreadable, await client.AskAsync(Base64("taro")));
    }

    [Theory]
    [InlineData("AUTH PLAIN ****", Unreadable)]
    [InlineData("AUTH PLAIN AGE=AGI=", Unreadable)]
    [InlineData("AUTH PLAIN =", Unreadable)]
    [InlineData("AUTH PLAIN dGFybw==", Unreadable)]
    [InlineData("AUTH PLAIN AAA=", Unreadable)]
    [InlineData("AUTH PLAIN AP//AGE=", Unreadable)]
    [InlineData("AUTH GSSAPI", "504 5.5.4 Authentication mechanism not offered.")]
    [InlineData("AUTH", "501 5.5.2 Syntax error in parameters or arguments.")]
    [InlineData("AUTH PLAIN a b", "501 5.5.2 Syntax error in parameters or arguments.")]
    public async Task RECV_27_what_cannot_be_read_is_501_and_the_session_goes_on(string command, string answer)
    {
        await using var receiver = await ReceiverAsync();
        using var client = await ClientAsync(receiver);
        Assert.Equal(answer, await client.AskAsync(command));
        Assert.Equal(Ok, await client.AskAsync(Plain));
    }

    [Fact]
    public async Task AUTH_13_a_star_cancels_and_counts_as_no_failure()
    {
        await using var receiver = await ReceiverAsync();
        using var client = await ClientAsync(receiver);
        for (var attempt = 0; attempt < 5; attempt++)
        {
            Assert.StartsWith("334 ", await client.AskAsync("AUTH LOGIN"));
            Assert.Equal("501 5.7.0 Authentication cancelled.", await client.AskAsync("*"));
        }
        Assert.Equal(Ok, await client.AskAsync(Plain));
    }

    [Fact]
    public async Task AUTH_13_the_third_failure_ends_the_connection()
    {
        await using var receiver = await ReceiverAsync();
        using var client = await ClientAsync(receiver);
        for (var attempt = 0; attempt < 3; attempt++)
            Assert.Equal(Failed, await client.AskAsync("AUTH PLAIN " + Base64("\0taro\0wrong")));
        Assert.Equal("421 4.7.0 Too many failed authentications, closing connection.", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());
    }

    [Fact]
    public async Task RECV_27_AUTH_twice_or_inside_a_mail_is_out_of_order()
    {
        await using var receiver = await ReceiverAsync();
        using var client = await ClientAsync(receiver);
        await client.AskAsync("MAIL FROM:<a@example.net>");
        Assert.Equal("503 5.5.1 Bad sequence of commands.", await client.AskAsync(Plain));
        await client.AskAsync("RSET");
        Assert.Equal(Ok, await client.AskAsync(Plain));
        Assert.Equal("503 5.5.1 Already authenticated.", await client.AskAsync(Plain));
        await client.AskAsync("EHLO pc");
        Assert.Equal("503 5.5.1 Already authenticated.", await client.AskAsync(Plain));
    }

    [Fact]
    public async Task AUTH_9_AUTH_needs_EHLO()
    {
        await using var receiver = await ReceiverAsync();
        using var silent = await receiver.ConnectAsync();
        await silent.ReplyAsync();
        Assert.Equal("503 5.5.1 Send EHLO or HELO first.", await silent.AskAsync(Plain));
        using var old = await ClientAsync(receiver, "HELO pc");
        Assert.Equal("503 5.0.0 Need EHLO before AUTH", await old.AskAsync(Plain));
    }

    [Fact]
    public async Task AUTH_1_in_clear_text_it_is_neither_offered_nor_taken()
    {
        await using var receiver = await ReceiverAsync(clear: false);
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        Assert.DoesNotContain("AUTH", await client.AskAsync("EHLO pc"), StringComparison.Ordinal);
        Assert.Equal("538 5.7.11 Encryption required, send STARTTLS first.", await client.AskAsync(Plain));
    }

    [Fact]
    public async Task P6_lines_of_AUTH_may_have_12288_octets_and_no_more()
    {
        await using var receiver = await ReceiverAsync();
        using var client = await ClientAsync(receiver);
        Assert.Equal(Failed, await client.AskAsync("AUTH PLAIN " + Base64("\0taro\0" + new string('x', 8000))));
        Assert.Equal("500 5.5.2 Line too long.", await client.AskAsync("AUTH PLAIN " + new string('A', 12_288)));
        await client.AskAsync("AUTH LOGIN");
        Assert.Equal(Unreadable, await client.AskAsync(new string('A', 12_288)));
        Assert.Equal("500 5.5.2 Line too long.", await client.AskAsync("NOOP " + new string('A', 3000)));
        Assert.Equal(Ok, await client.AskAsync(Plain));
    }

    [Fact]
    public async Task P7_what_cannot_be_judged_now_is_454_and_no_failure()
    {
        await using var receiver = await ReceiverAsync();
        receiver.Judge.Busy = true;
        using var client = await ClientAsync(receiver);
        for (var attempt = 0; attempt < 4; attempt++)
            Assert.Equal("454 4.7.0 Temporary authentication failure.", await client.AskAsync(Plain));
        Assert.Equal("454 4.7.0 Temporary authentication failure.", await ScramAsync(client));
        receiver.Judge.Busy = false;
        Assert.Equal(Ok, await client.AskAsync(Plain));
    }

    [Fact]
    public async Task AUTH_9_octet_by_octet_and_in_one_piece_it_is_the_same()
    {
        await using var receiver = await ReceiverAsync();
        using var slow = await ClientAsync(receiver);
        foreach (var octet in "AUTH LOGIN\r\n")
            await slow.SendAsync(octet.ToString());
        Assert.StartsWith("334 ", await slow.ReplyAsync());
        foreach (var octet in Base64("taro") + "\r\n")
            await slow.SendAsync(octet.ToString());
        Assert.StartsWith("334 ", await slow.ReplyAsync());
        Assert.Equal(Ok, await slow.AskAsync(Base64("Secret123")));
        using var quick = await ClientAsync(receiver);
        await quick.SendAsync($"AUTH LOGIN\r\n{Base64("taro")}\r\n{Base64("Secret123")}\r\nNOOP\r\n");
        Assert.Equal(["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", Ok, "250 2.0.0 ok."], [await quick.ReplyAsync(), await quick.ReplyAsync(), await quick.ReplyAsync(), await quick.ReplyAsync()]);
    }

    [Fact]
    public async Task P8_no_secret_reaches_the_log()
    {
        await using var receiver = await ReceiverAsync();
        using var client = await ClientAsync(receiver);
        await client.AskAsync("AUTH PLAIN " + Base64("\0taro\0HushHush"));
        await client.AskAsync("AUTH LOGIN");
        await client.AskAsync(Base64("taro"));
        await client.AskAsync(Base64("HushHush"));
        Assert.NotEmpty(receiver.Log.Lines);
        Assert.DoesNotContain(receiver.Log.Lines, line => line.Contains("HushHush", StringComparison.Ordinal) || line.Contains(Base64("HushHush"), StringComparison.Ordinal)
            || line.Contains(Base64("\0taro\0HushHush"), StringComparison.Ordinal));
    }
}

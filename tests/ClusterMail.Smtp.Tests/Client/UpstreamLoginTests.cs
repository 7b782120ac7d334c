using System.Security.Cryptography;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Client;
using ClusterMail.Testing;

namespace ClusterMail.Smtp.Tests.Client;

/// <summary>Which method is chosen towards a provider, and what is said by it (APPROVE-421, APPROVE-423).</summary>
public sealed class UpstreamLoginTests
{
    private static readonly HostCredential Login = new("user", "pencil");

    private static Task<ConnectResult> OpenAsync(ScriptedPeer peer, HostCredential credential) =>
        HostConnection.OpenAsync(Outbound.Target(peer) with { Credential = credential, AllowClearAuth = true }, Outbound.Options, default);

    private static string Text(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("AUTH LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256 XOAUTH2", null, "SCRAM-SHA-256")]
    [InlineData("AUTH XOAUTH2 LOGIN PLAIN CRAM-MD5", null, "CRAM-MD5")]
    [InlineData("AUTH LOGIN PLAIN", null, "PLAIN")]
    [InlineData("AUTH LOGIN", null, "LOGIN")]
    [InlineData("AUTH LOGIN PLAIN CRAM-MD5", "LOGIN", "LOGIN")]
    [InlineData("AUTH SCRAM-SHA-256 PLAIN XOAUTH2", "XOAUTH2", "XOAUTH2")]
    public async Task APPROVE_423_auto_is_the_strongest_that_is_offered_and_a_fixed_method_is_that_one(string offered, string? wanted, string chosen)
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = [offered], On = step => step.Is("AUTH") ? "235 2.7.0 ok" : null });
        await using var connection = (await OpenAsync(peer, Login with { Mechanism = wanted })).Connection;
        Assert.NotNull(connection);
        Assert.Equal(chosen, peer.Sessions[0].Commands[1].Split(' ')[1]);
    }

    [Theory]
    [InlineData("AUTH PLAIN LOGIN", "CRAM-MD5")]
    [InlineData("AUTH XOAUTH2", null)]
    [InlineData("PIPELINING", null)]
    public async Task APPROVE_423_what_is_not_offered_is_not_tried(string offered, string? wanted)
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = [offered] });
        var result = await OpenAsync(peer, Login with { Mechanism = wanted });
        Assert.Equal((null, FailureClass.LineError, false), (result.Connection, result.Class, result.AuthRefused));
        Assert.DoesNotContain((await peer.EndedAsync(0)).Commands, command => command.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_405_XOAUTH2_shows_the_token_and_ends_in_order_when_it_is_refused()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript
        {
            Capabilities = ["AUTH XOAUTH2"],
            On = step => step.Is("AUTH") ? $"334 {Base64("{\"status\":\"400\"}")}" : step.Line.Length == 0 ? "535 5.7.8 token expired" : null,
        });
        var result = await OpenAsync(peer, new HostCredential("taro@example.jp", "ya29.token") { Mechanism = "XOAUTH2" });
        Assert.Equal((true, "535 5.7.8 token expired"), (result.AuthRefused, result.Reply!.ToString()));
        var commands = (await peer.EndedAsync(0)).Commands;
        Assert.Equal("user=taro@example.jp\u0001auth=Bearer ya29.token\u0001\u0001", Text(commands[1].Split(' ')[2]));
        Assert.DoesNotContain(result.Dialogue, line => line.Contains("ya29", StringComparison.Ordinal) || line.Contains(commands[1].Split(' ')[2], StringComparison.Ordinal));
    }

    /// <summary>The host's half of RFC 5802 with the salt and the count of RFC 7677 §3, by nothing of the product.</summary>
    private sealed class ScramHost(string password, bool isGenuine = true)
    {
        private string _clientFirst = "";
        private string _serverFirst = "";

        public string? On(PeerStep step)
        {
            if (step.Is("AUTH SCRAM-SHA-256 "))
            {
                _clientFirst = Text(step.Line.Split(' ')[2])[3..];
                _serverFirst = $"r={_clientFirst.Split(",r=")[1]}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
                return $"334 {Base64(_serverFirst)}";
            }
            if (step.Line.Length == 0)
                return "235 2.7.0 ok";
            if (step.Line == "*")
                return "501 5.7.0 cancelled";
            return _serverFirst.Length > 0 && step.Line is not ("QUIT" or "RSET") && !step.Is("EHLO") ? Final(Text(step.Line)) : null;
        }

        private string Final(string said)
        {
            var at = said.LastIndexOf(",p=", StringComparison.Ordinal);
            var message = Encoding.UTF8.GetBytes($"{_clientFirst},{_serverFirst},{said[..at]}");
            var salted = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096, HashAlgorithmName.SHA256, 32);
            var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
            var key = HMACSHA256.HashData(stored, message).Zip(Convert.FromBase64String(said[(at + 3)..]), (a, b) => (byte)(a ^ b)).ToArray();
            if (!SHA256.HashData(key).SequenceEqual(stored))
                return "535 5.7.8 no";
            var signature = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), message);
            return $"334 {Base64("v=" + Convert.ToBase64String(isGenuine ? signature : new byte[32]))}";
        }
    }

    [Fact]
    public async Task RFC_7677_SCRAM_SHA_256_proves_the_password_without_showing_it()
    {
        var host = new ScramHost("pencil");
        await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = ["AUTH SCRAM-SHA-256"], On = host.On });
        await using var connection = (await OpenAsync(peer, new HostCredential("us,er=1", "pencil"))).Connection;
        Assert.NotNull(connection);
        Assert.StartsWith("n,,n=us=2Cer=3D1,r=", Text(peer.Sessions[0].Commands[1].Split(' ')[2]), StringComparison.Ordinal);
        Assert.DoesNotContain(peer.Sessions[0].Commands, command => command.Contains(Base64("pencil")[..8], StringComparison.Ordinal));
    }

    [Fact]
    public async Task RFC_7677_SCRAM_SHA_256_with_a_wrong_password_is_refused()
    {
        var host = new ScramHost("pencil");
        await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = ["AUTH SCRAM-SHA-256"], On = host.On });
        var result = await OpenAsync(peer, new HostCredential("user", "rubber"));
        Assert.Equal((true, 535), (result.AuthRefused, result.Reply!.Code));
    }

    [Fact]
    public async Task RFC_7677_a_host_that_does_not_know_the_password_itself_gets_no_mail()
    {
        var host = new ScramHost("pencil", isGenuine: false);
        await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = ["AUTH SCRAM-SHA-256"], On = host.On });
        Assert.Null((await OpenAsync(peer, Login)).Connection);
        Assert.Equal("*", (await peer.EndedAsync(0)).Commands[3]);
    }
}

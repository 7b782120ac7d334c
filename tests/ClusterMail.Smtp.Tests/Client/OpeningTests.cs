using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Client;
using ClusterMail.Testing;

namespace ClusterMail.Smtp.Tests.Client;

public class OpeningTests
{
    private static readonly X509Certificate2 Certificate = PeerCertificate.For("peer.example");

    private static Task<ConnectResult> Open(HostTarget target, DeliveryOptions? options = null) => HostConnection.OpenAsync(target, options ?? Outbound.Impatient, default);

    /// <summary>The certificate as a root one trusts, without its key.</summary>
    private static DeliveryOptions Trusting(X509Certificate2 root) => Outbound.Options with { TrustedRoots = [X509CertificateLoader.LoadCertificate(root.RawData)] };

    [Fact]
    public async Task RETRY_3_no_connection_is_no_answer()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var result = await Open(new HostTarget("nobody.example", IPAddress.Loopback, port));
        Assert.Null(result.Connection);
        Assert.Equal(FailureClass.NoAnswer, result.Class);
        Assert.Contains("-- no connection (code=1/10061)", result.Dialogue);
    }

    [Theory]
    [InlineData("(connect)", "554 5.7.1 Go away", FailureClass.Refused, "554 5.7.1 Go away")]
    [InlineData("(connect)", "421 4.3.2 Busy", FailureClass.LineError, "421 4.3.2 Busy")]
    [InlineData("(connect)", "(drop)", FailureClass.LineError, "451 Requested action aborted: error in processing. (code=2/10101)")]
    [InlineData("(connect)", "(silent)", FailureClass.LineError, "451 Requested action aborted: error in processing. (code=2/10060)")]
    [InlineData("(connect)", "HTTP/1.1 400 Bad", FailureClass.LineError, "451 Requested action aborted: error in processing. (code=2/0)")]
    [InlineData("(connect)", "250 hello", FailureClass.LineError, "451 Requested action aborted: error in processing. (code=2/0)")]
    [InlineData("EHLO", "421 4.3.2 Busy", FailureClass.LineError, "421 4.3.2 Busy")]
    [InlineData("EHLO", "(drop)", FailureClass.LineError, "451 Requested action aborted: error in processing. (code=3/10101)")]
    [InlineData("EHLO", "(silent)", FailureClass.LineError, "451 Requested action aborted: error in processing. (code=3/10060)")]
    [InlineData("EHLO", "250-a\n251 b", FailureClass.LineError, "451 Requested action aborted: error in processing. (code=3/0)")]
    public async Task RETRY_1_RETRY_2_CONTRA_6_trouble_before_MAIL_has_its_class(string step, string answer, FailureClass expected, string reply)
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { On = s => s.Is(step) ? answer : null });
        var result = await Open(Outbound.Target(peer));
        Assert.Null(result.Connection);
        Assert.Equal(expected, result.Class);
        Assert.Equal(reply, result.Reply!.ToString());
    }

    [Fact]
    public async Task RFC_5321_3_2_a_host_without_EHLO_gets_HELO_and_plain_commands()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { On = s => s.Is("EHLO") ? "502 5.5.1 Unknown" : null });
        await using (var connection = await Outbound.OpenAsync(peer))
            Assert.True((await connection.SendAsync(Outbound.Mail(), default)).Answers[0].Delivered);
        Assert.Equal(["EHLO out.example.jp", "HELO out.example.jp", "MAIL FROM:<sender@example.jp>"], (await peer.EndedAsync(0)).Commands.Take(3));
    }

    [Theory]
    [InlineData(TlsPolicy.Opportunistic, true)]
    [InlineData(TlsPolicy.Required, true)]
    [InlineData(TlsPolicy.Verified, true)]
    [InlineData(TlsPolicy.None, false)]
    public async Task OUT_6_STARTTLS_is_used_when_offered(TlsPolicy policy, bool secured)
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Certificate = Certificate });
        await using (var connection = await Outbound.OpenAsync(peer, Trusting(Certificate), policy))
        {
            Assert.Equal(secured, connection.TlsVersion is "TLSv1.2" or "TLSv1.3");
            Assert.True((await connection.SendAsync(Outbound.Mail(), default)).Answers[0].Delivered);
        }
        var session = await peer.EndedAsync(0);
        Assert.Equal(secured, session.Secured);
        // What was offered in clear counts for nothing: EHLO is said again.
        Assert.Equal(secured ? 2 : 1, session.Commands.Count(c => c.StartsWith("EHLO", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task RFC_7435_a_failed_opportunistic_handshake_goes_on_in_clear_on_a_new_connection()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { BreakHandshake = true });
        var result = await Open(Outbound.Target(peer));
        await using var connection = result.Connection!;
        Assert.NotNull(result.TlsFailure);
        Assert.NotNull(connection.TlsFailure);
        Assert.Null(connection.TlsVersion);
        Assert.True((await connection.SendAsync(Outbound.Mail(), default)).Answers[0].Delivered);
        Assert.Equal(2, peer.Sessions.Count);
        Assert.DoesNotContain("STARTTLS", peer.Sessions[1].Commands);
    }

    [Theory]
    [InlineData(TlsPolicy.Required, true, true)]
    [InlineData(TlsPolicy.Required, false, false)]
    [InlineData(TlsPolicy.Verified, false, false)]
    [InlineData(TlsPolicy.Verified, true, true)]
    public async Task OUT_6_where_TLS_is_demanded_nothing_ever_goes_in_clear(TlsPolicy policy, bool offered, bool broken)
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { BreakHandshake = offered && broken });
        var result = await Open(Outbound.Target(peer, policy));
        Assert.Null(result.Connection);
        Assert.Equal(FailureClass.LineError, result.Class);
        Assert.Equal((454, new EnhancedStatus(4, 7, 5)), (result.Reply!.Code, result.Reply.Status!.Value));
        Assert.Single(peer.Sessions);
        Assert.DoesNotContain((await peer.EndedAsync(0)).Commands, c => c.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OUT_6_where_no_certificate_is_verified_nobody_asks_for_its_issuer_where_the_host_says_it_is()
    {
        using var issuer = new TcpListener(IPAddress.Loopback, 0);
        issuer.Start();
        var asked = issuer.AcceptTcpClientAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=peer.example", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [$"http://{issuer.LocalEndpoint}/issuer.crt"]));
        using var signed = request.Create(
            new X500DistinguishedName("CN=issuer that is nowhere"), X509SignatureGenerator.CreateForECDsa(issuerKey), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3]);
        using var certificate = signed.CopyWithPrivateKey(key);
        await using var peer = ScriptedPeer.Start(new PeerScript { Certificate = certificate });
        await using var connection = await Outbound.OpenAsync(peer, tls: TlsPolicy.Required);
        Assert.NotNull(connection.TlsVersion);
        // The handshake would have waited for the answer.
        Assert.False(asked.IsCompleted);
    }

    [Theory]
    [InlineData(TlsPolicy.Verified)]
    [InlineData(TlsPolicy.OnConnect)]
    public async Task OUT_6_a_verified_host_must_have_the_right_name_and_a_known_root(TlsPolicy policy)
    {
        var script = new PeerScript { Certificate = Certificate, TlsOnConnect = policy == TlsPolicy.OnConnect };
        await using var peer = ScriptedPeer.Start(script);
        var target = Outbound.Target(peer, policy) with { VerifyCertificate = true };
        Assert.Null((await Open(target, Outbound.Options)).Connection);
        Assert.Null((await Open(target with { Host = "other.example" }, Trusting(Certificate))).Connection);
        await using var good = (await Open(target, Trusting(Certificate))).Connection;
        Assert.NotNull(good);
    }

    [Fact]
    public async Task GWT_4_TLS_on_connect_starts_with_the_first_octet()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Certificate = Certificate, TlsOnConnect = true });
        await using var connection = await Outbound.OpenAsync(peer, tls: TlsPolicy.OnConnect);
        Assert.NotNull(connection.TlsVersion);
        var big = Outbound.Mail(string.Concat(Enumerable.Repeat("0123456789abcdef\r\n", 50_000)), "a@example.org");
        Assert.True((await connection.SendAsync(big, default)).Answers[0].Delivered);
        Assert.Equal(big.Content.Length, peer.Sessions[0].WireContents[0].Length);
    }

    [Fact]
    public async Task CVE_2011_0411_octets_behind_the_reply_to_STARTTLS_are_not_taken_into_TLS()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Certificate = Certificate, On = s => s.Is("STARTTLS") ? "220 Go\n250 2.0.0 injected" : null });
        var result = await Open(Outbound.Target(peer, TlsPolicy.Required));
        Assert.Null(result.Connection);
        Assert.Equal(FailureClass.LineError, result.Class);
    }

    [Theory]
    [InlineData("AUTH PLAIN LOGIN", "AUTH PLAIN AHVzZXIAcGFzcw==")]
    [InlineData("AUTH LOGIN", "AUTH LOGIN|dXNlcg==|cGFzcw==")]
    [InlineData("AUTH=LOGIN", "AUTH LOGIN|dXNlcg==|cGFzcw==")]
    public async Task OUT_3_the_session_authenticates_in_TLS(string capability, string expected)
    {
        var script = new PeerScript
        {
            Certificate = Certificate,
            Capabilities = [capability],
            On = s => s.Is("AUTH PLAIN ") ? "235 2.7.0 Ok" : s.Is("AUTH LOGIN") ? "334 VXNlcm5hbWU6" : s.Is("dXNlcg==") ? "334 UGFzc3dvcmQ6" : s.Is("cGFzcw==") ? "235 2.7.0 Ok" : null,
        };
        await using var peer = ScriptedPeer.Start(script);
        var result = await Open(Outbound.Target(peer) with { Credential = new HostCredential("user", "pass") }, Outbound.Options);
        await using var connection = result.Connection;
        Assert.NotNull(connection);
        Assert.Equal(expected.Split('|'), peer.Sessions[0].Commands.Skip(3));
        Assert.DoesNotContain(result.Dialogue, l => l.Contains("cGFzcw", StringComparison.Ordinal) || l.Contains("AHVzZXI", StringComparison.Ordinal));
        Assert.Contains(result.Dialogue, l => l.EndsWith("***", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RFC_2195_CRAM_MD5_answers_the_example_of_its_specification()
    {
        // The challenge, the secret and the answer are those printed in RFC 2195 §2.
        var script = new PeerScript
        {
            Capabilities = ["AUTH CRAM-MD5 PLAIN"],
            On = s => s.Is("AUTH CRAM-MD5") ? "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"
                : s.Line == "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw" ? "235 2.7.0 Ok" : null,
        };
        await using var peer = ScriptedPeer.Start(script);
        await using var connection = (await Open(Outbound.Target(peer) with { Credential = new HostCredential("tim", "tanstaaftanstaaf"), AllowClearAuth = true })).Connection;
        Assert.NotNull(connection);
    }

    [Fact]
    public async Task OUT_6_a_credential_never_goes_over_a_session_in_clear()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = ["AUTH PLAIN"], BreakHandshake = true });
        var result = await Open(Outbound.Target(peer) with { Credential = new HostCredential("user", "pass") });
        Assert.Null(result.Connection);
        Assert.Equal(FailureClass.LineError, result.Class);
        Assert.DoesNotContain((await peer.EndedAsync(peer.Sessions.Count - 1)).Commands, c => c.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("535 5.7.8 Wrong", FailureClass.Refused)]
    [InlineData("454 4.7.0 Later", FailureClass.LineError)]
    public async Task OUT_3_a_failed_authentication_has_the_class_of_its_code(string reply, FailureClass expected)
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Certificate = Certificate, Capabilities = ["AUTH PLAIN"], On = s => s.Is("AUTH") ? reply : null });
        var result = await Open(Outbound.Target(peer) with { Credential = new HostCredential("user", "pass") }, Outbound.Options);
        Assert.Null(result.Connection);
        Assert.Equal(expected, result.Class);
        Assert.Equal(reply, result.Reply!.ToString());
    }

    [Fact]
    public async Task P6_a_reply_without_end_is_cut_off()
    {
        await using var lines = ScriptedPeer.Start(new PeerScript { On = s => s.Is("EHLO") ? string.Concat(Enumerable.Repeat("250-x\n", 101)) + "250 x" : null });
        Assert.Equal("451 Requested action aborted: error in processing. (code=3/0)", (await Open(Outbound.Target(lines))).Reply!.ToString());
        await using var line = ScriptedPeer.Start(new PeerScript { On = s => s.Is("(connect)") ? "220 " + new string('x', 3000) : null });
        Assert.Equal("451 Requested action aborted: error in processing. (code=2/0)", (await Open(Outbound.Target(line))).Reply!.ToString());
    }

    [Fact]
    public async Task RECV_26_SMTPUTF8_is_used_where_offered_and_refused_with_5_6_7_where_not()
    {
        var mail = Outbound.Mail("Subject: x\r\n\r\nbody\r\n", "利用者@example.org");
        await using var modern = ScriptedPeer.Start();
        await using (var connection = await Outbound.OpenAsync(modern))
            Assert.True((await connection.SendAsync(mail, default)).Answers[0].Delivered);
        var commands = (await modern.EndedAsync(0)).Commands;
        Assert.EndsWith(" SMTPUTF8", commands[1], StringComparison.Ordinal);
        Assert.Equal("RCPT TO:<利用者@example.org>", Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(commands[2])));
        var refused = await Outbound.SendAsync(new PeerScript { Capabilities = ["8BITMIME"] }, mail);
        Assert.Equal((550, new EnhancedStatus(5, 6, 7)), (refused.Answers[0].Reply.Code, refused.Answers[0].Reply.Status!.Value));
        Assert.Equal(FailureClass.Refused, refused.Answers[0].Class);
    }
}

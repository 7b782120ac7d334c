using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>Real Postfix servers with the certificates of <see cref="TlsPeer"/>, all with one sink behind them.</summary>
public sealed class TlsPeers(FarmFixture farm) : IAsyncLifetime
{
    private readonly List<Postfix> _postfixes = [];

    public RecordingSink Sink { get; private set; } = null!;

    public string Logs => string.Join("\n---\n", _postfixes.Select(postfix => postfix.Log()));

    public async ValueTask InitializeAsync()
    {
        (Sink, _) = farm.TakeSink();
        var right = farm.Authority.Issue([.. FarmFixture.TlsPolicies.Select(policy => $"{FarmFixture.TlsName(policy, TlsPeer.Right)}.tls.test")]);
        var self = farm.Authority.SelfSigned([.. FarmFixture.TlsPolicies.Select(policy => $"{FarmFixture.TlsName(policy, TlsPeer.Self)}.tls.test")]);
        await StartAsync(TlsPeer.Right, right);
        await StartAsync(TlsPeer.Self, self);
        await StartAsync(TlsPeer.Broken, self, "smtpd_tls_protocols = TLSv1.1");
        _postfixes.Add(await Postfix.StartAsync(Sink.EndPoint, farm.TlsPort(TlsPeer.Clear), "smtpd_tls_security_level = none"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var postfix in _postfixes)
            await postfix.DisposeAsync();
    }

    private async Task StartAsync(TlsPeer peer, ClusterMail.Testing.CertificateAuthority.Pair pair, params IReadOnlyList<string> settings) =>
        _postfixes.Add(await Postfix.StartAsync(Sink.EndPoint, farm.TlsPort(peer),
        [
            "smtpd_tls_security_level = may",
            $"smtpd_tls_chain_files = {pair.Key}, {pair.Certificate}",
            "smtpd_tls_received_header = yes",
            .. settings,
        ]));
}

/// <summary>Each value of <c>delivery.tls</c> towards each kind of host (OUT-6).</summary>
[Collection(nameof(FarmCollection))]
public class OutboundTlsTests(FarmFixture farm, TlsPeers peers) : IClassFixture<TlsPeers>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task OUT_6_opportunistic_takes_TLS_from_anybody_and_clear_text_where_TLS_does_not_come_about()
    {
        await UnderAsync("opportunistic", async () =>
        {
            await ArrivesAsync("opportunistic", TlsPeer.Right, secured: true);
            await ArrivesAsync("opportunistic", TlsPeer.Wrong, secured: true);
            await ArrivesAsync("opportunistic", TlsPeer.Self, secured: true);
            await ArrivesAsync("opportunistic", TlsPeer.Broken, secured: false);
            await ArrivesAsync("opportunistic", TlsPeer.Clear, secured: false);
        });
    }

    [Fact]
    public async Task OUT_6_required_takes_any_certificate_and_never_clear_text()
    {
        await UnderAsync("required", async () =>
        {
            await ArrivesAsync("required", TlsPeer.Right, secured: true);
            await ArrivesAsync("required", TlsPeer.Self, secured: true);
            await WaitsAsync("required", TlsPeer.Broken, "454 4.7.5 TLS not possible: TLS handshake failed");
            await WaitsAsync("required", TlsPeer.Clear, "454 4.7.5 TLS not possible: host does not offer STARTTLS");
        });
    }

    [Fact]
    public async Task OUT_6_verified_takes_only_a_certificate_of_a_trusted_authority_for_the_hosts_name()
    {
        await UnderAsync("verified", async () =>
        {
            await ArrivesAsync("verified", TlsPeer.Right, secured: true);
            await WaitsAsync("verified", TlsPeer.Wrong, "RemoteCertificateNameMismatch");
            await WaitsAsync("verified", TlsPeer.Self, "errors in the certificate chain: UntrustedRoot");
            await WaitsAsync("verified", TlsPeer.Broken, "454 4.7.5 TLS not possible: TLS handshake failed");
            await WaitsAsync("verified", TlsPeer.Clear, "454 4.7.5 TLS not possible: host does not offer STARTTLS");
        });
    }

    [Fact]
    public async Task OUT_6_none_leaves_an_offer_of_TLS_alone()
    {
        await UnderAsync("none", async () =>
        {
            await ArrivesAsync("none", TlsPeer.Right, secured: false);
            await ArrivesAsync("none", TlsPeer.Broken, secured: false);
        });
    }

    private async Task UnderAsync(string policy, Func<Task> test)
    {
        await farm.Farm.SetAsync("delivery.tls", policy);
        try
        {
            await test();
        }
        finally
        {
            await farm.Farm.SetAsync("delivery.tls", "opportunistic");
        }
    }

    /// <summary>The server that took it says whether the session was encrypted: its Received header stands on top.</summary>
    private async Task ArrivesAsync(string policy, TlsPeer peer, bool secured)
    {
        var to = $"x@{FarmFixture.TlsName(policy, peer)}.test";
        await farm.SendAsync("a@example.net", to);
        try
        {
            var mail = await peers.Sink.OneAsync(arrived => arrived.ForwardPaths.Contains(to), Soon);
            var top = mail.Text[..mail.Text.IndexOf("by postfix.test", StringComparison.Ordinal)];
            Assert.True(top.Contains("using TLSv1", StringComparison.Ordinal) == secured, $"{policy}, {peer}: {top}");
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{policy}, {peer}\n{peers.Logs}", e);
        }
    }

    private async Task WaitsAsync(string policy, TlsPeer peer, string reason)
    {
        var to = $"x@{FarmFixture.TlsName(policy, peer)}.test";
        var number = await farm.SendAsync("a@example.net", to);
        var why = "";
        try
        {
            await Until.TrueAsync(async () => Flat(why = (await farm.Farm.TryAsync("queue", "why", number)).Output).Contains(Flat(reason), StringComparison.Ordinal), Soon, reason);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{policy}, {peer}: {why}", e);
        }

        Assert.DoesNotContain(peers.Sink.Mails, mail => mail.ForwardPaths.Contains(to));
        await farm.Farm.RunAsync("queue", "delete", number);
    }

    /// <summary>Without the line breaks of a terminal.</summary>
    private static string Flat(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}

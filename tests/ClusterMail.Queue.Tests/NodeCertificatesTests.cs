using System.Collections.Concurrent;
using System.Security.Authentication;
using ClusterMail.Queue.Receive;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

/// <summary>Which certificate a node shows, and what happens to it when settings or files change (RECV-5).</summary>
public sealed class NodeCertificatesTests : IDisposable
{
    private readonly CertificateAuthority _authority = new();
    private readonly ConcurrentQueue<string> _troubles = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task RECV_5_the_settings_come_before_the_nodes_own_files_and_give_way_to_them_again()
    {
        await using var scene = await QueueScene.StartAsync();
        var (own, named) = (_authority.Issue("own.test"), _authority.Issue("named.test"));
        using var certificates = Make(scene, own);
        Assert.Equal("CN=own.test", Shown(certificates));
        await FollowAsync(scene, certificates, named.Certificate, named.Key);
        Assert.Equal("CN=named.test", Shown(certificates));
        await FollowAsync(scene, certificates, "", "");
        Assert.Equal("CN=own.test", Shown(certificates));
        Assert.Empty(_troubles);
    }

    [Fact]
    public async Task RECV_5_half_a_pair_in_the_settings_changes_nothing()
    {
        await using var scene = await QueueScene.StartAsync();
        var (own, named) = (_authority.Issue("own.test"), _authority.Issue("named.test"));
        using var certificates = Make(scene, own);
        await FollowAsync(scene, certificates, named.Certificate, "");
        Assert.Equal("CN=own.test", Shown(certificates));
    }

    [Fact]
    public async Task RECV_5_a_pair_that_cannot_be_used_leaves_the_one_before_in_force_and_is_told_once()
    {
        await using var scene = await QueueScene.StartAsync();
        var (own, named, other) = (_authority.Issue("own.test"), _authority.Issue("named.test"), _authority.Issue("other.test"));
        using var certificates = Make(scene, own);
        await FollowAsync(scene, certificates, named.Certificate, other.Key);
        Assert.Equal("CN=own.test", Shown(certificates));
        // The next version of the settings says the same about it.
        certificates.Follow(scene.Settings.Current);
        Assert.Contains(named.Certificate, Assert.Single(_troubles), StringComparison.Ordinal);
        // What comes to lie there later is taken without anybody's doing.
        File.Copy(named.Key, other.Key, overwrite: true);
        await Until.TrueAsync(() => Shown(certificates) == "CN=named.test", QueueScene.Patience, "the mended pair in use");
    }

    [Fact]
    public async Task RECV_5_a_certificate_renewed_in_its_file_is_shown_without_a_change_of_settings()
    {
        await using var scene = await QueueScene.StartAsync();
        var (old, renewed) = (_authority.Issue("old.test"), _authority.Issue("renewed.test"));
        using var certificates = Make(scene, null);
        Assert.Null(certificates.Current);
        await FollowAsync(scene, certificates, old.Certificate, old.Key);
        Assert.Equal("CN=old.test", Shown(certificates));
        File.Copy(renewed.Certificate, old.Certificate, overwrite: true);
        File.Copy(renewed.Key, old.Key, overwrite: true);
        await Until.TrueAsync(() => Shown(certificates) == "CN=renewed.test", QueueScene.Patience, "the renewed certificate in use");
    }

    /// <summary>As a mounted secret is renewed: the files the settings name are links that stay, what they lead through is turned.</summary>
    [Fact]
    public async Task RECV_5_a_renewal_behind_a_link_is_seen()
    {
        await using var scene = await QueueScene.StartAsync();
        var folder = Directory.CreateTempSubdirectory("clustermail-secret-").FullName;
        foreach (var name in (string[])["old", "renewed"])
        {
            var pair = _authority.Issue($"{name}.test");
            Directory.CreateDirectory(Path.Combine(folder, name));
            File.Copy(pair.Certificate, Path.Combine(folder, name, "tls.crt"));
            File.Copy(pair.Key, Path.Combine(folder, name, "tls.key"));
        }
        var (current, certificate, key) = (Path.Combine(folder, "current"), Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
        Directory.CreateSymbolicLink(current, "old");
        File.CreateSymbolicLink(certificate, "current/tls.crt");
        File.CreateSymbolicLink(key, "current/tls.key");
        using var certificates = Make(scene, null);
        await FollowAsync(scene, certificates, certificate, key);
        Assert.Equal("CN=old.test", Shown(certificates));
        Directory.Delete(current);
        Directory.CreateSymbolicLink(current, "renewed");
        await Until.TrueAsync(() => Shown(certificates) == "CN=renewed.test", QueueScene.Patience, "the renewed certificate in use");
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task RECV_4_the_least_version_of_TLS_follows_the_settings_with_the_same_certificate()
    {
        await using var scene = await QueueScene.StartAsync();
        using var certificates = Make(scene, _authority.Issue("own.test"));
        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, certificates.Current!.EnabledSslProtocols);
        await scene.SaveAsync(("tls.min_version", "1.3"));
        certificates.Follow(scene.Settings.Current);
        Assert.Equal((SslProtocols.Tls13, "CN=own.test"), (certificates.Current!.EnabledSslProtocols, Shown(certificates)));
        Assert.Same(certificates.Current, certificates.Current);
    }

    private NodeCertificates Make(QueueScene scene, CertificateAuthority.Pair? own) =>
        new(own?.Certificate, own?.Key, scene.Settings.Current, NullLogger.Instance, _troubles.Enqueue);

    private static async Task FollowAsync(QueueScene scene, NodeCertificates certificates, string certificate, string key)
    {
        await scene.SaveAsync(("tls.certificate", certificate), ("tls.key", key));
        certificates.Follow(scene.Settings.Current);
    }

    private static string? Shown(NodeCertificates certificates) => certificates.Current?.ServerCertificateContext?.TargetCertificate.Subject;
}

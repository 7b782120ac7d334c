using System.Net.Security;
using System.Security.Authentication;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Receive;

/// <summary>
/// The certificate of this node: the settings <c>tls.certificate</c> and <c>tls.key</c> where they are set, else the files its configuration names
/// (RECV-5), never below <c>tls.min_version</c> (RECV-4). A change of either, or of the files, needs no restart.
/// </summary>
public sealed class NodeCertificates : ICertificateSource, IDisposable
{
    private readonly (string? Certificate, string? Key) _own;
    private readonly ILogger _log;
    private readonly Action<string> _onTrouble;
    private readonly Lock _gate = new();
    private (string? Certificate, string? Key) _paths;
    private FileCertificateSource? _files;
    private SslProtocols _protocols;
    private (SslServerAuthenticationOptions From, SslServerAuthenticationOptions Made)? _narrowed;

    /// <param name="onTrouble">Told in a sentence when a pair cannot be used and the one before stays in force.</param>
    public NodeCertificates(string? certificate, string? key, NodeView view, ILogger log, Action<string> onTrouble)
    {
        (_own, _log, _onTrouble) = ((certificate, key), log, onTrouble);
        Follow(view);
    }

    public SslServerAuthenticationOptions? Current
    {
        get
        {
            lock (_gate)
                return _files?.Current is { } current ? Narrowed(current) : null;
        }
    }

    /// <summary>Takes over what a settings version says.</summary>
    public void Follow(NodeView view)
    {
        var set = view.Settings;
        (string? Certificate, string? Key) wanted = set.Text("tls.certificate") is { Length: > 0 } certificate && set.Text("tls.key") is { Length: > 0 } key ? (certificate, key) : _own;
        lock (_gate)
        {
            _protocols = view.TlsProtocols;
            _narrowed = null;
            if (wanted == _paths)
                return;
            _paths = wanted;
            _files?.Dispose();
            // A slip in a path must not take TLS away from a running node: what is in use stays until the new pair gives something better.
            _files = wanted is { Certificate: { } certificatePath, Key: { } keyPath }
                ? new FileCertificateSource(certificatePath, keyPath, TimeProvider.System, _log, _files?.Current, _onTrouble)
                : null;
        }
    }

    private SslServerAuthenticationOptions Narrowed(SslServerAuthenticationOptions current)
    {
        if (_narrowed is { } known && known.From == current)
            return known.Made;
        var made = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = current.ServerCertificateContext,
            EnabledSslProtocols = _protocols,
            ClientCertificateRequired = current.ClientCertificateRequired,
            AllowRenegotiation = current.AllowRenegotiation,
        };
        _narrowed = (current, made);
        return made;
    }

    public void Dispose()
    {
        lock (_gate)
            _files?.Dispose();
    }
}

using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// A certificate (with its chain behind it, PEM) and its private key from two files, in use anew when what they hold changes. Trouble with the new files
/// is logged and the certificate before stays in use. What they hold is compared, not their times: a renewal may turn a link somewhere above them
/// (mounted secrets), or keep the time.
/// </summary>
public sealed class FileCertificateSource : ICertificateSource, IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(3);

    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly ILogger _logger;
    private readonly Action<string>? _onTrouble;
    private readonly ITimer _looks;
    private volatile SslServerAuthenticationOptions? _current;
    private byte[] _seen = [];
    private bool _toldMissing;
    private int _looking;

    /// <summary>Reads the files once before returning; missing files are no error, they may come later.</summary>
    /// <param name="until">In use until the files give something usable; null (default): nothing.</param>
    /// <param name="onTrouble">Told in a sentence why the files cannot be used, once for each change of them; must be quick and not throw.</param>
    public FileCertificateSource(
        string certificatePath, string keyPath, TimeProvider time, ILogger logger, SslServerAuthenticationOptions? until = null, Action<string>? onTrouble = null)
    {
        _certificatePath = certificatePath;
        _keyPath = keyPath;
        _logger = logger;
        _current = until;
        _onTrouble = onTrouble;
        Look();
        _looks = time.CreateTimer(_ => Look(), null, LookInterval, LookInterval);
    }

    public SslServerAuthenticationOptions? Current => _current;

    public void Dispose() => _looks.Dispose();

    private void Look()
    {
        if (Interlocked.Exchange(ref _looking, 1) != 0)
            return;
        try
        {
            if (!File.Exists(_certificatePath) || !File.Exists(_keyPath))
            {
                if (!_toldMissing)
                    _onTrouble?.Invoke($"the certificate {_certificatePath} with the key {_keyPath} cannot be used, the one before stays: a file is missing");
                _toldMissing = true;
                return;
            }
            _toldMissing = false;
            var (certificate, key) = (File.ReadAllText(_certificatePath), File.ReadAllText(_keyPath));
            var now = SHA256.HashData(Encoding.UTF8.GetBytes(certificate + "\0" + key));
            if (now.AsSpan().SequenceEqual(_seen))
                return;
            _seen = now;
            _current = Load(certificate, key);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            ServerLog.CertificateFailed(_logger, _certificatePath, e);
            _onTrouble?.Invoke($"the certificate {_certificatePath} with the key {_keyPath} cannot be used, the one before stays: {e.Message}");
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }

    private SslServerAuthenticationOptions Load(string certificatePem, string keyPem)
    {
        var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        if (OperatingSystem.IsWindows())
            certificate = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);      // SChannel refuses keys that live in memory only
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificatePem);
        chain.RemoveAt(0);
        ServerLog.CertificateLoaded(_logger, certificate.Subject, certificate.NotAfter);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = false,
            AllowRenegotiation = false,
        };
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ClusterMail.Testing;

/// <summary>A certificate authority of the tests' own; what it issues lies as PEM files in its folder.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clustermail-ca-").FullName;
    private readonly X509Certificate2 _root;
    private int _issued;

    public CertificateAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ClusterMail test root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(30));
        RootFile = Path.Combine(_folder, "root.pem");
        File.WriteAllText(RootFile, _root.ExportCertificatePem());
    }

    /// <summary>The root alone: what <c>SSL_CERT_FILE</c> of a program is to name that should trust this authority.</summary>
    public string RootFile { get; }

    /// <param name="Subject">As a client reads it: <c>CN=name</c>.</param>
    /// <param name="Certificate">PEM file.</param>
    /// <param name="Key">PEM file.</param>
    public sealed record Pair(string Subject, string Certificate, string Key);

    /// <summary>Signed by this authority, valid for these names.</summary>
    public Pair Issue(params IReadOnlyList<string> names) =>
        Write(names, request => request.Create(_root, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(20), RandomNumberGenerator.GetBytes(12)));

    /// <summary>Signed by nobody but itself.</summary>
    public Pair SelfSigned(params IReadOnlyList<string> names) =>
        Write(names, request => request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(20)));

    public void Dispose()
    {
        _root.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Pair Write(IReadOnlyList<string> names, Func<CertificateRequest, X509Certificate2> sign)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        using var certificate = sign(request);
        var stem = Path.Combine(_folder, $"{Interlocked.Increment(ref _issued)}");
        var pair = new Pair($"CN={names[0]}", stem + ".crt", stem + ".key");
        File.WriteAllText(pair.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(pair.Key, key.ExportPkcs8PrivateKeyPem());
        return pair;
    }
}

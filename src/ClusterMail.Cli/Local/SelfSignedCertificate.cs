using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ClusterMail.Cli.Local;

/// <summary>A certificate for trying out: nobody trusts it, but STARTTLS and the implicit TLS port work from the first minute.</summary>
public static class SelfSignedCertificate
{
    /// <summary>Ten years: a local cluster is not to stop working over a holiday.</summary>
    private const int Years = 10;

    /// <summary>Writes both files unless they are there.</summary>
    public static void Ensure(string certificatePath, string keyPath)
    {
        if (File.Exists(certificatePath) && File.Exists(keyPath))
            return;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost, O=ClusterMail local cluster", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // serverAuth
        request.CertificateExtensions.Add(Names());
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(Years));
        PrivateFile.CreateFolder(Path.GetDirectoryName(certificatePath)!);
        PrivateFile.Replace(keyPath, key.ExportPkcs8PrivateKeyPem() + "\n");
        PrivateFile.Replace(certificatePath, certificate.ExportCertificatePem() + "\n");
    }

    private static X509Extension Names()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        if (Uri.CheckHostName(Environment.MachineName) == UriHostNameType.Dns)
            names.AddDnsName(Environment.MachineName);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        return names.Build();
    }
}

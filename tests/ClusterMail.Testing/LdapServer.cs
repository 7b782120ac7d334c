using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Testing;

/// <summary>
/// A real directory (slapd) on two loopback ports, clear text with StartTLS and TLS from the first octet, with a certificate for <c>localhost</c>. Ends with the object.
/// </summary>
public sealed class LdapServer : IAsyncDisposable
{
    public const string Suffix = "dc=example,dc=jp";
    public const string ReaderDn = "cn=reader,dc=example,dc=jp";
    public const string ReaderPassword = "reader-secret";
    public const string Group = "cn=mail,ou=groups,dc=example,dc=jp";

    private readonly string _folder = Directory.CreateTempSubdirectory("clustermail-slapd-").FullName;
    private readonly CertificateAuthority _authority = new();
    private Process? _process;

    public static bool IsInstalled => File.Exists("/usr/sbin/slapd");

    public int Port { get; private set; }
    public int TlsPort { get; private set; }

    /// <summary>Clear text first.</summary>
    public string Url => $"ldap://localhost:{Port}";
    public string TlsUrl => $"ldaps://localhost:{TlsPort}";

    /// <summary>Trusts the certificate.</summary>
    public string CaFile => _authority.RootFile;

    /// <summary>
    /// taro and hanako have the passwords Secret123 and Secret456, taro is in <see cref="Group"/>; two entries have the mail twin@example.jp; the entry <c>a*b</c> shows whether a
    /// wildcard is taken for what it is.
    /// </summary>
    public static async Task<LdapServer> StartAsync()
    {
        var server = new LdapServer();
        await server.FillAsync();
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Nobody answers any more; what was said is lost for nobody: <see cref="StartAgainAsync"/>.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process)
            return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>On the same ports, when it had some before.</summary>
    public async Task StartAgainAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            if (Port == 0 || attempt > 0)
                (Port, TlsPort) = (FreePort(), FreePort());
            // Not as a daemon: -d keeps it in the foreground.
            var process = Process.Start(new ProcessStartInfo("/usr/sbin/slapd", ["-d", "0", "-f", Conf, "-h", $"ldap://127.0.0.1:{Port}/ ldaps://127.0.0.1:{TlsPort}/"]) { RedirectStandardError = true })!;
            while (!process.HasExited)
            {
                if (await ListensAsync(Port) && await ListensAsync(TlsPort))
                {
                    _process = process;
                    return;
                }
                await Task.Delay(50);
            }
            // Somebody took a port between our looking and slapd's binding.
            if (attempt == 4)
                throw new InvalidOperationException($"slapd does not start: {await process.StandardError.ReadToEndAsync()}");
        }
    }

    /// <summary>Changes the directory while it is stopped.</summary>
    public async Task AddAsync(string ldif)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid():N}.ldif");
        await File.WriteAllTextAsync(file, ldif);
        using var slapadd = Process.Start(new ProcessStartInfo("/usr/sbin/slapadd", ["-f", Conf, "-l", file]) { RedirectStandardError = true })!;
        var said = await slapadd.StandardError.ReadToEndAsync();
        await slapadd.WaitForExitAsync();
        if (slapadd.ExitCode != 0)
            throw new InvalidOperationException($"slapadd: {said}");
    }

    private string Conf => Path.Combine(_folder, "slapd.conf");

    private async Task FillAsync()
    {
        var pair = _authority.Issue("localhost");
        Directory.CreateDirectory(Path.Combine(_folder, "data"));
        await File.WriteAllTextAsync(Conf, $"""
            include /etc/ldap/schema/core.schema
            include /etc/ldap/schema/cosine.schema
            include /etc/ldap/schema/inetorgperson.schema
            modulepath /usr/lib/ldap
            moduleload back_mdb
            pidfile {_folder}/slapd.pid
            TLSCACertificateFile {CaFile}
            TLSCertificateFile {pair.Certificate}
            TLSCertificateKeyFile {pair.Key}
            database mdb
            suffix "{Suffix}"
            directory {_folder}/data
            access to attrs=userPassword by anonymous auth by * none
            access to * by dn.exact="{ReaderDn}" read by * none

            """);
        await AddAsync($"""
            dn: {Suffix}
            objectClass: dcObject
            objectClass: organization
            o: Example
            dc: example

            dn: {ReaderDn}
            objectClass: person
            cn: reader
            sn: reader
            userPassword: {ReaderPassword}

            dn: ou=people,{Suffix}
            objectClass: organizationalUnit
            ou: people

            dn: ou=groups,{Suffix}
            objectClass: organizationalUnit
            ou: groups

            {Person("taro", "Secret123", "taro@example.jp", "uid=hanako,ou=people," + Suffix)}
            {Person("hanako", "Secret456", "hanako@example.jp")}
            {Person("twin1", "Secret789", "twin@example.jp")}
            {Person("twin2", "Secret789", "twin@example.jp")}
            {Person("a*b", "Secret789", "a*b@example.jp")}
            dn: {Group}
            objectClass: groupOfNames
            cn: mail
            member: uid=taro,ou=people,{Suffix}
            member: uid=twin1,ou=people,{Suffix}

            """);
    }

    /// <param name="superior">DN; null: none.</param>
    public static string Person(string uid, string password, string mail, string? superior = null) => $"""
        dn: uid={uid},ou=people,{Suffix}
        objectClass: inetOrgPerson
        uid: {uid}
        cn: {uid}
        sn: {uid}
        mail: {mail}
        userPassword: {password}

        """ + (superior is null ? "" : $"manager: {superior}\n") + "\n";

    private static async Task<bool> ListensAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

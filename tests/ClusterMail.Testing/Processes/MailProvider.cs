using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// A hosting provider as customers meet it: a real Postfix that takes mail only after AUTH under TLS, from each login only under its own sender addresses, and asks a real Dovecot for
/// the passwords. What it takes is passed on with the login in its Received: header.
/// </summary>
public sealed class MailProvider : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly string _folder;
    private readonly Dictionary<string, string> _passwords;
    private readonly Daemon _dovecot;
    private readonly Postfix _postfix;

    private MailProvider(string folder, Dictionary<string, string> passwords, Daemon dovecot, Postfix postfix) =>
        (_folder, _passwords, _dovecot, _postfix) = (folder, passwords, dovecot, postfix);

    public int Port => _postfix.EndPoint.Port;

    /// <param name="relayTo">Where everything goes that it takes.</param>
    /// <param name="customers">Login, password, and the sender addresses it may use.</param>
    public static async Task<MailProvider> StartAsync(IPEndPoint relayTo, params IReadOnlyList<(string Login, string Password, string Address)> customers)
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-provider-").FullName;
        Unix.LetThrough(folder);
        var passwords = customers.ToDictionary(one => one.Login, one => one.Password);
        var port = Ports.Block(1);
        await WriteAsync(folder, passwords, port);
        await File.WriteAllLinesAsync(Path.Combine(folder, "senders"), customers.Select(one => $"{one.Address} {one.Login}"));
        using (var certificate = PeerCertificate.For("smtp.provider.example"))
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "cert.pem"), certificate.ExportCertificatePem());
            await File.WriteAllTextAsync(Path.Combine(folder, "key.pem"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        }
        var dovecot = Daemon.Start("dovecot", "-F", "-c", Path.Combine(folder, "dovecot.conf"));
        try
        {
            await Until.TrueAsync(() => AnswersAsync(port), TimeSpan.FromSeconds(20), "Dovecot answering");
            return new MailProvider(folder, passwords, dovecot, await Postfix.StartAsync(relayTo, null,
                "mynetworks = 192.0.2.1/32",
                "smtpd_sasl_auth_enable = yes",
                "smtpd_sasl_type = dovecot",
                string.Create(CultureInfo.InvariantCulture, $"smtpd_sasl_path = inet:127.0.0.1:{port}"),
                "smtpd_sasl_security_options = noanonymous",
                "smtpd_sasl_authenticated_header = yes",
                $"smtpd_tls_cert_file = {folder}/cert.pem",
                $"smtpd_tls_key_file = {folder}/key.pem",
                "smtpd_tls_security_level = may",
                "smtpd_tls_auth_only = yes",
                $"smtpd_sender_login_maps = texthash:{folder}/senders",
                "smtpd_sender_restrictions = reject_sender_login_mismatch",
                "smtpd_relay_restrictions = permit_sasl_authenticated, reject"));
        }
        catch (Exception e)
        {
            var log = $"{dovecot.Output}\n{Log(folder)}";
            await dovecot.DisposeAsync();
            throw new InvalidOperationException($"The provider did not start: {e.Message}\n{log}", e);
        }
    }

    /// <summary>As a customer does on the provider's pages.</summary>
    public async Task ChangePasswordAsync(string login, string password)
    {
        _passwords[login] = password;
        await WritePasswordsAsync(_folder, _passwords);
    }

    public string Log() => $"{_postfix.Log()}\n{Log(_folder)}";

    public async ValueTask DisposeAsync()
    {
        await _postfix.DisposeAsync();
        await _dovecot.DisposeAsync();
        await Tool.RunAsync(Limit, "rm", "-rf", "--", _folder);
    }

    private static async Task WriteAsync(string folder, Dictionary<string, string> passwords, int port)
    {
        await WritePasswordsAsync(folder, passwords);
        await File.WriteAllTextAsync(Path.Combine(folder, "dovecot.conf"), $$"""
            protocols =
            base_dir = {{folder}}/run
            state_dir = {{folder}}/state
            log_path = {{folder}}/log
            instance_name = clustermail-provider
            ssl = no
            disable_plaintext_auth = no
            auth_mechanisms = plain login cram-md5
            auth_verbose = yes
            auth_failure_delay = 0
            first_valid_uid = 0
            passdb {
              driver = passwd-file
              args = username_format=%u {{folder}}/users
            }
            userdb {
              driver = static
              args = uid=65534 gid=65534 home={{folder}}
            }
            service auth {
              inet_listener {
                address = 127.0.0.1
                port = {{port.ToString(CultureInfo.InvariantCulture)}}
              }
            }

            """);
    }

    private static async Task WritePasswordsAsync(string folder, Dictionary<string, string> passwords)
    {
        // Replaced, not written over: nobody is to read half of it.
        var file = Path.Combine(folder, "users.new");
        await File.WriteAllLinesAsync(file, passwords.Select(one => $"{one.Key}:{{PLAIN}}{one.Value}"));
        File.Move(file, Path.Combine(folder, "users"), overwrite: true);
    }

    private static string Log(string folder)
    {
        var file = Path.Combine(folder, "log");
        return File.Exists(file) ? string.Join('\n', File.ReadLines(file).TakeLast(60)) : "no log of Dovecot";
    }

    private static async Task<bool> AnswersAsync(int port)
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
}

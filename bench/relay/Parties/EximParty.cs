using System.Globalization;
using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Relay.Parties;

/// <summary>
/// Debian's Exim from unpacked packages, in a mount namespace that shows it the files and the account it was built to find: installed beside Postfix it would drive
/// that out. Seen with strace: the process of a connection calls fsync on both spool files of a mail and on their folder, and only then writes its 250. The processes that deliver are
/// nobody's children for the kernel's accounts, so its CPU figure leaves part of them out.
/// </summary>
internal sealed class EximParty : IParty
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Daemon _daemon;
    private readonly string _folder;

    private EximParty(Daemon daemon, string folder, IPEndPoint endPoint, string version, IReadOnlyList<string> settings)
    {
        (_daemon, _folder, EndPoint, Version, Settings) = (daemon, folder, endPoint, version, settings);
        Server = new ProcessTree(daemon.Pid);
    }

    public string Name => "Exim";
    public string Version { get; }
    public string Durability => "on disk before 250 (fsync of both spool files and of their folder)";
    public IReadOnlyList<string> Settings { get; }
    public IPEndPoint EndPoint { get; }
    public ProcessTree Server { get; }
    public ProcessTree? Database => null;

    public static async Task<EximParty> StartAsync(Surroundings around)
    {
        var package = Peers.Folder("exim");
        var folder = Directory.CreateTempSubdirectory("clustermail-exim-").FullName;
        Unix.LetThrough(folder);
        var endPoint = new IPEndPoint(IPAddress.Loopback, Ports.Block(1));
        var settings = MainSettings(endPoint, around);
        await WriteAsync(folder, settings, around);
        // Unpacked files in front of the machine's, and the account of this folder in front of both.
        var enter = $"mount -t overlay overlay -o lowerdir={package}/usr:/usr /usr && mount -t overlay overlay -o lowerdir={folder}/etc:/etc /etc && ";
        var version = (await Tool.MustAsync(Limit, "unshare", "--mount", "sh", "-c", enter + "exec exim4 -bV")).Split('\n')[0].Trim();
        var daemon = Daemon.Start("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", enter + "exec exim4 -bdf -q1m");
        var party = new EximParty(daemon, folder, endPoint, version, [.. settings, "transport: connection_max_messages = 500"]);
        try
        {
            await Until.TrueAsync(() => Peers.AnswersAsync(endPoint), Limit, "Exim answering");
            return party;
        }
        catch (TimeoutException e)
        {
            var said = daemon.Output;
            await party.DisposeAsync();
            throw new InvalidOperationException($"Exim did not start: {said}", e);
        }
    }

    public Task<bool> IsEmptyAsync()
    {
        var input = Path.Combine(_folder, "spool", "input");
        return Task.FromResult(!Directory.Exists(input) || !Directory.EnumerateFiles(input, "*", SearchOption.AllDirectories).Any());
    }

    public Task<Counters?> CountersAsync() => Task.FromResult<Counters?>(null);
    public Task<NodeFigures?> FiguresAsync() => Task.FromResult<NodeFigures?>(null);

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        await Tool.RunAsync(Limit, "rm", "-rf", "--", _folder);
    }

    private static IReadOnlyList<string> MainSettings(IPEndPoint endPoint, Surroundings around) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"daemon_smtp_ports = {endPoint.Port}"),
        "smtp_accept_max = 500",
        "smtp_accept_queue_per_connection = 0",
        "smtp_accept_max_per_connection = 0",
        "queue_run_max = 20",
        "deliver_drop_privilege = true",
        "split_spool_directory = true",
        "log_selector = -all",
        "message_logs = false",
        "recipients_max = 1000",
        around.TlsIn ? "tls_advertise_hosts = *" : "tls_advertise_hosts =",
        .. around.TlsIn ? ["tls_certificate = /etc/exim4/tls.crt", "tls_privatekey = /etc/exim4/tls.key"] : Array.Empty<string>(),
    ];

    private static async Task WriteAsync(string folder, IReadOnlyList<string> main, Surroundings around)
    {
        const string Account = "Debian-exim";
        const string Number = "64980";
        var configuration = Directory.CreateDirectory(Path.Combine(folder, "etc", "exim4")).FullName;
        foreach (var name in new[] { "spool", "log" })
            Directory.CreateDirectory(Path.Combine(folder, name));
        await Tool.MustAsync(Limit, "chown", $"{Number}:{Number}", Path.Combine(folder, "spool"), Path.Combine(folder, "log"));
        await File.WriteAllTextAsync(Path.Combine(folder, "etc", "passwd"), $"{await File.ReadAllTextAsync("/etc/passwd")}{Account}:x:{Number}:{Number}::/nonexistent:/bin/false\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "etc", "group"), $"{await File.ReadAllTextAsync("/etc/group")}{Account}:x:{Number}:\n");
        if (around.Certificate is { } certificate)
        {
            File.Copy(certificate.Certificate, Path.Combine(configuration, "tls.crt"));
            File.Copy(certificate.Key, Path.Combine(configuration, "tls.key"));
            await Tool.MustAsync(Limit, "chown", Number, Path.Combine(configuration, "tls.key"));
        }

        await File.WriteAllTextAsync(Path.Combine(configuration, "exim4.conf"), $"""
            primary_hostname = exim.test
            spool_directory = {folder}/spool
            log_file_path = {folder}/log/%slog
            pid_file_path = {folder}/log/exim.pid
            local_interfaces = 127.0.0.1
            {string.Join('\n', main)}
            acl_smtp_rcpt = everybody
            begin acl
            everybody:
              accept control = dkim_disable_verify
            begin routers
            to_sink:
              driver = manualroute
              route_list = * 127.0.0.1
              self = send
              transport = sink
            begin transports
            sink:
              driver = smtp
              port = {around.Sink.Port.ToString(CultureInfo.InvariantCulture)}
              allow_localhost
              connection_max_messages = 500
              {(around.TlsOut ? "hosts_require_tls = *\n  tls_verify_hosts =\n  tls_try_verify_hosts =" : "hosts_avoid_tls = *")}
            begin retry
            * * F,1h,1m

            """);
    }
}

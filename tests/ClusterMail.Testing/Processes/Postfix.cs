using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// A real Postfix instance of the test's own: its configuration, queue and ports are apart from any Postfix of the machine. Needs root, as Postfix does.
/// </summary>
public sealed class Postfix : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly string _folder;

    private Postfix(string folder, IPEndPoint endPoint)
    {
        _folder = folder;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Of <c>master</c>, which starts all others.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Nothing is being taken, waits or is being delivered.</summary>
    public bool IsQueueEmpty => new[] { "maildrop", "incoming", "active", "deferred" }.Select(name => Path.Combine(_folder, "queue", name))
        .All(queue => !Directory.Exists(queue) || !Directory.EnumerateFiles(queue, "*", SearchOption.AllDirectories).Any());

    private string Configuration => Path.Combine(_folder, "etc");

    /// <param name="relayTo">Everything goes there.</param>
    /// <param name="port">Where it listens; any free one when null.</param>
    /// <param name="settings">Further lines of main.cf, or others than ours.</param>
    public static Task<Postfix> StartAsync(IPEndPoint relayTo, int? port = null, params IReadOnlyList<string> settings) =>
        StartAtAsync(new IPEndPoint(IPAddress.Loopback, port ?? Ports.Block(1)), relayTo, settings);

    /// <param name="endPoint">Where it listens.</param>
    public static async Task<Postfix> StartAtAsync(IPEndPoint endPoint, IPEndPoint relayTo, params IReadOnlyList<string> settings)
    {
        if (!Unix.IsRoot)
            throw new InvalidOperationException("Postfix can only be started by root: run the tests as root.");
        var folder = Directory.CreateTempSubdirectory("clustermail-postfix-").FullName;
        Unix.LetThrough(folder);
        var postfix = new Postfix(folder, endPoint);
        try
        {
            await postfix.WriteAsync(relayTo, settings);
            await Tool.MustAsync(Limit, "postfix", "-c", postfix.Configuration, "start");
            await Until.TrueAsync(postfix.AnswersAsync, TimeSpan.FromSeconds(20), "Postfix answering");
            // It holds a lock on the file, so .NET does not open it.
            postfix.ProcessId = int.Parse((await Tool.MustAsync(Limit, "cat", Path.Combine(folder, "queue", "pid", "master.pid"))).Trim(), CultureInfo.InvariantCulture);
            return postfix;
        }
        catch (Exception e)
        {
            var log = postfix.Log();
            await postfix.DisposeAsync();
            throw new InvalidOperationException($"Postfix did not start: {e.Message}\n{log}", e);
        }
    }

    public string Log()
    {
        var file = Path.Combine(_folder, "log", "mail.log");
        return File.Exists(file) ? string.Join('\n', File.ReadLines(file).TakeLast(60)) : "no log";
    }

    public async ValueTask DisposeAsync()
    {
        await Tool.RunAsync(Limit, "postfix", "-c", Configuration, "stop");
        await Tool.RunAsync(Limit, "rm", "-rf", "--", _folder);
    }

    private async Task WriteAsync(IPEndPoint relayTo, IReadOnlyList<string> settings)
    {
        foreach (var name in new[] { "etc", "queue", "data", "log" })
            Directory.CreateDirectory(Path.Combine(_folder, name));
        await Tool.MustAsync(Limit, "chown", "postfix", Path.Combine(_folder, "data"));
        var main = $"""
            compatibility_level = 3.6
            queue_directory = {_folder}/queue
            data_directory = {_folder}/data
            maillog_file_prefixes = {_folder}
            maillog_file = {_folder}/log/mail.log
            syslog_name = clustermail-test
            multi_instance_enable = no
            myhostname = postfix.test
            mydestination =
            local_recipient_maps =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            mynetworks = 127.0.0.0/8
            smtpd_relay_restrictions = permit_mynetworks, reject
            relayhost = [{relayTo.Address}]:{relayTo.Port.ToString(CultureInfo.InvariantCulture)}
            smtp_host_lookup = native
            disable_dns_lookups = yes
            smtputf8_enable = yes
            message_size_limit = 104857600
            mailbox_size_limit = 0
            alias_maps =
            alias_database =
            biff = no
            """;
        // Each once: every process warns of a name that stands twice, and the one that writes the log hangs when ten records wait before it runs, and with it the whole instance.
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in main.Split('\n').Concat(settings))
            lines[line[..line.IndexOf('=', StringComparison.Ordinal)].Trim()] = line;
        await File.WriteAllTextAsync(Path.Combine(Configuration, "main.cf"), string.Join('\n', lines.Values) + "\n");
        await File.WriteAllTextAsync(Path.Combine(Configuration, "master.cf"), $"""
            {EndPoint}  inet  n - n - - smtpd
            pickup     unix  n - n 60 1 pickup
            cleanup    unix  n - n - 0 cleanup
            qmgr       unix  n - n 300 1 qmgr
            rewrite    unix  - - n - - trivial-rewrite
            bounce     unix  - - n - 0 bounce
            defer      unix  - - n - 0 bounce
            trace      unix  - - n - 0 bounce
            verify     unix  - - n - 1 verify
            flush      unix  n - n 1000? 0 flush
            proxymap   unix  - - n - - proxymap
            proxywrite unix  - - n - 1 proxymap
            smtp       unix  - - n - - smtp
            relay      unix  - - n - - smtp
            showq      unix  n - n - - showq
            error      unix  - - n - - error
            retry      unix  - - n - - error
            discard    unix  - - n - - discard
            local      unix  - n n - - local
            virtual    unix  - n n - - virtual
            anvil      unix  - - n - 1 anvil
            scache     unix  - - n - 1 scache
            tlsproxy   unix  - - n - 0 tlsproxy
            tlsmgr     unix  - - n 1000? 1 tlsmgr
            postlog    unix-dgram n - n - 1 postlogd

            """);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var conversation = await SmtpConversation.OpenAsync(EndPoint);
            return conversation.Last.StartsWith("220", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}

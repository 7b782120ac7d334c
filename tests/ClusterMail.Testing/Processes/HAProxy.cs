using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace ClusterMail.Testing.Processes;

/// <summary>A real HAProxy in front of the nodes' balanced listeners, speaking PROXY protocol version 2 (or 1) to them (CLU-23).</summary>
public sealed partial class HAProxy : IAsyncDisposable
{
    private readonly Daemon _daemon;
    private readonly string _folder;

    private HAProxy(Daemon daemon, string folder, IPEndPoint endPoint)
    {
        _daemon = daemon;
        _folder = folder;
        EndPoint = endPoint;
    }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint EndPoint { get; }

    /// <param name="version">1 or 2.</param>
    public static Task<HAProxy> StartAsync(IEnumerable<FarmNode> nodes, int version = 2) => StartAsync(nodes.Select(node => node.ProxySmtp), version);

    /// <param name="servers">Balanced listeners as host:port.</param>
    /// <param name="tls">They speak TLS from the first octet.</param>
    public static async Task<HAProxy> StartAsync(IEnumerable<string> servers, int version = 2, bool tls = false)
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, Ports.Block(1));
        var send = version == 2 ? "send-proxy-v2" : "send-proxy";
        return await StartFileAsync($"""
            global
              maxconn 4000
            defaults
              mode tcp
              timeout connect 5s
              timeout client 120s
              timeout server 120s
              retries 3
              option redispatch
            listen smtp
              bind {endPoint}
              balance roundrobin
            {string.Join('\n', servers.Select((server, number) => $"  server s{number} {server} {send} check-send-proxy check inter 1s fall 2 rise 1"))}

            """, endPoint, tls);
    }

    /// <summary>With <c>deploy/haproxy.cfg</c>, in which nothing is changed but addresses and ports: machines mx1 to mx3 are the nodes, and all three doors lead to their one port that takes the PROXY protocol.</summary>
    /// <param name="nodes">Three.</param>
    public static async Task<HAProxy> StartDeployedAsync(IReadOnlyList<FarmNode> nodes)
    {
        var first = Ports.Block(3);
        var text = await File.ReadAllTextAsync(Path.Combine(Tool.Root, "deploy", "haproxy.cfg"));
        var next = first;
        text = Bind().Replace(text, _ => string.Create(CultureInfo.InvariantCulture, $"bind {IPAddress.Loopback}:{next++}"));
        if (next != first + 3)
            throw new InvalidOperationException($"deploy/haproxy.cfg has {next - first} doors instead of three.");
        text = Server().Replace(text, server => nodes[server.Groups[1].Value[0] - '1'] is var node
            ? string.Create(CultureInfo.InvariantCulture, $"server mx{server.Groups[1].Value} {node.ProxySmtp} port {new Uri(node.Admin).Port}")
            : "");
        return await StartFileAsync(text, new IPEndPoint(IPAddress.Loopback, first));
    }

    /// <summary>With a whole file.</summary>
    /// <param name="configuration">The text of haproxy.cfg.</param>
    /// <param name="endPoint">Where it takes SMTP clients; it is waited for a greeting there.</param>
    public static async Task<HAProxy> StartFileAsync(string configuration, IPEndPoint endPoint, bool tls = false)
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-haproxy-").FullName;
        var file = Path.Combine(folder, "haproxy.cfg");
        await File.WriteAllTextAsync(file, configuration);
        var daemon = Daemon.Start("haproxy", "-db", "-f", file);
        try
        {
            await Until.TrueAsync(() => AnswersAsync(endPoint, tls), TimeSpan.FromSeconds(15), "HAProxy answering");
            return new HAProxy(daemon, folder, endPoint);
        }
        catch (TimeoutException e)
        {
            var output = daemon.Output;
            await daemon.DisposeAsync();
            throw new InvalidOperationException($"{e.Message}: {output}", e);
        }
    }

    /// <summary>Waits until its log says so.</summary>
    public Task SaysAsync(string text, TimeSpan limit) => Until.TrueAsync(() => _daemon.Output.Contains(text, StringComparison.Ordinal), limit, $"HAProxy saying \"{text}\"");

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex(@"bind :::[0-9]+ v4v6")]
    private static partial Regex Bind();

    [GeneratedRegex(@"server mx([1-3]) [0-9.]+:[0-9]+")]
    private static partial Regex Server();

    private static async Task<bool> AnswersAsync(IPEndPoint endPoint, bool tls)
    {
        try
        {
            using var conversation = tls ? await SmtpConversation.OpenTlsAsync(endPoint) : await SmtpConversation.OpenAsync(endPoint);
            return conversation.Last.StartsWith("220", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            return false;
        }
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ClusterMail.Testing.Processes;

/// <summary>A host on the bridge of a <see cref="NetworkFarm"/> that is no node: it has neighbours and believes what they announce.</summary>
/// <param name="Space">Its network namespace.</param>
public sealed record NetworkClient(string Space, IPAddress Address, IPAddress AddressV6)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>First line of the greeting; null: none within half a second.</summary>
    public async Task<string?> GreetAsync(IPAddress server)
    {
        try
        {
            return await NetworkSpace.InsideAsync(Space, async () =>
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
                using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(new IPEndPoint(server, 25), limit.Token);
                var buffer = new byte[512];
                var read = await socket.ReceiveAsync(buffer, limit.Token);
                return read == 0 ? null : Encoding.ASCII.GetString(buffer, 0, read).TrimEnd();
            });
        }
        catch (Exception silence) when (silence is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    public Task<SmtpConversation> OpenAsync(IPAddress server) => NetworkSpace.InsideAsync(Space, () => SmtpConversation.OpenAsync(new IPEndPoint(server, 25)));

    /// <summary>Hardware address it would send to; null: it knows none.</summary>
    public async Task<string?> NeighbourAsync(IPAddress address)
    {
        using var document = JsonDocument.Parse(await Tool.MustAsync(Limit, "ip", "-n", Space, "-j", "neigh", "show", address.ToString()) is { Length: > 1 } text ? text : "[]");
        return document.RootElement.EnumerateArray().Select(one => one.TryGetProperty("lladdr", out var hardware) ? hardware.GetString() : null).FirstOrDefault();
    }

    internal static async Task<NetworkClient> BuildAsync(string bridge, string network, int number)
    {
        var client = new NetworkClient($"{bridge}-c", IPAddress.Parse(network + ".100"), IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"fd77:{number}::100")));
        await IpAsync("netns", "add", client.Space);
        await IpAsync("link", "add", bridge + "c", "type", "veth", "peer", "name", "eth0", "netns", client.Space);
        await IpAsync("link", "set", bridge + "c", "master", bridge);
        await IpAsync("link", "set", bridge + "c", "up");
        await IpAsync("-n", client.Space, "addr", "add", $"{client.Address}/24", "dev", "eth0");
        await IpAsync("-n", client.Space, "addr", "add", $"{client.AddressV6}/64", "dev", "eth0", "nodad");
        await IpAsync("-n", client.Space, "link", "set", "eth0", "up");
        await IpAsync("-n", client.Space, "link", "set", "lo", "up");
        return client;
    }

    private static Task<string> IpAsync(params IReadOnlyList<string> arguments) => Tool.MustAsync(Limit, "ip", arguments);
}

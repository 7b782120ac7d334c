using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Bench.Depth;

/// <summary>Hosts on the loopback that refuse connections, never answer the first packet of one, or take it and say nothing.</summary>
internal sealed class DeadHosts : IAsyncDisposable
{
    private const string Refuses = "refuses connections", Drops = "drops the first packet", Silent = "says nothing";
    private readonly List<Socket> _sockets = [];

    public DeadHosts(int runs)
    {
        All = [.. Enumerable.Range(0, runs).SelectMany(run => Ways.Select((way, number) => new Host(way, run, $"dead{run}.w{number}.test", Open(way))))];
    }

    /// <param name="Run">In which it is used.</param>
    public sealed record Host(string Way, int Run, string Domain, int Port);

    public static IReadOnlyList<string> Ways { get; } = [Refuses, Drops, Silent];
    public IReadOnlyList<Host> All { get; }

    private int Open(string way)
    {
        var socket = New();
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        // Bound but not listening, nobody else gets the port, and whoever connects is refused. Listening without ever accepting, the kernel takes connections
        // until its line is full, and drops what comes after.
        if (way != Refuses)
            socket.Listen(way == Drops ? 0 : 512);
        var endPoint = (IPEndPoint)socket.LocalEndPoint!;
        if (way == Drops)
            Fill(endPoint);
        return endPoint.Port;
    }

    private void Fill(IPEndPoint endPoint)
    {
        for (var tries = 0; tries < 10; tries++)
        {
            if (!New().ConnectAsync(endPoint).Wait(TimeSpan.FromMilliseconds(300)))
                return;
        }

        throw new InvalidOperationException($"{endPoint} still takes connections.");
    }

    private Socket New()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        return socket;
    }

    public ValueTask DisposeAsync()
    {
        _sockets.ForEach(socket => socket.Dispose());
        return ValueTask.CompletedTask;
    }
}

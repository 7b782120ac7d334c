using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Testing.Processes;

/// <summary>Ports for programs that cannot be told "any free one".</summary>
public static class Ports
{
    private static int next = Random.Shared.Next(20_000, 28_000) / 100 * 100;

    /// <summary>First of <paramref name="count"/> free neighbours, below the range the kernel gives to outgoing connections.</summary>
    public static int Block(int count)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var first = Interlocked.Add(ref next, (count / 100 + 1) * 100);
            if (Enumerable.Range(first, count).All(IsFree))
                return first;
        }

        throw new InvalidOperationException($"No {count} free neighbouring ports.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// Ports for programs that cannot be told "any free one". A block is held until this process ends, by a lock on a file for each hundred: between the look and
/// the program that listens there is time for another test process to find the same ports free.
/// </summary>
public static class Ports
{
    private const int Step = 100;
    private const int Lowest = 20_000;

    /// <summary>From 32,768 on the kernel gives ports to outgoing connections.</summary>
    private const int Highest = 32_700;
    private static readonly ConcurrentBag<FileStream> Held = [];
    private static int next = Random.Shared.Next(0, Highest - Lowest) / Step * Step;

    /// <summary>First of <paramref name="count"/> free neighbours, below the range the kernel gives to outgoing connections.</summary>
    public static int Block(int count)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var hundreds = count / Step + 1;
            // A long run comes round again.
            var first = Lowest + Interlocked.Add(ref next, hundreds * Step) % (Highest - Lowest);
            if (first + hundreds * Step <= Highest && Enumerable.Range(0, hundreds).All(hundred => TryHold(first + hundred * Step)) && Enumerable.Range(first, count).All(IsFree))
                return first;
        }

        throw new InvalidOperationException($"No {count} free neighbouring ports.");
    }

    private static bool TryHold(int hundred)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "clustermail-ports")).FullName;
        try
        {
            Held.Add(new FileStream(Path.Combine(folder, hundred.ToString(CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
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

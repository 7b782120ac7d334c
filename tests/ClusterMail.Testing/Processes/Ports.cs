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
    private static readonly ConcurrentBag<FileStream> Held = [];
    private static int next = Random.Shared.Next(20_000, 28_000) / 100 * 100;

    /// <summary>First of <paramref name="count"/> free neighbours, below the range the kernel gives to outgoing connections.</summary>
    public static int Block(int count)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var hundreds = count / Step + 1;
            var first = Interlocked.Add(ref next, hundreds * Step);
            if (Enumerable.Range(0, hundreds).All(hundred => TryHold(first + hundred * Step)) && Enumerable.Range(first, count).All(IsFree))
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

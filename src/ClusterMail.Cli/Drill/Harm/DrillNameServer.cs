using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Cli.Drill.Harm;

/// <summary>
/// A name server on loopback that fails on demand. It knows one name, that of the drill's sink; every other question goes on to the server that was asked before, so that
/// other mail of the farm suffers no sooner than the drill's.
/// </summary>
internal sealed class DrillNameServer : IAsyncDisposable
{
    private const int HeaderLength = 12;
    private const int QuestionsAtOnce = 200;
    private const byte ServerFailure = 2;

    /// <summary>Seconds; the shortest a resolver honours, so that a name is asked for again and again.</summary>
    private const byte TimeToLive = 1;

    private static readonly TimeSpan UpstreamLimit = TimeSpan.FromSeconds(3);

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly SemaphoreSlim _open = new(QuestionsAtOnce);
    private readonly CancellationTokenSource _stopping = new();
    private readonly byte[] _name;
    private readonly IPEndPoint? _upstream;
    private readonly Task _serving;
    private volatile bool _fails;
    private int _failed;

    /// <param name="name">Of the sink, without a final dot.</param>
    /// <param name="upstream">Null: nobody to ask; other names are answered with a failure.</param>
    public DrillNameServer(string name, IPEndPoint? upstream)
    {
        (_name, _upstream) = (Encoded(name), upstream);
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

    /// <summary>Questions answered with SERVFAIL, and those not answered.</summary>
    public (int Refused, int Ignored) Failed => Volatile.Read(ref _failed) is var failed ? (failed - failed / 2, failed / 2) : default;

    /// <summary>From now on one question is answered with SERVFAIL, the next not at all, and so on.</summary>
    public void Fail() => _fails = true;

    public void Answer() => _fails = false;

    /// <summary>The first server of the settings, or the first of the system.</summary>
    /// <param name="servers"><c>dns.servers</c>; empty: the system's.</param>
    public static IPEndPoint? UpstreamOf(string servers)
    {
        if (servers.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() is { } first)
            return IPAddress.TryParse(first, out var alone) ? new IPEndPoint(alone, 53) : IPEndPoint.TryParse(first, out var both) ? both : null;
        return NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().DnsAddresses).Select(address => new IPEndPoint(address, 53)).FirstOrDefault();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _socket.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                await _open.WaitAsync(_stopping.Token);
                _ = ReplyAsync(await _socket.ReceiveAsync(_stopping.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The drill is over.
        }
    }

    private async Task ReplyAsync(UdpReceiveResult question)
    {
        try
        {
            if (question.Buffer.Length > HeaderLength && await AnswerToAsync(question.Buffer) is { } answer)
                await _socket.SendAsync(answer, question.RemoteEndPoint, _stopping.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Whoever asked asks again.
        }
        finally
        {
            _open.Release();
        }
    }

    /// <returns>Null: no answer.</returns>
    private async Task<byte[]?> AnswerToAsync(byte[] question)
    {
        if (_fails)
            return Interlocked.Increment(ref _failed) % 2 == 1 ? Plain(question, ServerFailure, []) : null;
        var end = EndOfName(question);
        if (!question.AsSpan(HeaderLength, end - HeaderLength).SequenceEqual(_name))
            return await UpstreamAsync(question) ?? Plain(question, ServerFailure, []);
        var wantsAddress = BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(end)) == 1;
        // A pointer to the name in the question, type A, class IN, its length of life, four octets: RFC 1035 §4.1.3.
        return Plain(question, 0, wantsAddress ? [0xC0, HeaderLength, 0, 1, 0, 1, 0, 0, 0, TimeToLive, 0, 4, 127, 0, 0, 1] : []);
    }

    private async Task<byte[]?> UpstreamAsync(byte[] question)
    {
        if (_upstream is null)
            return null;
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        bound.CancelAfter(UpstreamLimit);
        try
        {
            using var socket = new UdpClient(_upstream.AddressFamily);
            socket.Connect(_upstream);
            await socket.SendAsync(question, bound.Token);
            return (await socket.ReceiveAsync(bound.Token)).Buffer;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The question back with a result code and one answer or none.</summary>
    private static byte[] Plain(byte[] question, byte code, byte[] answer)
    {
        var asked = question.AsSpan(0, Math.Min(question.Length, EndOfName(question) + 4));
        byte[] reply = [.. asked, .. answer];
        // QR and AA, and RD as it was asked; RA and the code; one question, at most one answer, nothing else.
        reply[2] = (byte)(0x84 | (question[2] & 1));
        reply[3] = (byte)(0x80 | code);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(6), (ushort)(answer.Length > 0 ? 1 : 0));
        reply.AsSpan(8, 4).Clear();
        return reply;
    }

    /// <returns>Index behind the name in the question.</returns>
    private static int EndOfName(byte[] question)
    {
        var at = HeaderLength;
        while (at < question.Length && question[at] != 0)
        {
            // DNS compares without case (RFC 4343), and some resolvers play with it.
            for (var letter = at + 1; letter <= at + question[at] && letter < question.Length; letter++)
                question[letter] = (byte)char.ToLowerInvariant((char)question[letter]);
            at += question[at] + 1;
        }
        return Math.Min(at + 1, question.Length);
    }

    private static byte[] Encoded(string name) =>
        [.. name.ToLowerInvariant().Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];
}

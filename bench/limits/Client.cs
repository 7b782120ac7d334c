using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Bench.Limits;

/// <summary>One SMTP client that does as little as possible: a socket, a small buffer, no timer.</summary>
internal sealed class Client : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[512];
    private Stream _stream = Stream.Null;

    /// <summary>Connected, greeted and named, over TLS when wanted.</summary>
    public static async Task<Client> OpenAsync(IPEndPoint node, bool tls)
    {
        var client = new Client();
        await client._socket.ConnectAsync(node);
        client._stream = new NetworkStream(client._socket);
        await client.ExpectAsync("220");
        await client.SayAsync("EHLO bench.test", "250");
        if (!tls)
            return client;
        await client.SayAsync("STARTTLS", "220");
        var secured = new SslStream(client._stream, false, (_, _, _, _) => true);
        await secured.AuthenticateAsClientAsync("localhost");
        client._stream = secured;
        await client.SayAsync("EHLO bench.test", "250");
        return client;
    }

    public async Task SayAsync(string line, string reply)
    {
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"));
        await ExpectAsync(reply);
    }

    /// <summary>Sends one mail of <paramref name="octets"/> in even steps over <paramref name="time"/>.</summary>
    public async Task UploadAsync(long octets, TimeSpan time)
    {
        await SayAsync("MAIL FROM:<source@bench.test>", "250");
        await SayAsync("RCPT TO:<r@sink.test>", "250");
        await SayAsync("DATA", "354");
        var line = Encoding.ASCII.GetBytes(new string('x', 76) + "\r\n");
        var step = Enumerable.Repeat(line, 840).SelectMany(octet => octet).ToArray();
        var steps = octets / step.Length;
        var began = Environment.TickCount64;
        await _stream.WriteAsync("Subject: slow\r\n\r\n"u8.ToArray());
        for (var sent = 0L; sent < steps; sent++)
        {
            await _stream.WriteAsync(step);
            var ahead = time.TotalMilliseconds * (sent + 1) / steps - (Environment.TickCount64 - began);
            if (ahead > 1)
                await Task.Delay((int)ahead);
        }

        await SayAsync(".", "250");
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private async Task ExpectAsync(string code)
    {
        var text = "";
        while (!Ends(text))
        {
            var count = await _stream.ReadAsync(_buffer);
            if (count == 0)
                throw new IOException($"The node closed the connection after: {text}");
            text += Encoding.ASCII.GetString(_buffer, 0, count);
        }

        if (!text.StartsWith(code, StringComparison.Ordinal))
            throw new InvalidOperationException($"Expected {code}, got: {text}");
    }

    /// <summary>The last line of a reply has a blank behind its code (RFC 5321 §4.2.1).</summary>
    private static bool Ends(string text)
    {
        if (!text.EndsWith("\r\n", StringComparison.Ordinal))
            return false;
        var last = text.LastIndexOf('\n', text.Length - 2) + 1;
        return text.Length > last + 3 && text[last + 3] == ' ';
    }
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Testing.Processes;

/// <summary>A client that says exactly what the test wants said, octet by octet.</summary>
public sealed class SmtpConversation : IDisposable
{
    private static readonly TimeSpan ReplyLimit = TimeSpan.FromSeconds(30);
    private readonly Socket _socket;
    private Stream _stream;
    private LineReader _reader;

    private SmtpConversation(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new LineReader(_stream);
    }

    /// <summary>The last reply, all its lines joined with LF.</summary>
    public string Last { get; private set; } = "";

    /// <param name="from">Source address; a stranger's for the tests of relaying.</param>
    public static async Task<SmtpConversation> OpenAsync(IPEndPoint server, IPAddress? from = null, bool greet = true)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null)
                socket.Bind(new IPEndPoint(from, 0));
            using var limit = new CancellationTokenSource(ReplyLimit);
            await socket.ConnectAsync(server, limit.Token);
            var conversation = new SmtpConversation(socket);
            if (greet)
                await conversation.ReadAsync();
            return conversation;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Subject of the certificate the server showed; empty in clear text.</summary>
    public string Subject { get; private set; } = "";

    /// <summary>The same over TLS from the first octet, whatever certificate the server shows.</summary>
    public static async Task<SmtpConversation> OpenTlsAsync(IPEndPoint server, IPAddress? from = null)
    {
        var conversation = await OpenAsync(server, from, greet: false);
        try
        {
            await conversation.SecureAsync();
            await conversation.ReadAsync();
            return conversation;
        }
        catch
        {
            conversation.Dispose();
            throw;
        }
    }

    /// <summary>STARTTLS and the handshake; what is said from here on is encrypted.</summary>
    /// <exception cref="IOException">The server refused.</exception>
    public async Task StartTlsAsync()
    {
        if (!(await SayAsync("STARTTLS")).StartsWith("220", StringComparison.Ordinal))
            throw new IOException($"STARTTLS was answered {Last}");
        await SecureAsync();
    }

    private async Task SecureAsync()
    {
        using var limit = new CancellationTokenSource(ReplyLimit);
        var secured = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = secured;
        await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "mx.example.jp", RemoteCertificateValidationCallback = (_, _, _, _) => true }, limit.Token);
        Subject = secured.RemoteCertificate?.Subject ?? "";
        _reader = new LineReader(secured);
    }

    /// <summary>Sends one line and reads its reply.</summary>
    public async Task<string> SayAsync(string line)
    {
        await SendAsync(line + "\r\n");
        return await ReadAsync();
    }

    /// <summary>Sends octets as they are (Latin-1 keeps each character one octet).</summary>
    public async Task SendAsync(string octets) => await SendAsync(Encoding.Latin1.GetBytes(octets));

    public async Task SendAsync(ReadOnlyMemory<byte> octets)
    {
        using var limit = new CancellationTokenSource(ReplyLimit);
        await _stream.WriteAsync(octets, limit.Token);
    }

    /// <summary>One whole reply; empty when the server has closed.</summary>
    public async Task<string> ReadAsync(TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? ReplyLimit);
        var lines = new List<string>();
        try
        {
            while (await _reader.ReadAsync(limit.Token) is { } line)
            {
                lines.Add(Encoding.UTF8.GetString(line));
                if (line.Length < 4 || line[3] != '-')
                    break;
            }
        }
        catch (IOException)
        {
            // Reset by the server: closed.
        }

        return Last = string.Join('\n', lines);
    }

    /// <summary>A whole mail; the reply to the final dot, or the first that refused.</summary>
    public async Task<string> MailAsync(string from, IReadOnlyList<string> to, string content, string parameters = "")
    {
        if (!(await SayAsync($"MAIL FROM:<{from}>{(parameters.Length == 0 ? "" : " " + parameters)}")).StartsWith('2'))
            return Last;
        foreach (var recipient in to)
            if (!(await SayAsync($"RCPT TO:<{recipient}>")).StartsWith('2'))
                return Last;
        if (!(await SayAsync("DATA")).StartsWith('3'))
            return Last;
        await SendAsync(content.EndsWith("\r\n", StringComparison.Ordinal) ? content : content + "\r\n");
        return await SayAsync(".");
    }

    /// <summary>Ends the sending half; what the server still says can be read.</summary>
    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _stream.Dispose();
}

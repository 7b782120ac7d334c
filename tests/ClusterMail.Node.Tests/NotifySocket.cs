using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Node.Tests;

/// <summary>The end of NOTIFY_SOCKET that a supervisor holds: every datagram, line by line.</summary>
internal sealed class NotifySocket : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clustermail-notify").FullName;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly List<string> _words = [];

    public NotifySocket() => _socket.Bind(new UnixDomainSocketEndPoint(Address));

    public string Address => Path.Combine(_folder, "notify");

    /// <summary>All that was said until now.</summary>
    public IReadOnlyList<string> Words
    {
        get
        {
            var buffer = new byte[4096];
            while (_socket.Available > 0)
                _words.AddRange(Encoding.UTF8.GetString(buffer, 0, _socket.Receive(buffer)).Split('\n'));
            return _words;
        }
    }

    public int Count(string word) => Words.Count(said => said == word);

    public void Dispose()
    {
        _socket.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

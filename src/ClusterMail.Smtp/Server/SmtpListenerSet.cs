using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ClusterMail.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// The listening ports of a node and the sessions they brought. Changed while running: new ports open first, then removed ones stop accepting,
/// and sessions under way go on (RECV-12).
/// </summary>
public sealed class SmtpListenerSet : IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    private readonly SessionServices _services;
    private readonly SessionHost _host;
    private readonly SocketTransportFactory _sockets;
    private readonly SocketTransportFactory _socketsOfV6;
    private readonly SocketTransportFactory _socketsElsewhere;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly ITimer _ticks;
    private ImmutableArray<Listener> _open = [];
    private ImmutableArray<ListenerOptions> _wanted = [];
    private bool _isClosed;

    public SmtpListenerSet(SessionServices services)
    {
        _services = services;
        _host = new SessionHost(services);
        // Small windows per connection: the content goes on at once, and thousands of slow uploads must not hold megabytes each.
        _sockets = Sockets(new SocketTransportOptions());
        _socketsOfV6 = Sockets(new SocketTransportOptions { CreateBoundListenSocket = BindOnlyV6 });
        _socketsElsewhere = Sockets(new SocketTransportOptions { CreateBoundListenSocket = BindElsewhere });
        _ticks = services.Time.CreateTimer(_ => Tick(), null, TickInterval, TickInterval);
    }

    private static SocketTransportFactory Sockets(SocketTransportOptions transport)
    {
        (transport.MaxReadBufferSize, transport.MaxWriteBufferSize, transport.WaitForDataBeforeAllocatingBuffer) = (65_536, 65_536, true);
        // Octets that came are worked on where the socket's event was taken up, a pool thread already; handing them to another one costs two
        // switches a command. Nothing in a session blocks.
        transport.UnsafePreferInlineScheduling = true;
        return new SocketTransportFactory(Options.Create(transport), NullLoggerFactory.Instance);
    }

    private static Socket BindOnlyV6(EndPoint endPoint) => BindTo(new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = false }, endPoint);

    private static Socket BindElsewhere(EndPoint endPoint)
    {
        // ip(7); an IPv6 socket takes it as well.
        const int levelOfIp = 0, freeBind = 15;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(levelOfIp, freeBind, BitConverter.GetBytes(1));
        return BindTo(socket, endPoint);
    }

    private static Socket BindTo(Socket socket, EndPoint endPoint)
    {
        try
        {
            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The addresses really bound (a port 0 became a real one), in the order the listeners were given.</summary>
    public ImmutableArray<(ListenerOptions Options, IPEndPoint EndPoint)> Bound => [.. _open.Select(listener => (listener.Options, listener.EndPoint))];

    /// <summary>Sessions open now on this node.</summary>
    public int Sessions => _host.Count;

    /// <summary>Makes <paramref name="listeners"/> the open ports. TLS ports without a certificate stay closed and open by themselves once there is one (RECV-5).</summary>
    /// <exception cref="PortUnavailableException">A port is taken or not allowed; nothing has changed then (ADMIN-1).</exception>
    public async Task ApplyAsync(IReadOnlyList<ListenerOptions> listeners, CancellationToken cancel = default)
    {
        await _changing.WaitAsync(cancel);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            await ChangeAsync([.. listeners.Distinct()], cancel);
            _wanted = [.. listeners.Distinct()];
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Says whether the node can take mail. While it cannot, new connections get <paramref name="reply"/> (a 421) and are closed.</summary>
    public void SetAccepting(bool accepting, Reply? reply = null) => _host.NotAccepting = accepting ? null : reply ?? ServerReplies.NotAccepting;

    /// <summary>Planned stop (CLU-32): no new connections, idle sessions get 421, mails under way may finish within <paramref name="limit"/>, then everything is cut.</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        await _changing.WaitAsync();
        try
        {
            if (_isClosed)
                return;
            _isClosed = true;
            foreach (var listener in _open)
                await StopAsync(listener);
            _open = [];
        }
        finally
        {
            _changing.Release();
        }
        var cut = await _host.DrainAsync(limit);
        if (cut > 0)
            ServerLog.CutAtDrain(_services.Logger, cut);
        await _ticks.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync(TimeSpan.Zero);
        _host.Dispose();
        _changing.Dispose();
    }

    private async Task ChangeAsync(ImmutableArray<ListenerOptions> wanted, CancellationToken cancel)
    {
        var hasCertificate = _services.Certificates?.Current is not null;
        foreach (var closed in wanted.Where(options => options.ImplicitTls && !hasCertificate))
            ServerLog.NoCertificate(_services.Logger, closed.EndPoint.Port);
        var usable = wanted.Where(options => hasCertificate || !options.ImplicitTls).ToArray();
        List<Listener> opened = [];
        List<Listener> next = [];
        try
        {
            foreach (var options in usable)
            {
                // A fixed port whose flags changed keeps its socket: opening it a second time could not work.
                var kept = _open.FirstOrDefault(open => open.Options == options)
                    ?? _open.FirstOrDefault(open => options.EndPoint.Port != 0 && open.Options.EndPoint.Equals(options.EndPoint));
                if (kept is null)
                    opened.Add(kept = await OpenAsync(options, cancel));
                next.Add(kept);
            }
        }
        catch
        {
            foreach (var listener in opened)
                await listener.Socket.DisposeAsync();
            throw;
        }
        foreach (var (listener, options) in next.Zip(usable))
            listener.Options = options;
        var removed = _open.Except(next).ToArray();
        foreach (var listener in opened)
        {
            ServerLog.Listening(_services.Logger, listener.EndPoint, listener.Options.Purpose, listener.Options.ImplicitTls, listener.Options.ProxyProtocol);
            listener.Accepting = AcceptAsync(listener);
        }
        _open = [.. next];
        foreach (var listener in removed)
            await StopAsync(listener);
    }

    private async Task<Listener> OpenAsync(ListenerOptions options, CancellationToken cancel)
    {
        try
        {
            return new Listener(options, await (options.MayBeElsewhere ? _socketsElsewhere : options.OnlyV6 ? _socketsOfV6 : _sockets).BindAsync(options.EndPoint, cancel));
        }
        catch (Exception e) when (e is AddressInUseException or SocketException)
        {
            throw new PortUnavailableException(options.EndPoint, e);
        }
    }

    private async Task AcceptAsync(Listener listener)
    {
        while (true)
        {
            try
            {
                if (await listener.Socket.AcceptAsync() is not { } connection)
                    return;
                // A socket opened for both families and changed since.
                if (listener.Options.OnlyV6 && connection.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true })
                    await connection.DisposeAsync();
                else
                    _host.Start(connection, listener.Options);
            }
            catch (Exception e) when (!listener.IsStopping)
            {
                // Out of file descriptors, most likely: sessions will end and give some back.
                ServerLog.AcceptFailed(_services.Logger, listener.EndPoint, e);
                await Task.Delay(TickInterval, _services.Time);
            }
            catch (Exception)
            {
                return;
            }
        }
    }

    private async Task StopAsync(Listener listener)
    {
        listener.IsStopping = true;
        await listener.Socket.UnbindAsync();
        await listener.Accepting;
        await listener.Socket.DisposeAsync();
        ServerLog.StoppedListening(_services.Logger, listener.EndPoint);
    }

    private void Tick()
    {
        _host.Tick();
        if (_services.Certificates?.Current is not null && _wanted.Length > _open.Length && _changing.Wait(0))
            _ = OpenLateAsync();
    }

    /// <summary>A certificate has come: the TLS ports that waited for it open now. Holds the change lock.</summary>
    private async Task OpenLateAsync()
    {
        try
        {
            if (!_isClosed)
                await ChangeAsync(_wanted, CancellationToken.None);
        }
        catch (PortUnavailableException e)
        {
            ServerLog.LateOpenFailed(_services.Logger, e);
        }
        finally
        {
            _changing.Release();
        }
    }

    private sealed class Listener(ListenerOptions options, IConnectionListener socket)
    {
        public volatile ListenerOptions Options = options;
        public volatile bool IsStopping;
        public IConnectionListener Socket => socket;
        public IPEndPoint EndPoint => (IPEndPoint)socket.EndPoint;
        public Task Accepting { get; set; } = Task.CompletedTask;
    }
}

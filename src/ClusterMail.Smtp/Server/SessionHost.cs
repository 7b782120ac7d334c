using System.Collections.Concurrent;
using System.Net;
using ClusterMail.Protocol;
using Microsoft.AspNetCore.Connections;

namespace ClusterMail.Smtp.Server;

/// <summary>Admits connections and carries each to its end: counts, PROXY header, TLS from the first byte, session.</summary>
internal sealed class SessionHost(SessionServices services) : IDisposable
{
    private static readonly TimeSpan ProxyLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<SessionWire, Task> _sessions = new();
    private readonly ConcurrentDictionary<IPAddress, int> _perAddress = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _life = Guid.NewGuid().ToString("N")[..4];
    private long _lastSession;
    private int _count;
    private volatile Reply? _notAccepting;
    private volatile bool _draining;

    public int Count => Volatile.Read(ref _count);

    /// <summary>While not null every new connection is answered with it and closed.</summary>
    public Reply? NotAccepting
    {
        get => _notAccepting;
        set => _notAccepting = value;
    }

    /// <summary>Takes over <paramref name="connection"/> and returns at once.</summary>
    public void Start(ConnectionContext connection, ListenerOptions listener)
    {
        Interlocked.Increment(ref _count);
        ServerMetrics.Sessions.Add(1);
        var wire = new SessionWire(connection, services.Time);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _sessions[wire] = started.Task;
        _ = RunAsync(wire, listener, started);
    }

    public void Dispose() => _stopping.Dispose();

    public void Tick()
    {
        var now = services.Time.GetTimestamp();
        foreach (var (wire, _) in _sessions)
            wire.Tick(now);
    }

    /// <summary>Ends idle sessions, lets mails under way finish, cuts what is left after <paramref name="limit"/> (CLU-32).</summary>
    /// <returns>Sessions that had to be cut.</returns>
    public async Task<int> DrainAsync(TimeSpan limit)
    {
        _draining = true;
        foreach (var (wire, _) in _sessions)
            wire.RequestDrain();
        try
        {
            await Task.WhenAll(_sessions.Values).WaitAsync(limit, services.Time);
        }
        catch (TimeoutException)
        {
            // The rest is cut below.
        }
        var left = _sessions.ToArray();
        await _stopping.CancelAsync();
        foreach (var (wire, _) in left)
            wire.Abort("The node is stopping.");
        await Task.WhenAll(left.Select(session => session.Value)).WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return left.Length;
    }

    private async Task RunAsync(SessionWire wire, ListenerOptions listener, TaskCompletionSource ended)
    {
        // The accept loop must not run a session's first steps.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var client = Describe(wire.Connection, listener);
        try
        {
            if (_draining)
                wire.RequestDrain();
            await AdmitAsync(wire, listener, client);
        }
        catch (IOException)
        {
            // Before there was a session: the probe of a balancer that resets the connection, once a second.
            ServerLog.ClientGone(services.Logger, client.SessionId, client.Remote.Address);
        }
        catch (Exception e)
        {
            ServerLog.Trouble(services.Logger, client.SessionId, client.Remote.Address, e);
        }
        finally
        {
            await CloseAsync(wire);
            _sessions.TryRemove(wire, out _);
            Interlocked.Decrement(ref _count);
            ServerMetrics.Sessions.Add(-1);
            ended.SetResult();
        }
    }

    private ClientConnection Describe(ConnectionContext connection, ListenerOptions listener) => new()
    {
        Remote = Plain(connection.RemoteEndPoint),
        Local = Plain(connection.LocalEndPoint),
        Purpose = listener.Purpose,
        SessionId = $"S{_life}-{Interlocked.Increment(ref _lastSession)}",
    };

    /// <summary>PIPE-1, in the order that costs least.</summary>
    private async Task AdmitAsync(SessionWire wire, ListenerOptions listener, ClientConnection client)
    {
        var options = services.Policy.Options;
        if (options.HiddenAddresses.Contains(client.Local.Address))
        {
            ServerMetrics.TurnedAway("RECV-10");
            return;
        }
        if (_notAccepting is { } notAccepting)
            await TurnAwayAsync(wire, listener, client, notAccepting, "CLU-25");
        else if (options.MaxSessions > 0 && Count > options.MaxSessions)
            await TurnAwayAsync(wire, listener, client, ServerReplies.TooManySessions, "RECV-8");
        else if (!listener.ProxyProtocol)
            await CountAsync(wire, listener, client, options);
        else if (await UnwrapAsync(wire, client, options) is { } behind)
            await CountAsync(wire, listener, behind, options);
    }

    private async Task CountAsync(SessionWire wire, ListenerOptions listener, ClientConnection client, ReceiveOptions options)
    {
        // Without a word and before any handshake: whoever is locked out is to cost nothing (LOCK-1).
        if (services.Policy.IsLockedOut(client))
        {
            ServerMetrics.TurnedAway("LOCK-1");
            return;
        }
        var address = client.Remote.Address;
        var mine = _perAddress.AddOrUpdate(address, 1, static (_, count) => count + 1);
        try
        {
            if (options.MaxSessionsPerAddress > 0 && mine > options.MaxSessionsPerAddress)
                await TurnAwayAsync(wire, listener, client, ServerReplies.TooManySessions, "RECV-8");
            else
                await TalkAsync(wire, listener, client);
        }
        finally
        {
            if (_perAddress.AddOrUpdate(address, 0, static (_, count) => count - 1) == 0)
                _perAddress.TryRemove(new KeyValuePair<IPAddress, int>(address, 0));
        }
    }

    private async Task TalkAsync(SessionWire wire, ListenerOptions listener, ClientConnection client)
    {
        ServerMetrics.Accepted.Add(1);
        if (listener.ImplicitTls)
        {
            if (services.Certificates?.Current is not { } certificate)
                return;
            try
            {
                client = await TlsHandshake.RunAsync(wire, client, certificate, HandshakeLimit);
            }
            catch (Exception e) when (TlsHandshake.IsPeersFault(e))
            {
                ServerLog.HandshakeFailed(services.Logger, client.SessionId, client.Remote.Address, e.Message);
                // It connected (LOG-1), and there was nothing more.
                new SessionRecord(client, services.Log, services.Time).Connected();
                return;
            }
        }
        using var session = new SmtpSession(wire, client, services, _stopping.Token);
        await session.RunAsync();
    }

    /// <summary>The client behind the balancer; null when the connection must be closed without a word (CLU-23).</summary>
    private async Task<ClientConnection?> UnwrapAsync(SessionWire wire, ClientConnection client, ReceiveOptions options)
    {
        var reason = "sender is not a listed balancer";
        if (options.Balancers.Any(network => network.Contains(client.Remote.Address)))
        {
            var (header, error) = await ReadHeaderAsync(wire);
            if (header is not null)
                return client with
                {
                    Remote = header.Source ?? client.Remote,
                    Local = header.Destination ?? client.Local,
                    Balancer = client.Remote.Address,
                };
            reason = error;
        }
        ServerLog.BadProxyHeader(services.Logger, client.SessionId, client.Remote, reason);
        ServerMetrics.TurnedAway("CLU-23");
        return null;
    }

    private async Task<(ProxyHeader? Header, string Error)> ReadHeaderAsync(SessionWire wire)
    {
        var since = services.Time.GetTimestamp();
        while (true)
        {
            var left = ProxyLimit - services.Time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero || !await wire.ReadAsync(left, interruptible: true))
                return (null, wire.Cut == SessionCut.None && left > TimeSpan.Zero ? "connection ended before the header did" : "no complete header in time");
            var buffer = wire.Buffer;
            var header = ProxyHeader.TryRead(ref buffer, out var error);
            if (header is not null)
                wire.AdvanceTo(buffer.Start);
            else
                wire.AdvanceTo(buffer.Start, buffer.End);
            if (header is not null || error is not null)
                return (header, error ?? "");
        }
    }

    private async Task TurnAwayAsync(SessionWire wire, ListenerOptions listener, ClientConnection client, Reply reply, string rule)
    {
        ServerLog.TurnedAway(services.Logger, client.SessionId, client.Remote, reply.ToString(), rule);
        ServerMetrics.TurnedAway(rule);
        using var record = new SessionRecord(client, services.Log, services.Time);
        record.Connected();
        record.Refused(reply, rule);
        wire.Record = record;
        try
        {
            await SayAsync(wire, listener, reply);
        }
        finally
        {
            record.End(broken: null);
        }
    }

    private static async Task SayAsync(SessionWire wire, ListenerOptions listener, Reply reply)
    {
        // In clear text a TLS client could not read it, and a handshake for the sake of a refusal is what an attacker wants.
        if (listener.ImplicitTls)
            return;
        wire.Write(reply);
        await wire.FarewellAsync();
        if (wire.TryRead())
        {
            wire.AdvanceTo(wire.Buffer.End);
            await wire.LingerAsync();
        }
    }

    private static async Task CloseAsync(SessionWire wire)
    {
        try
        {
            await wire.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or ConnectionAbortedException or InvalidOperationException)
        {
            // Nothing is left that could be lost.
        }
    }

    private static IPEndPoint Plain(EndPoint? endPoint) =>
        endPoint is IPEndPoint ip ? new IPEndPoint(ProxyHeader.Plain(ip.Address), ip.Port) : new IPEndPoint(IPAddress.None, 0);
}

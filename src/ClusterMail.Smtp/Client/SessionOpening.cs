using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Client;

/// <summary>From nothing to a session that is ready for MAIL: connect, greeting, EHLO, STARTTLS, AUTH. One attempt, no second try.</summary>
internal sealed class SessionOpening
{
    private readonly HostTarget _target;
    private readonly DeliveryOptions _options;
    private readonly HostWire _wire;
    private readonly Dialogue _dialogue;
    private HostCapabilities _host = HostCapabilities.None;
    private string? _tlsFailure;
    private ConnectResult? _failure;

    private SessionOpening(HostTarget target, DeliveryOptions options, HostWire wire, Dialogue dialogue, string? tlsFailure)
    {
        _target = target;
        _options = options;
        _wire = wire;
        _dialogue = dialogue;
        _tlsFailure = tlsFailure;
    }

    /// <param name="tlsFailure">Why an attempt with TLS just failed; this one is the second, in clear.</param>
    public static async Task<ConnectResult> RunAsync(HostTarget target, DeliveryOptions options, string? tlsFailure, CancellationToken cancel)
    {
        var dialogue = new Dialogue(options.RecordDialogue, options.Watched);
        dialogue.Note($"connect {target}");
        var (socket, code) = await ConnectAsync(target, options.ConnectTimeout, cancel);
        if (socket is null)
        {
            dialogue.Note($"no connection (code={(int)SessionPhase.Connect}/{code})");
            return new ConnectResult(null, FailureClass.NoAnswer, Trouble.NoAnswer, dialogue.ToLines(failed: true)) { TlsFailure = tlsFailure };
        }
        var wire = new HostWire(socket, options);
        var opening = new SessionOpening(target, options, wire, dialogue, tlsFailure);
        using var registration = wire.CancelWith(cancel);
        if (!await opening.GetReadyAsync())
        {
            wire.Dispose();
            return opening._failure! with { Dialogue = dialogue.ToLines(failed: true), TlsFailure = opening._tlsFailure };
        }
        var connection = new HostConnection(target, options, wire, opening._host) { TlsFailure = opening._tlsFailure };
        return new ConnectResult(connection, FailureClass.None, null, dialogue.ToLines(failed: opening._tlsFailure is not null)) { TlsFailure = opening._tlsFailure };
    }

    private static async Task<(Socket? Socket, int Code)> ConnectAsync(HostTarget target, TimeSpan limit, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(limit);
        var socket = new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target.Address, target.Port, deadline.Token);
            return (socket, 0);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return (null, e is SocketException socketFailure ? (int)socketFailure.SocketErrorCode : cancel.IsCancellationRequested ? Trouble.GivenUp : Trouble.Silent);
        }
    }

    private async Task<bool> GetReadyAsync() =>
        (_target.Tls != TlsPolicy.OnConnect || await SecureAsync())
        && await GreetingAsync()
        && await HelloAsync()
        && await StartTlsAsync()
        && await AuthenticateAsync();

    private async Task<bool> GreetingAsync()
    {
        var reply = await HearAsync(SessionPhase.Greeting, _options.GreetingTimeout);
        return reply is not null && (reply.Code == 220 || Fail(SessionPhase.Greeting, reply));
    }

    private async Task<bool> HelloAsync()
    {
        var reply = await AskAsync(SessionPhase.Hello, $"{(_target.Lmtp ? "LHLO" : "EHLO")} {_options.HostName}");
        if (reply is { IsPermanent: true } && !_target.Lmtp)
        {
            // RFC 5321 §3.2: an old host that does not know EHLO gets HELO.
            _host = HostCapabilities.None;
            reply = await AskAsync(SessionPhase.Hello, $"HELO {_options.HostName}");
            return reply is not null && (reply.Code == 250 || Fail(SessionPhase.Hello, reply));
        }
        if (reply is null || reply.Code != 250)
            return reply is not null && Fail(SessionPhase.Hello, reply);
        _host = HostCapabilities.Parse(reply);
        return true;
    }

    private async Task<bool> StartTlsAsync()
    {
        var mustHave = _target.Tls is TlsPolicy.Required or TlsPolicy.Verified;
        if (_target.Tls is TlsPolicy.None or TlsPolicy.OnConnect)
            return true;
        if (!_host.StartTls)
            return !mustHave || FailTls("host does not offer STARTTLS");
        var reply = await AskAsync(SessionPhase.StartTls, "STARTTLS");
        if (reply is null)
            return false;
        if (reply.Code != 220)
        {
            if (reply.Code == 421)
                return Fail(SessionPhase.StartTls, reply);
            _tlsFailure = $"STARTTLS was answered {reply}";
            return !mustHave || FailTls(_tlsFailure);
        }
        return await SecureAsync() && await HelloAsync();
    }

    private async Task<bool> SecureAsync()
    {
        var problem = await _wire.StartTlsAsync(TlsOptions(), _options.Limit(_options.DataTimeout));
        if (problem is not null)
            return FailTls(problem);
        _dialogue.Note(_wire.TlsVersion!);
        return true;
    }

    private SslClientAuthenticationOptions TlsOptions()
    {
        var verify = _target.Tls == TlsPolicy.Verified || (_target.Tls == TlsPolicy.OnConnect && _target.VerifyCertificate);
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = _target.Host.TrimEnd('.'),
            EnabledSslProtocols = _options.TlsProtocols,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (!verify)
        {
            // Any certificate will do, so nobody looks for the ones above it: not in the machine's store, which costs more than the handshake, and not where a stranger says they are.
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }
        else if (_options.TrustedRoots is { } roots)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }
        return tls;
    }

    private async Task<bool> AuthenticateAsync()
    {
        if (_target.Credential is not { } credential)
            return true;
        if (_wire.TlsVersion is null && !_target.AllowClearAuth)
            return FailLocally(new Reply(454, new EnhancedStatus(4, 7, 0), "Authentication needs TLS and the session has none"));
        if (Authentication.Choose(_host.Auth, credential) is not { } exchange)
            return FailLocally(new Reply(454, new EnhancedStatus(4, 7, 0), credential.Mechanism is { } wanted ? $"Host does not offer AUTH {wanted}" : "Host offers no authentication method we know"));
        var reply = await AskAsync(SessionPhase.Auth, exchange.First(), shown: $"AUTH {exchange.Mechanism} ***");
        for (var round = 1; reply is { Code: 334 } && round <= 3; round++)
            reply = await AskAsync(SessionPhase.Auth, exchange.Next(reply.Lines[0]), shown: "***");
        return reply is not null && (reply.Code == 235 || Fail(SessionPhase.Auth, reply));
    }

    private async Task<Reply?> AskAsync(SessionPhase phase, string command, string? shown = null)
    {
        _dialogue.Sent(shown ?? command);
        Encoding.UTF8.GetBytes(command, _wire.Out);
        _wire.Out.Write("\r\n"u8);
        await _wire.FlushAsync(_options.Limit(_options.MailTimeout));
        return await HearAsync(phase, _options.MailTimeout);
    }

    private async Task<Reply?> HearAsync(SessionPhase phase, TimeSpan limit)
    {
        var reply = await _wire.ReadAsync(_options.Limit(limit));
        if (reply is null)
        {
            _dialogue.Note($"session lost (code={(int)phase}/{_wire.Code})");
            _failure = new ConnectResult(null, FailureClass.LineError, Trouble.Lost(phase, _wire.Code), []);
            return null;
        }
        _dialogue.Received(reply);
        return reply;
    }

    private bool Fail(SessionPhase phase, Reply reply)
    {
        // A 2xx or 3xx that does not belong here: we and the host do not speak of the same thing.
        _failure = reply.IsPositive
            ? new ConnectResult(null, FailureClass.LineError, Trouble.Lost(phase, Trouble.Malformed), [])
            : new ConnectResult(null, Trouble.ClassOf(reply), reply, []) { AuthRefused = phase == SessionPhase.Auth };
        return false;
    }

    private bool FailLocally(Reply reply)
    {
        _dialogue.Note(reply.ToString());
        _failure = new ConnectResult(null, FailureClass.LineError, reply, []);
        return false;
    }

    private bool FailTls(string problem)
    {
        _tlsFailure = problem;
        return FailLocally(new Reply(454, new EnhancedStatus(4, 7, 5), $"TLS not possible: {problem}"));
    }
}

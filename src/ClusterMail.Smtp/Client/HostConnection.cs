using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Client;

/// <summary>One outbound SMTP session: greeting, EHLO, STARTTLS, AUTH, any number of mails one after the other, QUIT.</summary>
public sealed class HostConnection : IAsyncDisposable
{
    public HostTarget Target { get; }

    /// <summary><c>TLSv1.3</c> and so on; null in clear text.</summary>
    public string? TlsVersion { get; }

    /// <summary>Mails sent so far over this session.</summary>
    public int MailsSent { get; }

    private HostConnection(HostTarget target) => Target = target;

    /// <summary>Connects and gets as far as the host being ready for MAIL. Network trouble is a value, never an exception.</summary>
    public static Task<ConnectResult> OpenAsync(HostTarget target, DeliveryOptions options, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>Sends one mail. Never throws for network trouble or cancellation: recipients without an answer get OUT-5's reply.</summary>
    public Task<SendResult> SendAsync(OutboundMail mail, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>QUIT, at most 2 s of politeness, and close.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>How far an attempt to open a session got.</summary>
/// <param name="Connection">Null when it failed; then class and reply say why.</param>
/// <param name="Class">NoAnswer: no TCP connection. LineError: dropped, silent or 4xx afterwards. Refused: 5xx to greeting, EHLO or AUTH.</param>
/// <param name="Dialogue">Lines exchanged so far, for senderlog.</param>
public sealed record ConnectResult(HostConnection? Connection, FailureClass Class, Reply? Reply, System.Collections.Immutable.ImmutableArray<string> Dialogue);

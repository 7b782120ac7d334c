using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Smtp.Server.Auth;

/// <summary>One AUTH command with its 334 lines (RFC 4954). What the client says here is secret: none of it reaches a log.</summary>
internal sealed class AuthDialogue(SessionWire wire, LineReader lines, IAuthenticate judge, ReceiveOptions options)
{
    /// <summary>Octets of a line with its CRLF (RFC 4954 §4.1).</summary>
    public const int MaxLine = 12_288;

    /// <summary>Lines a client may send in one exchange; the longest mechanism needs three.</summary>
    private const int MaxRounds = 5;

    public async Task<AuthEnd> RunAsync(ClientConnection client, SmtpCommand.Auth auth, CancellationToken cancel)
    {
        if (!ServerReplies.OfferedMethods(options, client).Contains(auth.Mechanism) || SaslExchange.For(auth.Mechanism, judge, client, options.HostName) is not { } exchange)
            return new AuthEnd(ServerReplies.UnknownMechanism);
        byte[]? response = null;
        if (auth.InitialResponse is { } initial && (response = Decode(initial == "=" ? "" : initial)) is null)
            return new AuthEnd(ServerReplies.AuthenticationUnreadable);
        for (var round = 0; round < MaxRounds; round++)
        {
            var step = await exchange.NextAsync(response, cancel);
            if (step.Answer is { } answer)
                return Ended(answer);
            if (step.Challenge is not { } challenge)
                return new AuthEnd(ServerReplies.AuthenticationUnreadable);
            wire.Write(Encoding.ASCII.GetBytes($"334 {Convert.ToBase64String(challenge)}\r\n"));
            if (await ReadLineAsync() is not var (text, readable))
                return default;
            if (text == "*")
                return new AuthEnd(ServerReplies.AuthenticationCancelled);
            if (!readable || (response = Decode(text)) is null)
                return new AuthEnd(ServerReplies.AuthenticationUnreadable);
        }
        return new AuthEnd(ServerReplies.AuthenticationUnreadable);
    }

    private static AuthEnd Ended(AuthAnswer answer) =>
        answer.Busy ? new AuthEnd(ServerReplies.AuthenticationBusy)
        : answer.Identity is { } identity ? new AuthEnd(ServerReplies.Authenticated) { Identity = identity }
        : new AuthEnd(ServerReplies.AuthenticationFailed) { Failed = true, LockedOut = answer.LockedOut };

    /// <summary>Null: the client has gone, or was silent too long.</summary>
    private async ValueTask<(string Text, bool Readable)?> ReadLineAsync()
    {
        while (await wire.ReadAsync(options.IdleTimeout, interruptible: false))
        {
            var buffer = wire.Buffer;
            var state = lines.TryTake(ref buffer, MaxLine, out var line);
            var text = state == LineState.Good ? Encoding.Latin1.GetString(line) : "";
            if (state == LineState.Incomplete)
                wire.AdvanceTo(buffer.Start, buffer.End);
            else
                wire.AdvanceTo(buffer.Start);
            if (state != LineState.Incomplete)
                return (text, state == LineState.Good);
        }
        return null;
    }

    private static byte[]? Decode(string text)
    {
        var octets = new byte[text.Length];
        // .NET skips blanks in base64; the wire has none.
        return !text.Any(char.IsWhiteSpace) && Convert.TryFromBase64String(text, octets, out var length) ? octets[..length] : null;
    }
}

/// <summary>How an AUTH command ended.</summary>
/// <param name="Reply">Null: there is nobody left to answer.</param>
internal readonly record struct AuthEnd(Reply? Reply)
{
    public string? Identity { get; init; }

    /// <summary>Credentials were tried and did not fit.</summary>
    public bool Failed { get; init; }
    public bool LockedOut { get; init; }
}

using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;
using ClusterMail.Smtp.Server.Auth;

namespace ClusterMail.Smtp.Server;

/// <summary>STARTTLS and AUTH: what the client proves, and what the session forgets for it.</summary>
internal sealed class SessionSecurity(SessionWire wire, LineReader lines, SessionState state, SessionAnswers answers, SessionServices services, CancellationToken stopping)
{
    /// <summary>AUTH-13.</summary>
    private const int MaxAuthFailures = 3;

    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(30);

    /// <summary>RFC 4954. A client may try again; after three failures the connection ends (AUTH-13).</summary>
    public async Task OnAuthAsync(SmtpCommand.Auth auth)
    {
        if (OutOfPlace() is { } refusal)
        {
            answers.Refuse(auth, refusal, "AUTH-9");
            return;
        }
        var end = await new AuthDialogue(wire, lines, services.Authenticate!, state.Options).RunAsync(state.Client, auth, stopping);
        if (end.Reply is not { } reply)
        {
            answers.SayCut();
            return;
        }
        if (end.Identity is { } identity)
        {
            state.Client = state.Client with { AuthenticatedAs = identity };
            ServerMetrics.Authentications.Add(1, new KeyValuePair<string, object?>("result", "accepted"));
            wire.Write(reply);
            return;
        }
        if (end.Failed)
        {
            state.Client = state.Client with { AuthFailures = state.Client.AuthFailures + 1 };
            ServerMetrics.Authentications.Add(1, new KeyValuePair<string, object?>("result", "failed"));
        }
        answers.Refuse(auth, reply, end.Failed ? "AUTH-9" : "AUTH-1");
        if (!answers.IsEnding && (end.LockedOut || state.Client.AuthFailures >= MaxAuthFailures))
            answers.End(ServerReplies.AuthenticationLockedOut, "too many failed authentications", end.LockedOut ? "LOCK-2" : "AUTH-13");
    }

    private Reply? OutOfPlace() =>
        state.Options.AuthMethods.IsEmpty || services.Authenticate is null ? ServerReplies.NoAuthentication
        : state.Transaction is Transaction.Unnamed ? ServerReplies.HelloFirst
        : !state.Client.Extended ? ServerReplies.EhloBeforeAuthentication
        : state.Client.AuthenticatedAs is not null ? ServerReplies.AlreadyAuthenticated
        : state.Transaction is not Transaction.Idle ? ServerReplies.BadSequence
        : ServerReplies.OfferedMethods(state.Options, state.Client).IsEmpty ? ServerReplies.TlsBeforeAuthentication
        : null;

    public async Task OnStartTlsAsync(SmtpCommand command, bool hasMore)
    {
        if (state.Client.TlsVersion is not null)
        {
            answers.Refuse(command, ServerReplies.TlsActive, "RECV-6");
            return;
        }
        if (services.Certificates?.Current is not { } certificate)
        {
            answers.Refuse(command, ServerReplies.NoTls, "RECV-5");
            return;
        }
        if (hasMore || (wire.TryRead() && HasUnread()))
        {
            // Words sent in clear behind STARTTLS would be taken for words said under TLS (RFC 3207 §6, CVE-2011-0411).
            answers.EndQuietly();
            ServerMetrics.Refused("RECV-26");
            ServerLog.Closed(services.Logger, state.Client.SessionId, state.Client.Remote.Address, "commands behind STARTTLS in clear text (injection)");
            return;
        }
        wire.Write(ServerReplies.ReadyForTls);
        if (!await wire.FlushAsync(state.Options.IdleTimeout) || !await SecureAsync(certificate))
        {
            answers.EndQuietly();
            return;
        }
        // Nothing said before counts any more (RFC 3207 §4.2).
        state.Forget(Transaction.Start);
    }

    /// <summary>The handshake; false when it failed, and then there is nobody left to talk to.</summary>
    private async Task<bool> SecureAsync(System.Net.Security.SslServerAuthenticationOptions certificate)
    {
        try
        {
            var described = await TlsHandshake.RunAsync(wire, state.Client, certificate, HandshakeLimit);
            state.Introduce(described with { Helo = "", Extended = false, AuthenticatedAs = null });
            return true;
        }
        catch (Exception e) when (TlsHandshake.IsPeersFault(e))
        {
            ServerLog.HandshakeFailed(services.Logger, state.Client.SessionId, state.Client.Remote.Address, e.Message);
            return false;
        }
    }

    private bool HasUnread()
    {
        var unread = !wire.Buffer.IsEmpty;
        wire.AdvanceTo(wire.Buffer.Start);
        return unread;
    }
}

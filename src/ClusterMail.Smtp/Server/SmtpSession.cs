using System.Collections.Frozen;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Smtp.Server;

/// <summary>One connection from greeting to QUIT: read a line, ask <see cref="Transaction"/> for order and policy for permission, answer.</summary>
internal sealed class SmtpSession : IDisposable
{
    /// <summary>A browser, or a script in one, made to talk to port 25 (cross-protocol attacks); and a PROXY header where none belongs.</summary>
    private static readonly FrozenSet<string> ForeignVerbs =
        FrozenSet.ToFrozenSet(["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PRI", "HOST:", "USER-AGENT:", "PROXY"]);

    private readonly SessionWire _wire;
    private readonly SessionServices _services;
    private readonly CancellationToken _stopping;
    private readonly SessionRecord _record;
    private readonly SessionState _state;
    private readonly SessionAnswers _answers;
    private readonly CommandReader _reader;
    private readonly ContentIntake _intake;
    private readonly SessionSecurity _security;
    private int _commands;

    public SmtpSession(SessionWire wire, ClientConnection client, SessionServices services, CancellationToken stopping)
    {
        (_wire, _services, _stopping) = (wire, services, stopping);
        _record = new SessionRecord(client, services.Log, services.Time);
        _state = new SessionState(client, _record, services);
        _answers = new SessionAnswers(wire, _state, _record, services);
        _reader = new CommandReader(_record);
        _intake = new ContentIntake(wire, _state, _answers, _record, services, stopping);
        _security = new SessionSecurity(wire, _reader.Lines, _state, _answers, services, stopping);
    }

    /// <summary>Runs to the end of the session. The wire stays the caller's.</summary>
    public async Task RunAsync()
    {
        int? broken = null;
        _wire.Record = _record;
        try
        {
            _record.Connected();
            if (await GreetAsync())
                await ServeAsync();
            await _wire.FarewellAsync(last: !_answers.MustLinger);
            if (_answers.MustLinger)
                await _wire.LingerAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
        {
            broken = (e.InnerException as System.Net.Sockets.SocketException)?.ErrorCode ?? 0;
            ServerLog.ClientGone(_services.Logger, _state.Client.SessionId, _state.Client.Remote.Address);
        }
        catch (Exception e)
        {
            ServerLog.Trouble(_services.Logger, _state.Client.SessionId, _state.Client.Remote.Address, e);
            ServerMetrics.Refused("P6");
            _wire.Write(ServerReplies.Trouble);
            await _wire.FarewellAsync();
        }
        finally
        {
            _wire.Record = null;
            _record.End(broken ?? (_answers.IsGone ? 0 : null));
        }
    }

    public void Dispose()
    {
        _state.Dispose();
        _record.Dispose();
    }

    private async Task<bool> GreetAsync()
    {
        var verdict = await _services.Policy.ConnectAsync(_state.Client, _stopping);
        if (verdict.Refusal is { } refusal)
        {
            ServerLog.TurnedAway(_services.Logger, _state.Client.SessionId, _state.Client.Remote, refusal.ToString(), verdict.Rule);
            ServerMetrics.TurnedAway(verdict.Rule);
            _record.Checked("connect", verdict);
            _record.Refused(refusal, verdict.Rule);
            _wire.Write(refusal);
            return false;
        }
        // Only where nothing can rightly precede the greeting: behind a PROXY header or TLS the first octets are not the client's own words.
        if (_state.Client is { Balancer: null, TlsVersion: null } && _wire.TryRead())
        {
            var gone = _wire.Buffer.IsEmpty;
            var what = _wire.Buffer.FirstSpan.StartsWith("PROXY "u8) || _wire.Buffer.FirstSpan.StartsWith(ProxyHeader.V2Signature)
                ? "PROXY header on a listener that is not marked for it"
                : "command before the greeting";
            _wire.AdvanceTo(_wire.Buffer.End);
            if (!gone)
                _answers.End(ServerReplies.TalkedFirst, what, "RECV-27");
            return false;
        }
        _state.AskName();
        _wire.Write(ServerReplies.Greeting(_state.Options));
        return true;
    }

    private async Task ServeAsync()
    {
        while (!_answers.IsEnding)
        {
            var isBetweenMails = _state.Transaction is Transaction.Unnamed or Transaction.Idle;
            if (!await _wire.ReadAsync(_state.Options.IdleTimeout, isBetweenMails))
            {
                _answers.SayCut();
                return;
            }
            await ServeBufferedAsync();
            if (_wire.HasMuchUnsent && !await _wire.FlushAsync(_state.Options.IdleTimeout))
                return;
        }
    }

    private async Task ServeBufferedAsync()
    {
        var buffer = _wire.Buffer;
        while (!_answers.IsEnding)
        {
            var command = _reader.Next(ref buffer, _state.Options);
            if (_reader.IsFlooded)
                _answers.End(ServerReplies.TooManyErrors, "overlong lines", "P6");
            if (command is null || !Count())
                break;
            // These take the octets behind their line themselves.
            if (command is SmtpCommand.Data or SmtpCommand.Bdat or SmtpCommand.StartTls or SmtpCommand.Auth)
            {
                var hasMore = !buffer.IsEmpty;
                _wire.AdvanceTo(buffer.Start);
                await (command switch
                {
                    SmtpCommand.Bdat chunk => _intake.OnChunkAsync(chunk),
                    SmtpCommand.Data data => _intake.OnDataAsync(data),
                    SmtpCommand.Auth auth => _security.OnAuthAsync(auth),
                    _ => _security.OnStartTlsAsync(command, hasMore),
                });
                return;
            }
            await OnAsync(command);
        }
        _wire.AdvanceTo(buffer.Start, buffer.End);
    }

    private bool Count()
    {
        if (++_commands > _state.Options.MaxCommands)
            _answers.End(ServerReplies.TooManyCommands, "too many commands", "P6");
        else
            _answers.EndWhenOverdue();
        return !_answers.IsEnding;
    }

    private ValueTask OnAsync(SmtpCommand command)
    {
        switch (command)
        {
            case SmtpCommand.Mail mail:
                return OnMailAsync(mail);
            case SmtpCommand.Rcpt rcpt:
                return OnRecipientAsync(rcpt);
            case SmtpCommand.Helo or SmtpCommand.Ehlo:
                OnHello(command);
                break;
            case SmtpCommand.Rset:
                _state.Forget(_state.Transaction.On(command, _state.Options).Next);
                _wire.Write(ServerReplies.Reset);
                break;
            case SmtpCommand.Noop:
                _wire.Write(ServerReplies.Ok);
                break;
            case SmtpCommand.Help:
                _wire.Write(ServerReplies.Help);
                break;
            case SmtpCommand.Vrfy vrfy:
                Verify(vrfy, vrfy.Argument, expand: false);
                break;
            case SmtpCommand.Quit:
                _answers.SayGoodbye();
                break;
            case SmtpCommand.Expn expn:
                Verify(expn, expn.Argument, expand: true);
                break;
            case SmtpCommand.Malformed malformed:
                OnMalformed(malformed);
                break;
            case SmtpCommand.Unknown unknown when ForeignVerbs.Contains(unknown.Verb):
                _answers.End(ServerReplies.NotMail, unknown.Verb == "PROXY" ? "PROXY header on a listener that is not marked for it" : $"not SMTP: {unknown.Verb}", "RECV-27");
                break;
            default:
                _answers.Refuse(command, ServerReplies.Unknown, "RECV-27");
                break;
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>VRFY-1, VRFY-2.</summary>
    private void Verify(SmtpCommand command, string argument, bool expand)
    {
        var reply = _services.Policy.Verify(_state.Client, argument, expand) ?? (expand ? ServerReplies.NotExpanded : ServerReplies.NotVerified);
        if (reply.IsPositive)
            _wire.Write(reply);
        else
            _answers.Refuse(command, reply, "VRFY-1");
    }

    private void OnMalformed(SmtpCommand.Malformed malformed)
    {
        _answers.Refuse(malformed, malformed.Reply, "RECV-27");
        if (malformed.Fatal)
            _answers.EndQuietly();
    }

    private void OnHello(SmtpCommand command)
    {
        _state.Forget(_state.Transaction.On(command, _state.Options).Next);
        if (command is SmtpCommand.Ehlo ehlo)
        {
            _state.Introduce(_state.Client with { Helo = ehlo.Name, Extended = true });
            _wire.Write(ServerReplies.ExtendedHello(_state.Options, _state.Client, _state.CanStartTls));
        }
        else if (command is SmtpCommand.Helo helo)
        {
            _state.Introduce(_state.Client with { Helo = helo.Name, Extended = false });
            _wire.Write(ServerReplies.Hello(_state.Options, _state.Client));
        }
    }

    /// <summary>PIPE-3 to PIPE-8.</summary>
    private async ValueTask OnMailAsync(SmtpCommand.Mail mail)
    {
        var (next, refusal) = _state.Transaction.On(mail, _state.Options);
        if (refusal is not null)
        {
            _answers.Refuse(mail, refusal, "RECV-27");
            return;
        }
        if (_services.Acceptor.Unavailable is { } unavailable)
        {
            _answers.Refuse(mail, unavailable, "PIPE-20");
            return;
        }
        _state.Policy = _services.Policy.BeginTransaction();
        _state.Options = _state.Policy.Options;
        _record.Begin(mail.From);
        if (_record.IsWatched)
            _state.Policy.Explain(_record.Check);
        var verdict = await _state.Policy.MailAsync(_state.Client, next.Begun!, mail.Blank, _stopping);
        _record.Checked("MAIL", verdict);
        if (verdict.Accepted && _state.Options.MaxBytes > 0 && mail.Size > _state.Options.MaxBytes)
            verdict = Verdict.Refuse(ServerReplies.TooBig, "LIMIT-1");
        if (_answers.Refused(mail, verdict))
        {
            _record.EndTransaction();
            return;
        }
        _state.Transaction = next;
        _answers.Say("250 2.0.0 <"u8, mail.From.Stored, ">... Sender ok.\r\n"u8);
    }

    /// <summary>PIPE-9 to PIPE-13.</summary>
    private async ValueTask OnRecipientAsync(SmtpCommand.Rcpt said)
    {
        var rcpt = said with { To = _state.Policy?.Resolve(said.To) ?? said.To };
        var (next, refusal) = _state.Transaction.On(rcpt, _state.Options);
        _record.Named(said.To);
        if (refusal is not null)
        {
            _state.Transaction = next;
            _answers.Refuse(rcpt, refusal, refusal.Status is { Subject: 5, Detail: 3 } ? "LIMIT-3" : "RECV-27");
            return;
        }
        var verdict = await _state.Policy!.RecipientAsync(_state.Client, _state.Transaction.Begun!, said.To, _stopping);
        _record.Checked("RCPT", verdict);
        if (_answers.Refused(rcpt, verdict))
            return;
        _state.Transaction = next;
        _answers.Say("250 2.0.0 <"u8, said.To.Mailbox.ToString(), ">... Recipient ok.\r\n"u8);
    }
}

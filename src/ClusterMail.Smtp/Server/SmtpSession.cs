using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;
using ClusterMail.Smtp.Server.Auth;

namespace ClusterMail.Smtp.Server;

/// <summary>One connection from greeting to QUIT: read a line, ask <see cref="Transaction"/> for order and policy for permission, answer.</summary>
internal sealed class SmtpSession(SessionWire wire, ClientConnection client, SessionServices services, CancellationToken stopping) : IDisposable
{
    /// <summary>Octets of overlong lines a session may send.</summary>
    private const long MaxSkipped = 1_048_576;

    /// <summary>AUTH-13.</summary>
    private const int MaxAuthFailures = 3;

    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(30);

    /// <summary>A browser, or a script in one, made to talk to port 25 (cross-protocol attacks); and a PROXY header where none belongs.</summary>
    private static readonly FrozenSet<string> ForeignVerbs =
        FrozenSet.ToFrozenSet(["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PRI", "HOST:", "USER-AGENT:", "PROXY"]);

    private readonly LineReader _lines = new();
    private readonly SessionRecord _record = new(client, services.Log, services.Time);
    private readonly long _startedAt = services.Time.GetTimestamp();
    private ReceiveOptions _options = services.Policy.Options;
    private ClientConnection _client = client;
    private Transaction _transaction = Transaction.Start;
    private ITransactionPolicy? _policy;
    private ContentArrival? _arrival;
    private Task<string?>? _naming;
    private int _commands;
    private int _errors;
    private bool _ending;
    private bool _saidGoodbye;
    private bool _gone;

    private bool CanStartTls => _client.TlsVersion is null && services.Certificates?.Current is not null;

    /// <summary>Runs to the end of the session. The wire stays the caller's.</summary>
    public async Task RunAsync()
    {
        int? broken = null;
        wire.Record = _record;
        try
        {
            _record.Connected();
            if (await GreetAsync())
                await ServeAsync();
            await wire.FarewellAsync();
            if (_ending && !_saidGoodbye)
                await wire.LingerAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
        {
            broken = (e.InnerException as System.Net.Sockets.SocketException)?.ErrorCode ?? 0;
            ServerLog.ClientGone(services.Logger, _client.SessionId, _client.Remote.Address);
        }
        catch (Exception e)
        {
            ServerLog.Trouble(services.Logger, _client.SessionId, _client.Remote.Address, e);
            ServerMetrics.Refused("P6");
            wire.Write(ServerReplies.Trouble);
            await wire.FarewellAsync();
        }
        finally
        {
            wire.Record = null;
            _record.End(broken ?? (_gone ? 0 : null));
        }
    }

    public void Dispose()
    {
        _arrival?.Dispose();
        _record.Dispose();
    }

    private async Task<bool> GreetAsync()
    {
        var verdict = await services.Policy.ConnectAsync(_client, stopping);
        if (verdict.Refusal is { } refusal)
        {
            ServerLog.TurnedAway(services.Logger, _client.SessionId, _client.Remote, refusal.ToString(), verdict.Rule);
            ServerMetrics.TurnedAway(verdict.Rule);
            _record.Checked("connect", verdict);
            _record.Refused(refusal, verdict.Rule);
            wire.Write(refusal);
            return false;
        }
        // Only where nothing can rightly precede the greeting: behind a PROXY header or TLS the first octets are not the client's own words.
        if (_client is { Balancer: null, TlsVersion: null } && wire.TryRead())
        {
            var gone = wire.Buffer.IsEmpty;
            var what = wire.Buffer.FirstSpan.StartsWith("PROXY "u8) || wire.Buffer.FirstSpan.StartsWith(ProxyHeader.V2Signature)
                ? "PROXY header on a listener that is not marked for it"
                : "command before the greeting";
            wire.AdvanceTo(wire.Buffer.End);
            if (!gone)
                End(ServerReplies.TalkedFirst, what, "RECV-27");
            return false;
        }
        // Asked while the client talks; waited for when its answer is written (HDR-1).
        _naming = _options.ReverseDns ? services.Policy.NameAsync(_client) : null;
        wire.Write(ServerReplies.Greeting(_options));
        return true;
    }

    private async Task ServeAsync()
    {
        while (!_ending)
        {
            var isBetweenMails = _transaction is Transaction.Unnamed or Transaction.Idle;
            if (!await wire.ReadAsync(_options.IdleTimeout, isBetweenMails))
            {
                SayCut();
                return;
            }
            await ServeBufferedAsync();
            if (wire.HasMuchUnsent && !await wire.FlushAsync(_options.IdleTimeout))
                return;
        }
    }

    private async Task ServeBufferedAsync()
    {
        var buffer = wire.Buffer;
        while (!_ending)
        {
            var command = NextCommand(ref buffer);
            if (command is null)
                break;
            if (!Count())
                break;
            // These take the octets behind their line themselves.
            if (command is SmtpCommand.Data or SmtpCommand.Bdat or SmtpCommand.StartTls or SmtpCommand.Auth)
            {
                var hasMore = !buffer.IsEmpty;
                wire.AdvanceTo(buffer.Start);
                await (command switch
                {
                    SmtpCommand.Bdat chunk => OnChunkAsync(chunk),
                    SmtpCommand.Data data => OnDataAsync(data),
                    SmtpCommand.Auth auth => OnAuthAsync(auth),
                    _ => OnStartTlsAsync(command, hasMore),
                });
                return;
            }
            await OnAsync(command);
        }
        wire.AdvanceTo(buffer.Start, buffer.End);
    }

    private SmtpCommand? NextCommand(ref ReadOnlySequence<byte> buffer)
    {
        var longest = IsAuth(buffer) ? Math.Max(AuthDialogue.MaxLine, _options.MaxCommandLine) : _options.MaxCommandLine;
        var state = _lines.TryTake(ref buffer, longest, out var line);
        if (_lines.Skipped > MaxSkipped)
        {
            End(ServerReplies.TooManyErrors, "overlong lines", "P6");
            return null;
        }
        SmtpCommand? command = state switch
        {
            LineState.Good => Parse(line),
            LineState.BareLineEnd => new SmtpCommand.Malformed("?", ServerReplies.BareLineEnd),
            LineState.TooLong => new SmtpCommand.Malformed("?", ServerReplies.LineTooLong),
            _ => null,
        };
        if (command is not null)
            _record.Received(line, command);
        return command;
    }

    /// <summary>An initial response may make the line longer than other commands are (RFC 4954 §4.1).</summary>
    private static bool IsAuth(in ReadOnlySequence<byte> buffer)
    {
        var first = buffer.FirstSpan;
        return first.Length > 4 && Ascii.EqualsIgnoreCase(first[..5], "AUTH "u8);
    }

    private SmtpCommand Parse(in ReadOnlySequence<byte> line)
    {
        if (line.IsSingleSegment)
            return CommandGrammar.Parse(line.FirstSpan, Offered);
        return CommandGrammar.Parse(line.ToArray(), Offered);
    }

    private SmtpExtensions Offered =>
        (_options.Offer8BitMime ? SmtpExtensions.EightBitMime : 0) | (_options.OfferSmtpUtf8 ? SmtpExtensions.SmtpUtf8 : 0)
        | (_options.OfferChunking ? SmtpExtensions.Chunking : 0) | (_options.OfferDsn ? SmtpExtensions.Dsn : 0);

    private bool Count()
    {
        if (++_commands > _options.MaxCommands)
            End(ServerReplies.TooManyCommands, "too many commands", "P6");
        else if (services.Time.GetElapsedTime(_startedAt) > _options.SessionTimeout)
            End(ServerReplies.SessionTooLong, "session too long", "P6");
        return !_ending;
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
                Forget(_transaction.On(command, _options).Next);
                wire.Write(ServerReplies.Reset);
                break;
            case SmtpCommand.Noop:
                wire.Write(ServerReplies.Ok);
                break;
            case SmtpCommand.Help:
                wire.Write(ServerReplies.Help);
                break;
            case SmtpCommand.Vrfy vrfy:
                Verify(vrfy, vrfy.Argument, expand: false);
                break;
            case SmtpCommand.Quit:
                wire.Write(ServerReplies.Closing(_options));
                _ending = _saidGoodbye = true;
                break;
            case SmtpCommand.Expn expn:
                Verify(expn, expn.Argument, expand: true);
                break;
            case SmtpCommand.Malformed malformed:
                OnMalformed(malformed);
                break;
            case SmtpCommand.Unknown unknown when ForeignVerbs.Contains(unknown.Verb):
                End(ServerReplies.NotMail, unknown.Verb == "PROXY" ? "PROXY header on a listener that is not marked for it" : $"not SMTP: {unknown.Verb}", "RECV-27");
                break;
            default:
                Refuse(command, ServerReplies.Unknown, "RECV-27");
                break;
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>VRFY-1, VRFY-2.</summary>
    private void Verify(SmtpCommand command, string argument, bool expand)
    {
        var reply = services.Policy.Verify(_client, argument, expand) ?? (expand ? ServerReplies.NotExpanded : ServerReplies.NotVerified);
        if (reply.IsPositive)
            wire.Write(reply);
        else
            Refuse(command, reply, "VRFY-1");
    }

    private void OnMalformed(SmtpCommand.Malformed malformed)
    {
        Refuse(malformed, malformed.Reply, "RECV-27");
        _ending |= malformed.Fatal;
    }

    private void OnHello(SmtpCommand command)
    {
        Forget(_transaction.On(command, _options).Next);
        if (command is SmtpCommand.Ehlo ehlo)
        {
            _record.Client = _client = _client with { Helo = ehlo.Name, Extended = true };
            wire.Write(ServerReplies.ExtendedHello(_options, _client, CanStartTls));
        }
        else if (command is SmtpCommand.Helo helo)
        {
            _record.Client = _client = _client with { Helo = helo.Name, Extended = false };
            wire.Write(ServerReplies.Hello(_options, _client));
        }
    }

    /// <summary>PIPE-3 to PIPE-8.</summary>
    private async ValueTask OnMailAsync(SmtpCommand.Mail mail)
    {
        var (next, refusal) = _transaction.On(mail, _options);
        if (refusal is not null)
        {
            Refuse(mail, refusal, "RECV-27");
            return;
        }
        if (services.Acceptor.Unavailable is { } unavailable)
        {
            Refuse(mail, unavailable, "PIPE-20");
            return;
        }
        _policy = services.Policy.BeginTransaction();
        _options = _policy.Options;
        _record.Begin(mail.From);
        if (_record.IsWatched)
            _policy.Explain(_record.Check);
        var verdict = await _policy.MailAsync(_client, next.Begun!, mail.Blank, stopping);
        _record.Checked("MAIL", verdict);
        if (verdict.Accepted && _options.MaxBytes > 0 && mail.Size > _options.MaxBytes)
            verdict = Verdict.Refuse(ServerReplies.TooBig, "LIMIT-1");
        if (Refused(mail, verdict))
        {
            _record.EndTransaction();
            return;
        }
        _transaction = next;
        Say("250 2.0.0 <"u8, mail.From.Stored, ">... Sender ok.\r\n"u8);
    }

    /// <summary>PIPE-9 to PIPE-13.</summary>
    private async ValueTask OnRecipientAsync(SmtpCommand.Rcpt said)
    {
        var rcpt = said with { To = _policy?.Resolve(said.To) ?? said.To };
        var (next, refusal) = _transaction.On(rcpt, _options);
        _record.Named(said.To);
        if (refusal is not null)
        {
            _transaction = next;
            Refuse(rcpt, refusal, refusal.Status is { Subject: 5, Detail: 3 } ? "LIMIT-3" : "RECV-27");
            return;
        }
        var verdict = await _policy!.RecipientAsync(_client, _transaction.Begun!, said.To, stopping);
        _record.Checked("RCPT", verdict);
        if (Refused(rcpt, verdict))
            return;
        _transaction = next;
        Say("250 2.0.0 <"u8, said.To.Mailbox.ToString(), ">... Recipient ok.\r\n"u8);
    }

    /// <summary>PIPE-15, then the content.</summary>
    private async Task OnDataAsync(SmtpCommand.Data data)
    {
        var (_, refusal) = _transaction.On(data, _options);
        await LearnNameAsync();
        if (refusal is null && Refused(data, _policy!.Data(_client, _transaction.Begun!)))
            return;
        refusal ??= BeginArrival(dotStuffed: true);
        if (refusal is not null)
        {
            Refuse(data, refusal, RuleOf(refusal));
            return;
        }
        var arrival = _arrival!;
        wire.Write(ServerReplies.StartMail(arrival.Id));
        wire.BeginContent(_options.MinBytesPerSecond);
        while (true)
        {
            if (!await wire.ReadAsync(_options.IdleTimeout, interruptible: false))
            {
                SayCut();
                return;
            }
            var buffer = wire.Buffer;
            var before = buffer.Length;
            var ended = arrival.Reader.Feed(ref buffer);
            wire.CountContent(before - buffer.Length);
            wire.AdvanceTo(buffer.Start);
            await arrival.Content.SettleAsync(stopping);
            if (ended)
                break;
            if (arrival.Content.IsTooBig && IsOverdue())
                return;
        }
        wire.EndContent();
        await FinishAsync(data, arrival);
    }

    /// <summary>RFC 3030 §2. The chunk is taken off the wire whatever the answer, or its octets would be read as commands.</summary>
    private async Task OnChunkAsync(SmtpCommand.Bdat chunk)
    {
        var (next, refusal) = _transaction.On(chunk, _options);
        await LearnNameAsync();
        if (refusal is null && _arrival is null)
            refusal = _policy!.Data(_client, _transaction.Begun!).Refusal ?? BeginArrival(dotStuffed: false);
        if (!await TakeChunkAsync(chunk.Size, refusal is null ? _arrival : null))
        {
            SayCut();
            return;
        }
        refusal ??= _arrival!.Trouble();
        if (refusal is not null)
        {
            var wasOurs = _transaction is Transaction.Open { Envelope.ForwardPaths.IsEmpty: false } or Transaction.Chunking;
            Refuse(chunk, refusal, RuleOf(refusal));
            if (wasOurs)
                Forget(chunk.Last ? Transaction.None : Transaction.Lost);
            return;
        }
        _transaction = next;
        if (!chunk.Last)
        {
            wire.Write(ServerReplies.ChunkReceived(chunk.Size));
            return;
        }
        _arrival!.Reader.EndChunks();
        await FinishAsync(chunk, _arrival);
    }

    private async Task<bool> TakeChunkAsync(long left, ContentArrival? arrival)
    {
        wire.BeginContent(_options.MinBytesPerSecond);
        while (left > 0)
        {
            if (!await wire.ReadAsync(_options.IdleTimeout, interruptible: false))
                return false;
            var here = wire.Buffer.Slice(0, Math.Min(left, wire.Buffer.Length));
            var end = here.End;
            left -= here.Length;
            wire.CountContent(here.Length);
            arrival?.Reader.Feed(ref here);
            wire.AdvanceTo(end);
            if (arrival is not null)
                await arrival.Content.SettleAsync(stopping);
            if (arrival is not { Content.IsTooBig: false } && IsOverdue())
                return false;
        }
        wire.EndContent();
        return true;
    }

    /// <summary>PIPE-16 to PIPE-19.</summary>
    private async Task FinishAsync(SmtpCommand command, ContentArrival arrival)
    {
        var envelope = _transaction.Begun!;
        var policy = _policy!;
        var facts = arrival.Content.Facts;
        ServerMetrics.BytesReceived.Add(arrival.Content.Length);
        var verdict = arrival.Trouble() is { } trouble ? Verdict.Refuse(trouble, RuleOf(trouble))
            : facts.ReceivedCount > _options.MaxReceived ? Verdict.Refuse(ServerReplies.TooManyHops, "LIMIT-5")
            : await policy.ContentAsync(_client, envelope, facts, stopping);
        _record.Checked("DATA", verdict);
        if (verdict.Accepted && await arrival.Content.CompleteAsync(stopping) is { } content)
        {
            // The 250 this brings back was written after the commit; nothing here may answer in its place (PIPE-20).
            var reply = await services.Acceptor.AcceptAsync(new ReceivedMail(arrival.Id, policy.Merge(envelope), content, facts, _client), stopping);
            ServerLog.Answered(services.Logger, _client.SessionId, _client.Remote.Address, arrival.Id, reply, content.Length, envelope.ForwardPaths.Length);
            if (reply.IsPositive)
            {
                wire.Write(reply);
                _record.Accepted(arrival.Id);
            }
            else
            {
                Refuse(command, reply, "PIPE-19");
            }
        }
        else
        {
            // Whoever sends such lines may mean something else by them than we do: what follows is not to be read as commands (smuggling).
            _ending |= command is SmtpCommand.Data && arrival.Trouble() == ServerReplies.BadContentLines;
            Refused(command, verdict.Accepted ? Verdict.Refuse(ServerReplies.SpoolFull, "P6") : verdict);
        }
        Forget(Transaction.None);
    }

    /// <summary>RFC 4954. A client may try again; after three failures the connection ends (AUTH-13).</summary>
    private async Task OnAuthAsync(SmtpCommand.Auth auth)
    {
        if (OutOfPlace() is { } refusal)
        {
            Refuse(auth, refusal, "AUTH-9");
            return;
        }
        var end = await new AuthDialogue(wire, _lines, services.Authenticate!, _options).RunAsync(_client, auth, stopping);
        if (end.Reply is not { } reply)
        {
            SayCut();
            return;
        }
        if (end.Identity is { } identity)
        {
            _client = _client with { AuthenticatedAs = identity };
            ServerMetrics.Authentications.Add(1, new KeyValuePair<string, object?>("result", "accepted"));
            wire.Write(reply);
            return;
        }
        if (end.Failed)
        {
            _client = _client with { AuthFailures = _client.AuthFailures + 1 };
            ServerMetrics.Authentications.Add(1, new KeyValuePair<string, object?>("result", "failed"));
        }
        Refuse(auth, reply, end.Failed ? "AUTH-9" : "AUTH-1");
        if (!_ending && (end.LockedOut || _client.AuthFailures >= MaxAuthFailures))
            End(ServerReplies.AuthenticationLockedOut, "too many failed authentications", end.LockedOut ? "LOCK-2" : "AUTH-13");
    }

    private Reply? OutOfPlace() =>
        _options.AuthMethods.IsEmpty || services.Authenticate is null ? ServerReplies.NoAuthentication
        : _transaction is Transaction.Unnamed ? ServerReplies.HelloFirst
        : !_client.Extended ? ServerReplies.EhloBeforeAuthentication
        : _client.AuthenticatedAs is not null ? ServerReplies.AlreadyAuthenticated
        : _transaction is not Transaction.Idle ? ServerReplies.BadSequence
        : ServerReplies.OfferedMethods(_options, _client).IsEmpty ? ServerReplies.TlsBeforeAuthentication
        : null;

    private async Task OnStartTlsAsync(SmtpCommand command, bool hasMore)
    {
        if (_client.TlsVersion is not null)
        {
            Refuse(command, ServerReplies.TlsActive, "RECV-6");
            return;
        }
        if (services.Certificates?.Current is not { } certificate)
        {
            Refuse(command, ServerReplies.NoTls, "RECV-5");
            return;
        }
        if (hasMore || (wire.TryRead() && HasUnread()))
        {
            // Words sent in clear behind STARTTLS would be taken for words said under TLS (RFC 3207 §6, CVE-2011-0411).
            _ending = true;
            ServerMetrics.Refused("RECV-26");
            ServerLog.Closed(services.Logger, _client.SessionId, _client.Remote.Address, "commands behind STARTTLS in clear text (injection)");
            return;
        }
        wire.Write(ServerReplies.ReadyForTls);
        if (!await wire.FlushAsync(_options.IdleTimeout) || !await SecureAsync(certificate))
        {
            _ending = true;
            return;
        }
        // Nothing said before counts any more (RFC 3207 §4.2).
        Forget(Transaction.Start);
    }

    /// <summary>The handshake; false when it failed, and then there is nobody left to talk to.</summary>
    private async Task<bool> SecureAsync(System.Net.Security.SslServerAuthenticationOptions certificate)
    {
        try
        {
            var described = await TlsHandshake.RunAsync(wire, _client, certificate, HandshakeLimit);
            _record.Client = _client = described with { Helo = "", Extended = false, AuthenticatedAs = null };
            return true;
        }
        catch (Exception e) when (TlsHandshake.IsPeersFault(e))
        {
            ServerLog.HandshakeFailed(services.Logger, _client.SessionId, _client.Remote.Address, e.Message);
            return false;
        }
    }

    private bool HasUnread()
    {
        var unread = !wire.Buffer.IsEmpty;
        wire.AdvanceTo(wire.Buffer.Start);
        return unread;
    }

    private async ValueTask LearnNameAsync()
    {
        if (_naming is not { } naming)
            return;
        _naming = null;
        _client = _client with { Name = await naming };
    }

    private Reply? BeginArrival(bool dotStuffed)
    {
        if (services.Budget.Spool >= _options.MaxSpool)
            return ServerReplies.SpoolFull;
        if (!services.Acceptor.TryAllot(out var id))
            return ServerReplies.Trouble;
        _record.Numbered(id);
        var (options, speaker, envelope, now) = (_options, _client, _transaction.Begun!, services.Time.GetLocalNow());
        var content = new ContentBuffer(options, services.Budget, services.Spool, facts => TopHeaders.Make(options, speaker, envelope, id, now, facts));
        _arrival = new ContentArrival(id, content, new DataReader(content, dotStuffed));
        return null;
    }

    private void Forget(Transaction next)
    {
        _arrival?.Dispose();
        _arrival = null;
        _transaction = next;
        _record.EndTransaction();
    }

    /// <summary>A client that only feeds what is thrown away does so until its session's time is up, no longer.</summary>
    private bool IsOverdue()
    {
        if (services.Time.GetElapsedTime(_startedAt) > _options.SessionTimeout)
            End(ServerReplies.SessionTooLong, "session too long", "P6");
        return _ending;
    }

    private void SayCut()
    {
        switch (wire.Cut)
        {
            case SessionCut.Idle:
                End(ServerReplies.IdleTooLong, "idle too long", "RECV-9");
                break;
            case SessionCut.TooSlow:
                End(ServerReplies.TooSlow, "transfer too slow", "P6");
                break;
            case SessionCut.Draining:
                End(ServerReplies.Draining, "draining", "CLU-32");
                break;
            default:
                _gone = true;
                break;
        }
        _ending = true;
    }

    private bool Refused(SmtpCommand command, Verdict verdict)
    {
        if (verdict.Refusal is not { } refusal)
            return false;
        Refuse(command, refusal, verdict.Rule);
        _ending |= verdict.Close;
        return true;
    }

    private void Refuse(SmtpCommand command, Reply reply, string rule)
    {
        wire.Write(reply);
        _record.Refused(reply, rule);
        ServerMetrics.Refused(rule);
        if (services.Logger.IsEnabled(Microsoft.Extensions.Logging.LogLevel.Information))
            ServerLog.Refused(services.Logger, _client.SessionId, _client.Remote.Address, _record.Shown(command), reply, rule);
        // A 4xx is our trouble, or a surplus the client was told to send again (LIMIT-4): only permanent refusals are held against it.
        if (reply.Code == 421)
            _ending = true;
        else if (reply.IsPermanent && ++_errors > _options.MaxErrors)
            End(ServerReplies.TooManyErrors, "too many errors", "P6");
    }

    private void End(Reply reply, string reason, string rule)
    {
        wire.Write(reply);
        _record.Refused(reply, rule);
        _ending = true;
        ServerMetrics.Refused(rule);
        ServerLog.Closed(services.Logger, _client.SessionId, _client.Remote.Address, reason);
    }

    private static string RuleOf(Reply reply) => reply.Status switch
    {
        { Subject: 6, Detail: 0 } => "RECV-26",
        { Subject: 3, Detail: 4 } => "LIMIT-1",
        { Subject: 5, Detail: 3 } => "LIMIT-3",
        { Subject: 3 } => "P6",
        _ => "RECV-27",
    };

    private void Say(ReadOnlySpan<byte> before, string address, ReadOnlySpan<byte> after)
    {
        Span<byte> line = stackalloc byte[1536];
        before.CopyTo(line);
        var length = before.Length + Encoding.UTF8.GetBytes(address, line[before.Length..]);
        after.CopyTo(line[length..]);
        wire.Write(line[..(length + after.Length)]);
    }
}

using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Smtp.Server;

/// <summary>What a session answers, with everything a refusal brings along: the record, the metrics, the count of errors, and the end.</summary>
internal sealed class SessionAnswers(SessionWire wire, SessionState state, SessionRecord record, SessionServices services)
{
    private int _errors;
    private bool _saidGoodbye;

    /// <summary>No further command is taken.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>The last words are ours and the client may still be sending.</summary>
    public bool MustLinger => IsEnding && !_saidGoodbye;

    /// <summary>The client has left without a word.</summary>
    public bool IsGone { get; private set; }

    /// <summary>After the present answer, or without one.</summary>
    public void EndQuietly() => IsEnding = true;

    public void SayGoodbye()
    {
        wire.Write(ServerReplies.Closing(state.Options));
        IsEnding = _saidGoodbye = true;
    }

    /// <summary>Says why no more octets came, and ends.</summary>
    public void SayCut()
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
                IsGone = true;
                break;
        }
        IsEnding = true;
    }

    /// <summary>A client that only feeds what is thrown away does so until its session's time is up, no longer.</summary>
    public bool EndWhenOverdue()
    {
        if (state.IsOverdue)
            End(ServerReplies.SessionTooLong, "session too long", "P6");
        return IsEnding;
    }

    /// <returns>True when the verdict was a refusal; it has been answered.</returns>
    public bool Refused(SmtpCommand command, Verdict verdict)
    {
        if (verdict.Refusal is not { } refusal)
            return false;
        Refuse(command, refusal, verdict.Rule);
        IsEnding |= verdict.Close;
        return true;
    }

    public void Refuse(SmtpCommand command, Reply reply, string rule)
    {
        wire.Write(reply);
        record.Refused(reply, rule);
        ServerMetrics.Refused(rule);
        if (services.Logger.IsEnabled(Microsoft.Extensions.Logging.LogLevel.Information))
            ServerLog.Refused(services.Logger, state.Client.SessionId, state.Client.Remote.Address, record.Shown(command), reply, rule);
        // A 4xx is our trouble, or a surplus the client was told to send again (LIMIT-4): only permanent refusals are held against it.
        if (reply.Code == 421)
            IsEnding = true;
        else if (reply.IsPermanent && ++_errors > state.Options.MaxErrors)
            End(ServerReplies.TooManyErrors, "too many errors", "P6");
    }

    public void End(Reply reply, string reason, string rule)
    {
        wire.Write(reply);
        record.Refused(reply, rule);
        IsEnding = true;
        ServerMetrics.Refused(rule);
        ServerLog.Closed(services.Logger, state.Client.SessionId, state.Client.Remote.Address, reason);
    }

    /// <summary>An answer that repeats the address: <c>250 2.0.0 &lt;…&gt;... Sender ok.</c> Nothing is allocated.</summary>
    public void Say(ReadOnlySpan<byte> before, string address, ReadOnlySpan<byte> after)
    {
        Span<byte> line = stackalloc byte[1536];
        before.CopyTo(line);
        var length = before.Length + Encoding.UTF8.GetBytes(address, line[before.Length..]);
        after.CopyTo(line[length..]);
        wire.Write(line[..(length + after.Length)]);
    }

    /// <summary>The rule behind a refusal of content.</summary>
    public static string RuleOf(Reply reply) => reply.Status switch
    {
        { Subject: 6, Detail: 0 } => "RECV-26",
        { Subject: 3, Detail: 4 } => "LIMIT-1",
        { Subject: 5, Detail: 3 } => "LIMIT-3",
        { Subject: 3 } => "P6",
        _ => "RECV-27",
    };
}

using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>How a transaction ended. The numbers are stored in the database: never change them.</summary>
public enum TransactionEnd : byte
{
    /// <summary>Refused, or broken off after MAIL: <c>abort</c> in acceptlog (LOG-21).</summary>
    Aborted = 0,

    /// <summary>The client is on a DNS block list: acceptlog says so, receivelog nothing (EX-LOG-5).</summary>
    Listed = 1,

    /// <summary>A mail was accepted; its dialogue was wanted, or part of it was refused. Acceptlog has it from the mail itself.</summary>
    Accepted = 2,

    /// <summary>Something was refused outside any transaction: a command, an AUTH, the connection itself. Not for acceptlog.</summary>
    Outside = 3,
}

/// <summary>One transaction of a session, for acceptlog and receivelog. Neither passwords nor content are in it (LOG-18).</summary>
/// <param name="Sender">Null: no MAIL was said.</param>
/// <param name="Recipients">As named with RCPT, those refused too; at most <see cref="MaxRecipients"/>.</param>
/// <param name="Reply">The refusal that decided, or what happened; empty when nothing was refused.</param>
/// <param name="Rule">The rule of the specification that decided.</param>
/// <param name="Dialogue">Oldest first; empty when receivelog does not want it.</param>
public sealed record TransactionReport(
    ClientConnection Client, DateTimeOffset ConnectedAt, DateTimeOffset At, TransactionEnd End, MessageId? Id, ReversePath? Sender,
    ImmutableArray<string> Recipients, string Reply, string Rule, ImmutableArray<DialogueLine> Dialogue)
{
    /// <summary>Recipients named in one report; a mail with more is not hard to find by these.</summary>
    public const int MaxRecipients = 100;
}

/// <summary>One line of LOG-27, without its frame: <c>RECV &lt;- EHLO pc</c>.</summary>
public readonly record struct DialogueLine(DateTimeOffset At, string Text);

using System.Collections.Immutable;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Store;

/// <summary>The states of QUEUE-6, in SQL an enum with the same words.</summary>
public enum RecipientState
{
    Queued,
    Delivering,
    Waiting,
    Held,
    Delivered,
    Failed,
}

/// <summary>A mail to be committed: one row in <c>mail</c>, one in <c>recipient</c> for each recipient.</summary>
public sealed record NewMail
{
    /// <summary>The mail's own fresh number.</summary>
    public required MessageId Id { get; init; }

    /// <summary>Printed name of a derived mail, for example <c>B0000000012-R0001-E001</c> (MSGID-5); null: that of <see cref="Id"/>.</summary>
    public string? Name { get; init; }
    public required string ReversePath { get; init; }

    /// <summary>Taken as <see cref="MailContent.Memory"/> when there, else streamed in chunks.</summary>
    public required MailContent Content { get; init; }

    public BodyType Body { get; init; }
    public bool SmtpUtf8 { get; init; }
    public bool Has8Bit { get; init; }
    public Ret Ret { get; init; }
    public string? EnvelopeId { get; init; }

    /// <summary>Who brought it, for the logs of chapter 08; null for mail this cluster made itself.</summary>
    public string? ClientAddress { get; init; }
    public int LocalPort { get; init; }
    public string? Helo { get; init; }
    public string? TlsVersion { get; init; }
    public string? AuthenticatedAs { get; init; }

    /// <summary>Received: headers on arrival, for the loop check of internal hand-overs (DELIV-14).</summary>
    public int ReceivedCount { get; init; }

    /// <summary>Empty only when all of the mail is held: then it is no mail of the queue yet.</summary>
    public required ImmutableArray<NewRecipient> Recipients { get; init; }

    /// <summary>What of it waits for an approval (APPROVE-68); null: nothing does.</summary>
    public NewHeldMail? Held { get; init; }
}

/// <summary>One recipient of a new mail. Its key in the queue is (mail number, ordinal).</summary>
/// <param name="Ordinal">0, 1, … in the order of RCPT.</param>
/// <param name="Destination">Key of the route (<c>Route.Destination</c>).</param>
/// <param name="Owned">True: inserted as 'delivering', owned by the accepting epoch, because it goes on in this node's window. False: 'queued', for whoever has room.</param>
public sealed record NewRecipient(short Ordinal, string ForwardPath, string Destination, bool Owned)
{
    public Notify Notify { get; init; }
    public string? OriginalRecipient { get; init; }

    /// <summary>For an unowned one: how long after acceptance it becomes due; zero is at once.</summary>
    public TimeSpan NotBefore { get; init; }
}

/// <summary>The key of a recipient in the queue.</summary>
public readonly record struct RecipientKey(long Mail, short Ordinal)
{
    /// <summary>Ordinals from here on are copies for the record (COPY-2), added by us behind those the client named.</summary>
    public const short FirstCopy = 16_384;

    public bool IsCopy => Ordinal >= FirstCopy;
}

/// <summary>A recipient this node's epoch has just come to own, with all that its delivery and its retry decision need.</summary>
public sealed record ClaimedRecipient
{
    public required RecipientKey Key { get; init; }
    public required string ForwardPath { get; init; }
    public required string Destination { get; init; }
    public Notify Notify { get; init; }
    public string? OriginalRecipient { get; init; }

    /// <summary>Attempts made so far.</summary>
    public int Attempts { get; init; }

    /// <summary>How many of them were refused with 5xx (RETRY-1).</summary>
    public int Refusals { get; init; }
    public FailureClass LastClass { get; init; }

    /// <summary>Reply of the last attempt; null before the first.</summary>
    public string? LastReply { get; init; }

    /// <summary>Database time since acceptance, at the claim.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>Database time since it became due, at the claim.</summary>
    public TimeSpan Overdue { get; init; }

    /// <summary>Database time since the first attempt, from which schedule and periods count (QUEUE-5, RETRY-8); null before the first.</summary>
    public TimeSpan? SinceFirstAttempt { get; init; }

    /// <summary>The delayed notice went out already (BOUNCE-9).</summary>
    public bool DelayNotified { get; init; }

    /// <summary>How often it had been claimed, this claim included; 0: owned since it was accepted. Its conclusion says it again.</summary>
    public int Turn { get; init; }

    /// <summary>An administrator wants it failed now: conclude as Failed without an attempt.</summary>
    public bool BounceNow { get; init; }

    public required QueuedMail Mail { get; init; }
}

/// <summary>The mail a recipient belongs to, without its content; shared by the recipients of one claim.</summary>
public sealed record QueuedMail
{
    public required MessageId Id { get; init; }

    /// <summary>Printed name of a derived mail; null: that of <see cref="Id"/>.</summary>
    public string? Name { get; init; }

    /// <summary>The name people and logs see.</summary>
    public string PrintedName => Name ?? Id.ToString();

    /// <summary>A notice, request or answer of approval: we wrote it, whoever stands in its MAIL FROM (APPROVE-317).</summary>
    public bool IsSystemMail => MessageId.TryParse(Name, out var name) && name.Suffix is ['-', 'S' or 'A' or 'N', ..];
    public required string ReversePath { get; init; }
    public long Size { get; init; }
    public BodyType Body { get; init; }
    public bool SmtpUtf8 { get; init; }
    public bool Has8Bit { get; init; }
    public Ret Ret { get; init; }
    public string? EnvelopeId { get; init; }

    /// <summary>Database time of acceptance.</summary>
    public DateTimeOffset AcceptedAt { get; init; }

    internal MailContent? ClaimedContent { private get; set; }

    /// <summary>Content that came with the claim because it is small; null: to be read when its turn comes. Given once, so that nobody but its new owner keeps it in memory.</summary>
    public MailContent? TakeContent()
    {
        var content = ClaimedContent;
        ClaimedContent = null;
        return content;
    }
}

/// <summary>How one attempt, or an administrator's act, ended for one recipient. Written by <see cref="QueueStore.RecordAsync"/>.</summary>
public sealed record Conclusion
{
    public required RecipientKey Key { get; init; }

    /// <summary>Of the claim that it concludes (<see cref="ClaimedRecipient.Turn"/>): of another turn nothing is changed. Null: whichever turn it is.</summary>
    public int? Turn { get; init; }

    /// <summary>Delivered or Failed: the row moves to <c>history</c>. Waiting: stays, with <see cref="RetryAfter"/>. Queued: given back untouched, no attempt counted.</summary>
    public required RecipientState State { get; init; }

    /// <summary>Delivered into this mailbox, by the same statement that records it (DELIV-10); null: not a local delivery.</summary>
    public MailboxPlace? IntoMailbox { get; init; }

    /// <summary>The recipient as delivered, where an alias replaced the one in the queue (ALIAS-4); null: unchanged.</summary>
    public string? ForwardPath { get; init; }

    /// <summary>Destination key in force at this attempt; differs from the stored one when routing changed (ROUTE-2).</summary>
    public string? Destination { get; init; }

    /// <summary>For Waiting: due this long after the first attempt (RETRY-8). For Queued: from now on.</summary>
    public TimeSpan RetryAfter { get; init; }

    public FailureClass Class { get; init; }

    /// <summary><c>550 5.1.1 User unknown</c>: code and text of the other side, or ours; at most 512 characters.</summary>
    public string Reply { get; init; } = "";

    /// <summary>Host name and address last talked to; null when it did not come to that.</summary>
    public string? RemoteHost { get; init; }
    public string? RemoteAddress { get; init; }
    public int RemotePort { get; init; }
    public string? TlsVersion { get; init; }

    /// <summary>What decided the route: <c>ROUTE-1 row 6</c>.</summary>
    public string Rule { get; init; } = "";

    /// <summary>Lines of the outbound session for senderlog; for a delivered recipient only kept while <c>log.senderlog</c> is long.</summary>
    public ImmutableArray<string> Dialogue { get; init; } = [];

    /// <summary>The remote may have the mail although we do not know (P4); written to the events as "possible duplicate".</summary>
    public bool PossibleDuplicate { get; init; }

    /// <summary>Concluded without talking to anybody (an administrator's bounce, a period that ended): no attempt is counted.</summary>
    public bool WithoutAttempt { get; init; }

    /// <summary>Set when this conclusion also records that the delayed notice was queued (BOUNCE-9).</summary>
    public bool DelayNotified { get; init; }
}

/// <summary>The mailbox a recipient's mail goes to.</summary>
/// <param name="Prefix">Header lines put in front of the content, each with its CRLF: <c>Return-Path:</c> (HDR-5); at most 4096 characters.</param>
/// <param name="Octets">Size of the mail: how long the copy may take.</param>
public sealed record MailboxPlace(long Account, string Prefix, long Octets = 0);

/// <summary>An error mail, delay notice or success notice, committed together with the conclusions it reports (P2).</summary>
/// <param name="About">Recipients it reports; it is queued only if at least one of them was concluded by the same statement.</param>
public sealed record Notice(NewMail Mail, ImmutableArray<RecipientKey> About);

/// <summary>What a conclusion batch did.</summary>
/// <param name="Late">Recipients this epoch no longer owned: nothing was changed for them (P4).</param>
public sealed record RecordResult(ImmutableArray<RecipientKey> Late);

/// <summary>This epoch was fenced: another node has taken its rows over. Nothing was written.</summary>
public sealed class EpochFencedException(long epoch) : Exception($"Epoch {epoch} is fenced: its recipients belong to other nodes now.")
{
    public long Epoch => epoch;
}

namespace ClusterMail.Admin.Contract;

/// <summary><c>trace</c>. Query: <c>q=</c> a mail number, an address, or the IP address of a client that was refused; <c>since=</c>, <c>until=</c>; <c>limit=</c> mails (default 20, at most 200).</summary>
/// <param name="More">There are more mails than the limit allowed; narrow the time.</param>
/// <param name="Refusals">What was refused before it got a number (LOG-14), newest first; for an address, and for a client's IP.</param>
public sealed record TraceResult(IReadOnlyList<MailTrace> Mails, bool More, IReadOnlyList<TraceRefusal> Refusals)
{
    /// <summary>What of it was held for approval; for a number: HoldId, number of the mail, or new number of the decision (APPROVE-322).</summary>
    public IReadOnlyList<HeldMail> Held { get; init; } = [];

    /// <summary>Databases of the queue that did not answer, in a sentence; what they have is not among <see cref="Mails"/>.</summary>
    public IReadOnlyList<string> Missing { get; init => field = value ?? []; } = [];
}

/// <summary>A transaction that was refused or broken off before it got a number.</summary>
/// <param name="Sender">Null: no MAIL was said.</param>
/// <param name="Reply">The refusal that decided; empty: it was broken off.</param>
public sealed record TraceRefusal(
    DateTimeOffset At, string Node, string Session, string Client, int Port, string Helo, string? Sender, IReadOnlyList<string> Recipients, string Reply, string Rule,
    IReadOnlyList<string> Lines);

/// <summary>The whole story of one mail, oldest step first, over all nodes.</summary>
/// <param name="Sender">Empty for generated mail.</param>
/// <param name="About">Number of the mail this one reports or derives from; null: none.</param>
public sealed record MailTrace(string Id, string Sender, DateTimeOffset AcceptedAt, long Size, string? About, IReadOnlyList<TraceRecipient> Recipients, IReadOnlyList<TraceStep> Steps);

/// <param name="State">queued, delivering, waiting, held, delivered, failed, deleted.</param>
public sealed record TraceRecipient(int Ordinal, string Recipient, string Destination, string State, int Attempts, DateTimeOffset? EndedAt, DateTimeOffset? NextTry, string? Reply);

/// <param name="What"><c>connect</c>, <c>dialogue</c>, <c>refused</c>, <c>accepted</c>, <c>attempt</c>, <c>delivered</c>, <c>failed</c>, <c>deleted</c>, <c>waiting</c>, <c>held</c>, <c>event</c>, <c>notice</c>.</param>
/// <param name="Lines">Dialogue, where it was kept.</param>
public sealed record TraceStep(DateTimeOffset At, string? Node, string What, string? Recipient, string Text, IReadOnlyList<string> Lines);

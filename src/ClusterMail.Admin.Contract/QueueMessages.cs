namespace ClusterMail.Admin.Contract;

/// <summary><c>queue summary</c>: one row per destination, most waiting first. Query: <c>limit=</c> (default 100, at most 1000).</summary>
/// <param name="Recipients">Of all destinations.</param>
public sealed record QueueSummary(long Mails, long Recipients, long Destinations, IReadOnlyList<DestinationSummary> Rows)
{
    /// <summary>Databases of the queue that did not answer, in a sentence; what they have is not counted.</summary>
    public IReadOnlyList<string> Missing { get; init => field = value ?? []; } = [];
}

/// <param name="LastReply">Of the attempt made last to this destination; null before the first.</param>
/// <param name="DownUntil">The destination answered nothing and is left alone until then; null: not down.</param>
/// <param name="Limit">Connections allowed at once over the whole cluster; null: not known to the answering node.</param>
public sealed record DestinationSummary(
    string Destination, long Count, long Delivering, long Held, DateTimeOffset Oldest, DateTimeOffset? NextTry, string? LastReply, DateTimeOffset? DownUntil, int? Limit);

/// <summary>
/// <c>queue list</c>. Query: <c>destination=</c>, <c>sender=</c>, <c>recipient=</c> (whole address, or <c>@domain</c>), <c>state=</c>, <c>node=</c>,
/// <c>olderThan=</c> (seconds), <c>limit=</c> (default 50, at most 1000), <c>after=</c> (the <see cref="Next"/> of the page before).
/// </summary>
public sealed record QueuePage(IReadOnlyList<QueueEntry> Entries, string? Next)
{
    /// <summary>Databases of the queue that did not answer, in a sentence; what they have is not listed.</summary>
    public IReadOnlyList<string> Missing { get; init => field = value ?? []; } = [];
}

/// <summary>One recipient that waits.</summary>
/// <param name="Id">Mail number with suffix, as logs and headers show it.</param>
/// <param name="State">queued, delivering, waiting, held.</param>
/// <param name="Node">Owner; null when unowned.</param>
public sealed record QueueEntry(
    string Id, int Ordinal, string Sender, string Recipient, string Destination, string State, int Attempts, DateTimeOffset AcceptedAt, DateTimeOffset? NextTry,
    string? LastReply, string? Node, long Size);

/// <summary><c>queue show ID</c>.</summary>
public sealed record QueueMail(
    string Id, string Sender, long Size, DateTimeOffset AcceptedAt, string? AcceptedBy, string? ClientAddress, string? Helo, string? AuthenticatedAs,
    string? TlsVersion, string? EnvelopeId, IReadOnlyList<QueueEntry> Recipients)
{
    /// <summary>Database of the queue it is in; null: there is only one.</summary>
    public string? Shard { get; init; }
}

/// <summary><c>queue why ID</c>: why is it still here?</summary>
/// <param name="Receive">Cluster-wide switches; a delivery switch that is off explains everything.</param>
/// <param name="Next">What to type next.</param>
public sealed record QueueWhy(string Id, string Sender, DateTimeOffset AcceptedAt, SwitchWord Receive, SwitchWord Deliver, IReadOnlyList<RecipientWhy> Recipients, IReadOnlyList<string> Next);

/// <param name="Because">One sentence.</param>
/// <param name="OwnerSwitch">Delivery switch in force on the owner; null when unowned.</param>
/// <param name="FirstTry">From which the periods of RETRY-2 and RETRY-3 count; null before the first.</param>
public sealed record RecipientWhy(
    int Ordinal, string Recipient, string Destination, string State, string Because, string? Node, SwitchWord? OwnerSwitch, int Attempts, DateTimeOffset? FirstTry,
    DateTimeOffset? LastTry, DateTimeOffset? NextTry, string? LastReply, string? LastClass, DateTimeOffset? DestinationDownUntil, string? DestinationReply,
    int? Limit, long DestinationCount);

/// <summary>
/// Which recipients an act of <c>queue retry|hold|release|bounce|delete</c> is about. All that is given must hold; an empty selection is refused unless <see cref="All"/>.
/// </summary>
public sealed record QueueSelection
{
    /// <summary>Mail numbers; at most 1000.</summary>
    // A body without this member sets it to null: generated JSON readers know no initial values of init properties.
    public IReadOnlyList<string> Ids { get; init => field = value ?? []; } = [];
    public string? Destination { get; init; }

    /// <summary>Whole address, compared without case; <c>&lt;&gt;</c> is the null path. So is <see cref="Recipient"/>. For a whole domain use <see cref="Destination"/>.</summary>
    public string? Sender { get; init; }
    public string? Recipient { get; init; }
    public bool All { get; init; }

    /// <summary>Goes into the event and, for delete, into the history. At most 200 characters.</summary>
    public string? Reason { get; init; }
}

/// <param name="Changed">Recipients changed.</param>
/// <param name="Skipped">Recipients that were selected but are just being delivered, or in a state the act does not apply to.</param>
/// <param name="Message">One line for the terminal.</param>
public sealed record QueueActResult(int Changed, int Skipped, string Message);

/// <summary>A queued mail as the original's pair of files (QUEUE-3, QUEUE-7).</summary>
/// <param name="Message">The .MSG file: headers and body, byte for byte, in base64 on the wire.</param>
/// <param name="Envelope">The .RCP file.</param>
public sealed record MailPair(string Id, byte[] Message, string Envelope)
{
    /// <summary>What another installation's queue knew of it; such a pair is queued once, however often it is sent. Null: a new mail each time.</summary>
    public MailPairState? State { get; init; }
}

/// <param name="QueuedAt">When it was taken there; periods and schedule count from here (RETRY-8).</param>
/// <param name="Attempts">Made there.</param>
/// <param name="LastReply">Of the last attempt, its code first; null: none.</param>
public sealed record MailPairState(DateTimeOffset QueuedAt, int Attempts = 0, string? LastReply = null);

/// <param name="Id">Number the mail got here.</param>
public sealed record ImportResult(string Id, int Recipients)
{
    /// <summary>It was imported before, and is not queued again.</summary>
    public bool Present { get; init; }
}

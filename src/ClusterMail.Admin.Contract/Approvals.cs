namespace ClusterMail.Admin.Contract;

/// <summary><c>approval status</c>.</summary>
/// <param name="Enabled">The master switch (APPROVE-2).</param>
/// <param name="Open">Held mails nobody has decided on.</param>
/// <param name="OldestOpen">Null: none is open.</param>
/// <param name="Sealed">Contents at rest are encrypted (APPROVE-71); false: the node's file names no key.</param>
/// <param name="Jobs">Releases and notices that are still to be done.</param>
/// <param name="Unchained">Entries of the audit that wait for their hash.</param>
/// <param name="AuditRecords">Length of the chain.</param>
/// <param name="AuditHash">Of its last record; to be noted outside.</param>
public sealed record ApprovalStatus(
    bool Enabled, long Open, DateTimeOffset? OldestOpen, bool Sealed, int Jobs, double OldestJobSeconds, int Unchained, double OldestUnchainedSeconds, long AuditRecords,
    string AuditHash, IReadOnlyDictionary<string, long> States);

/// <summary><c>approval overview</c> (APPROVE-93).</summary>
/// <param name="Policies">Of the system, of domains, of accounts.</param>
/// <param name="Proxies">In force now.</param>
/// <param name="Busy">Approvers with many undecided mails, most first; at most 200.</param>
public sealed record ApprovalOverview(IReadOnlyList<OverviewPolicy> Policies, IReadOnlyList<ProxyEntry> Proxies, IReadOnlyList<BusyApprover> Busy);

/// <param name="Level"><c>system</c>, <c>domain</c> or <c>account</c>.</param>
/// <param name="Holds">Lines with mode 1 or 2.</param>
/// <param name="Refuses">Lines with mode -1.</param>
/// <param name="Sends">Lines with mode 0.</param>
/// <param name="Approvers">As the lines name them; groups with their at sign.</param>
/// <param name="Missing">Those of them who are no account, or suspended, and groups with nobody in them.</param>
/// <param name="WithoutApprover">Lines with a stage that nobody is left in: fallback approvers and administrators are asked instead.</param>
public sealed record OverviewPolicy(
    string Level, string Owner, long Version, int Holds, int Refuses, int Sends, IReadOnlyList<string> Approvers, IReadOnlyList<string> Missing, IReadOnlyList<int> WithoutApprover);

/// <param name="Waiting">Undecided mails that wait for him.</param>
public sealed record BusyApprover(string Address, long Waiting, DateTimeOffset Oldest);

/// <summary><c>approval list</c>, oldest first. Query: <c>state=</c> (a state, <c>open</c>, <c>final</c>), <c>sender=</c>, <c>approver=</c>, <c>recipient=</c>, <c>older=</c> seconds, <c>policy=</c>, <c>after=</c>, <c>limit=</c>.</summary>
/// <param name="More">There are more; go on with <c>after=</c> the last id.</param>
public sealed record HeldList(IReadOnlyList<HeldEntry> Mails, bool More);

/// <param name="State">HELD, ESCALATED, APPROVED, REJECTED, EXPIRED, ADMIN_RELEASED, ADMIN_DISCARDED, WITHDRAWN, SENT.</param>
/// <param name="Waiting">Approvers who are asked and have not voted; the sender of a mail that waits for his own word, or a delay.</param>
/// <param name="DecidedBy">Null while it is open.</param>
public sealed record HeldEntry(
    string Id, string State, string Sender, IReadOnlyList<string> Recipients, string Subject, long Size, DateTimeOffset HeldAt, DateTimeOffset? ExpiresAt,
    IReadOnlyList<string> Waiting, string? DecidedBy, DateTimeOffset? DecidedAt)
{
    /// <summary>One of <see cref="HeldModes"/>.</summary>
    public string Mode { get; init; } = HeldModes.Approval;
}

/// <summary><c>approval show</c>: everything about one group of a held mail.</summary>
/// <param name="Submission">Number of the mail; other groups of it are in <paramref name="Related"/>.</param>
/// <param name="Policy">Level, version and line that held it (APPROVE-24).</param>
/// <param name="ProbableDuplicateOf">APPROVE-88.</param>
public sealed record HeldMail(
    HeldEntry Mail, string Submission, IReadOnlyList<string> Related, string ReversePath, string MessageId, string Sha256, IReadOnlyList<string> Attachments,
    IReadOnlyList<string> SentAtOnce, IReadOnlyList<string> BlindRecipients, IReadOnlyList<string> Policy, IReadOnlyList<string> Reasons, string Note,
    string? ProbableDuplicateOf, HeldClient Client, int Stage, IReadOnlyList<HeldStage> Stages, HeldDecision? Decision, DateTimeOffset? ReleasedAt,
    IReadOnlyList<HeldJob> Jobs, IReadOnlyList<HeldEvent> Events)
{
    /// <summary>Who gets it too when it is released (APPROVE-514).</summary>
    public IReadOnlyList<HeldCopy> Copies { get; init; } = [];

    /// <summary>What approvers were told to look at twice: kind, then after a colon what was found (APPROVE-515).</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What the sender wrote for the approvers (APPROVE-502); empty: nothing.</summary>
    public string SenderNote { get; init; } = "";

    /// <summary>Approvers are asked then; null: they are, or there are none (APPROVE-513).</summary>
    public DateTimeOffset? AsksAt { get; init; }
}

/// <param name="Silent">The sender is not told.</param>
public sealed record HeldCopy(string Address, bool Silent);

/// <param name="Address">Null: made by this cluster.</param>
public sealed record HeldClient(string? Address, string? Helo, string? Tls, string? AuthenticatedAs, string Node);

/// <param name="Needed">Votes it needs.</param>
public sealed record HeldStage(int Number, int Needed, IReadOnlyList<HeldApprover> Approvers);

/// <param name="ProxyOf">Whom he stands for; null: nobody.</param>
/// <param name="Vote"><c>approve</c>, <c>reject</c>; null: none yet.</param>
public sealed record HeldApprover(string Address, string? ProxyOf, DateTimeOffset? AskedAt, DateTimeOffset? UndeliverableAt, string? Vote, DateTimeOffset? VotedAt);

/// <param name="By">Address; <c>admin:</c> and a name; <c>system</c>.</param>
/// <param name="Channel">mail, web, api, timer, admin.</param>
/// <param name="ResultId">The new number (APPROVE-312, APPROVE-313).</param>
public sealed record HeldDecision(string State, string By, string? ProxyOf, DateTimeOffset At, string Channel, string? Client, string? Auth, string Comment, string ResultId);

/// <param name="Mail">Number of the mail it put into the queue.</param>
public sealed record HeldJob(string Kind, string? To, DateTimeOffset MadeAt, DateTimeOffset? DoneAt, string? Mail, int Attempts, string? Trouble);

/// <param name="Seq">Of the audit; 0: not chained yet.</param>
/// <param name="Record">JSON as the audit keeps it (APPROVE-330).</param>
public sealed record HeldEvent(long Seq, DateTimeOffset At, string Record);

/// <summary>What is to be done with a held mail.</summary>
/// <param name="As">For approve, reject and withdraw: the account in whose name. For reassign: the approver who is replaced.</param>
/// <param name="To">For reassign: the approver who takes his place.</param>
/// <param name="Text">Comment, reason; release and discard need one (APPROVE-91).</param>
public sealed record HeldAct(string? As = null, string? To = null, string? Text = null);

/// <param name="Result">OK, VOTE, LATE, DUPLICATE, … (APPROVE-89).</param>
/// <param name="Done">It had its effect.</param>
public sealed record HeldActResult(string Id, bool Done, string Result, string State, string Text);

/// <summary>代理承認者.</summary>
public sealed record ProxyList(IReadOnlyList<ProxyEntry> Proxies);

/// <param name="From">Null: already.</param>
/// <param name="Until">Null: until it is cleared.</param>
public sealed record ProxyEntry(string Approver, string Proxy, DateTimeOffset? From, DateTimeOffset? Until, bool InForce, DateTimeOffset SetAt, string SetBy, string Reason);

public sealed record ProxySet(string Proxy, DateTimeOffset? From = null, DateTimeOffset? Until = null, string? Reason = null);

/// <summary>Policies of domains and accounts; that of the whole system is the destination table.</summary>
public sealed record PolicyList(IReadOnlyList<PolicyEntry> Policies);

/// <param name="Owner">Account or domain.</param>
/// <param name="Draft">Saved with errors, not in force (APPROVE-25).</param>
public sealed record PolicyEntry(string Level, string Owner, long Version, DateTimeOffset SavedAt, string SavedBy, string Comment, bool Draft, int Lines);

/// <param name="Version">0: nothing was ever saved.</param>
public sealed record PolicyText(string Level, string Owner, long Version, string Text, bool Draft);

public sealed record PolicyHistory(string Level, string Owner, IReadOnlyList<PolicyRevision> Versions);

public sealed record PolicyRevision(long Version, DateTimeOffset SavedAt, string SavedBy, string Comment, bool Draft, string Text);

/// <param name="Base">Version the change was made on; another one meanwhile is a conflict (APPROVE-235). Null: whatever is newest is replaced.</param>
/// <param name="Draft">Save although there are errors, without putting it in force (APPROVE-25).</param>
public sealed record PolicySave(string Text, long? Base = null, string? Comment = null, bool Draft = false);

/// <param name="Version">0: it was only checked.</param>
/// <param name="Notes">Warnings, each with its line and rule.</param>
public sealed record PolicySaved(long Version, bool Draft, IReadOnlyList<string> Notes);

/// <summary><c>approval policy whatif</c>: what would have become of the mails of a span (APPROVE-520). POST of a <see cref="PolicySave"/>; query: <c>from=</c>, <c>until=</c>, at most a day apart.</summary>
/// <param name="Mails">Of our accounts; each is in one of the next four numbers, the strictest of its recipients.</param>
/// <param name="DependsOnContent">A line asks for subject, attachment or size, which are not kept.</param>
/// <param name="Approvers">How many mails each would have been asked about.</param>
/// <param name="Notes">Warnings of the check.</param>
public sealed record PolicyWhatIfResult(
    long Mails, long Sent, long Held, long Refused, long DependsOnContent, IReadOnlyDictionary<string, long> Approvers, IReadOnlyList<string> Notes);

/// <summary>Keyword lists (APPROVE-42), of the whole system or of one account.</summary>
public sealed record KeywordLists(IReadOnlyList<KeywordEntry> Lists);

/// <param name="Owner">Null: the whole system.</param>
public sealed record KeywordEntry(string Name, string Text, string? Owner = null);

public sealed record ApproverGroups(IReadOnlyList<ApproverGroupEntry> Groups);

public sealed record ApproverGroupEntry(string Name, IReadOnlyList<string> Members);

/// <summary><c>approval audit verify</c>.</summary>
/// <param name="Records">Good ones from the first on.</param>
/// <param name="Hash">Of the last good one.</param>
/// <param name="BrokenAt">First broken record; null: the chain is whole.</param>
public sealed record AuditCheck(bool Whole, long Records, string Hash, long? BrokenAt, string? Fault);

/// <summary>That something small was saved or removed.</summary>
public sealed record ApprovalDone(string Text);

namespace ClusterMail.Admin.Contract;

/// <summary>What an account's mailbox holds (05 D). Everything 0 before its first mail.</summary>
/// <param name="Address">The account's own address.</param>
/// <param name="Limit">Octets it may hold, its own limit or <c>mailbox.max_bytes</c>; 0: unlimited (QUOTA-1).</param>
/// <param name="Kept"><c>here</c>, or the mail store its mail goes to instead: <c>lmtp:host:port</c>.</param>
public sealed record MailboxStatus(string Address, string Kept, long Limit, long Octets, long Messages, IReadOnlyList<MailboxFolderStatus> Folders);

/// <param name="Name">Levels separated by <c>/</c>.</param>
public sealed record MailboxFolderStatus(string Name, long Messages, long Octets, long UidValidity, long UidNext);

/// <summary>
/// The head of one message of an export: a line of JSON, then <see cref="Size"/> octets of content with CRLF line ends, then the head of the next. The export has
/// ended after the last message; one that breaks off ends as HTTP says a broken answer ends.
/// </summary>
/// <param name="Flags">Of <c>D F R S T</c> as a Maildir writes them, in this order: draft, flagged, answered, seen, deleted.</param>
public sealed record ExportedMessage(string Folder, long UidValidity, long Uid, string Flags, DateTimeOffset At, long Size);

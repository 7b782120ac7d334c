namespace ClusterMail.Admin.Contract;

/// <summary>
/// POST: which of these files were imported before, so that they need not be sent again. At most 1000. Of a message of a mailbox the SHA-256 of its octets; of a pair of the queue
/// that of the envelope's text in UTF-8 followed by the content. In hexadecimal.
/// </summary>
public sealed record ImportedQuestion(IReadOnlyList<ImportedFile> Files);

/// <param name="Folder">Of the mailbox; null: a pair of the queue.</param>
public sealed record ImportedFile(string Hash, string? Folder = null);

/// <param name="Known">In the order of the question; empty: there is no such account.</param>
public sealed record ImportedAnswer(IReadOnlyList<bool> Known);

/// <summary>
/// POST of one message into a mailbox: its octets as body, at most 2 GiB. Query: <c>folder=</c> (default INBOX, levels separated by <c>/</c>), <c>flags=</c> (of <c>D F R S T</c>),
/// <c>at=</c> (when it arrived), <c>sender=</c> (without brackets). Size limits are not asked.
/// </summary>
/// <param name="Uid">Its number in the folder; null: the same octets were imported into this folder before, and nothing was written.</param>
public sealed record MessageImported(string Address, string Folder, long? Uid);

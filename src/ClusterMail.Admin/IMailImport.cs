namespace ClusterMail.Admin;

/// <summary>Puts a mail that did not come over SMTP into the queue (QUEUE-7): no policy, the present routes, committed when it returns.</summary>
public interface IMailImport
{
    Task<ImportedMail> ImportAsync(MailToImport mail, CancellationToken cancel);
}

/// <param name="Sender">Without brackets; empty: the null reverse-path.</param>
public sealed record MailToImport(string Sender, IReadOnlyList<string> Recipients, ReadOnlyMemory<byte> Content)
{
    /// <summary>What the original's queue knew of it; null: it is a new mail.</summary>
    public Store.ImportedQueueMail? State { get; init; }
}

/// <param name="Id">The number it got.</param>
/// <param name="Present">It was imported before, under that number, and is not queued again.</param>
public sealed record ImportedMail(string Id, bool Present = false);

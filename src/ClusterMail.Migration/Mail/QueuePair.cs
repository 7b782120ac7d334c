using ClusterMail.Migration.Source;
using ClusterMail.Protocol;

namespace ClusterMail.Migration.Mail;

/// <summary>A mail of the original's queue: content and one envelope (QUEUE-2, QUEUE-7). A mail that waits for several domains has an envelope for each.</summary>
/// <param name="Id">As the original numbered it, from the file's name.</param>
/// <param name="Retry">How often it was tried; null: not yet.</param>
public sealed record QueuePair(string Id, SourceFile Message, SourceFile Envelope, EnvelopeRecord Content, RetryRecord? Retry)
{
    /// <summary>Of the envelope.</summary>
    public required IReadOnlyList<TextLine> Lines { get; init; }

    /// <summary>The envelope in UTF-8, as the farm reads it.</summary>
    public string EnvelopeText => string.Concat(Lines.Select(line => line.Text + "\r\n"));

    /// <summary>When the original took it: as its own Received: says, else the time of the file.</summary>
    public DateTimeOffset QueuedAt => new MailboxFile(Message, "", "", "", "").Arrival().At;
}

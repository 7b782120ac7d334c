using System.Text;

namespace ClusterMail.Protocol;

/// <summary>The original's envelope file (.RCP, QUEUE-3). Pure.</summary>
public static class EnvelopeFile
{
    private const string MessageIdField = "Message-ID: ";
    private const string ReturnPathField = "Return-path: ";
    private const string RecipientField = "Recipient: ";
    private const int MostRecipients = 10_000;

    /// <param name="fullId"><c>B0000000012@host</c>.</param>
    /// <param name="sender">Without brackets; empty: the null path.</param>
    public static string Write(string fullId, string sender, IEnumerable<string> recipients)
    {
        var text = new StringBuilder().Append(MessageIdField).Append('<').Append(fullId).Append(">\r\n").Append(ReturnPathField).Append(sender).Append("\r\n");
        foreach (var recipient in recipients)
            text.Append(RecipientField).Append(recipient).Append("\r\n");
        return text.ToString();
    }

    /// <summary>The old number is not taken over: numbers of two installations may be the same.</summary>
    public static (EnvelopeRecord? Envelope, EnvelopeFault? Fault) Read(string text)
    {
        string? sender = null;
        var recipients = new List<string>();
        var retry = new List<string>();
        var number = 0;
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd('\r')))
        {
            number++;
            if (RetryRecord.IsField(line))
            {
                retry.Add(line);
                continue;
            }
            if (line.Length == 0 || line.StartsWith(MessageIdField, StringComparison.OrdinalIgnoreCase))
                continue;
            if (Value(line, ReturnPathField) is { } path && sender is null)
                sender = path;
            else if (Value(line, RecipientField) is { Length: > 0 } recipient)
                recipients.Add(recipient);
            else
                return (null, new(number, "is neither Message-ID:, one Return-path: nor Recipient:"));
            if (line.Length > 400 || line.Any(char.IsControl))
                return (null, new(number, "is too long or holds a control character"));
        }
        return sender is null ? (null, new(number, "Return-path: is missing"))
            : recipients.Count is 0 or > MostRecipients ? (null, new(number, $"must have from 1 to {MostRecipients} Recipient: lines"))
            : (new(sender, recipients) { Retry = retry.Count == 0 ? null : RetryRecord.Read(retry).Record }, null);
    }

    // The last blank of "Return-path: " is lost where an editor trims lines.
    private static string? Value(string line, string field) =>
        line.StartsWith(field.TrimEnd(), StringComparison.OrdinalIgnoreCase) ? line[field.TrimEnd().Length..].Trim().TrimStart('<').TrimEnd('>') : null;
}

/// <param name="Sender">Without brackets; empty: the null path.</param>
public sealed record EnvelopeRecord(string Sender, IReadOnlyList<string> Recipients)
{
    /// <summary>Where the original wrote it into the envelope (QUEUE-4); null: it did not.</summary>
    public RetryRecord? Retry { get; init; }
}

/// <param name="Line">From 1.</param>
public sealed record EnvelopeFault(int Line, string Message);

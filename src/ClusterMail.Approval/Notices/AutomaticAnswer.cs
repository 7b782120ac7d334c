using MimeKit;

namespace ClusterMail.Approval.Notices;

/// <summary>Out-of-office answers and receipts that come back to our notices are ignored (APPROVE-103): they answer a machine.</summary>
public static class AutomaticAnswer
{
    /// <param name="headers">Of a mail that one of our notices might have caused.</param>
    /// <param name="hostName">The one our Message-IDs end with.</param>
    public static bool IsTo(HeaderList headers, string hostName)
    {
        var isAutomatic = headers["Auto-Submitted"] is { } submitted && !submitted.Trim().StartsWith("no", StringComparison.OrdinalIgnoreCase)
            || headers["X-Autoreply"] is not null || headers["X-Auto-Response-Suppress"] is not null;
        return isAutomatic && Refers(headers[HeaderId.InReplyTo], hostName);
    }

    private static bool Refers(string? inReplyTo, string hostName) =>
        inReplyTo is not null && inReplyTo.TrimEnd().EndsWith($"@{hostName}>", StringComparison.OrdinalIgnoreCase)
        && Enum.GetValues<NoticeKind>().Any(kind => inReplyTo.Contains($".{kind.Word()}.", StringComparison.Ordinal));
}

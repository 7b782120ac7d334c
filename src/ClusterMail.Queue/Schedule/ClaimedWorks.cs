using ClusterMail.Protocol;
using ClusterMail.Queue.Lease;
using ClusterMail.Routing;
using ClusterMail.Store;

namespace ClusterMail.Queue.Schedule;

/// <summary>Makes works of claimed recipients: those of one mail that go the same way share a work, up to what one SMTP transaction takes (OUT-1).</summary>
internal static class ClaimedWorks
{
    public static IEnumerable<Work> Of(DispatcherParts parts, EpochLease lease, IEnumerable<ClaimedRecipient> recipients) =>
        recipients.GroupBy(recipient => recipient.Key.Mail).SelectMany(mail => OfOneMail(parts, lease, [.. mail]));

    private static IEnumerable<Work> OfOneMail(DispatcherParts parts, EpochLease lease, ClaimedRecipient[] recipients)
    {
        var mail = recipients[0].Mail;
        var reverse = ReversePath.FromStored(mail.ReversePath);
        var options = parts.Options();
        // ROUTE-2: routing is evaluated again at each attempt, so a corrected gateway line takes effect for waiting mail.
        // In the order of RCPT: of several addresses that are one delivery the first stands (ALIAS-12).
        var groups = recipients.OrderBy(recipient => recipient.Key.Ordinal)
            .Select(recipient => (Recipient: recipient, Route: parts.Route(reverse, Mailbox.FromStored(recipient.ForwardPath), mail.IsSystemMail)))
            .GroupBy(one => (one.Route, one.Recipient.BounceNow), SameWay.Instance)
            .SelectMany(group => group.Chunk(options.RecipientsFor(group.Key.Route)).Select(chunk => (group.Key.Route, Chunk: chunk)))
            .ToArray();
        var window = parts.WindowOf(lease);
        var content = mail.TakeContent() is { } small && window.TryReserveClaimed(small.Length) ? small : null;
        var share = new ContentShare(content, content?.Length ?? 0, groups.Length, window);
        return groups.Select(group => new Work
        {
            Mail = mail,
            Route = group.Route,
            Recipients = [.. group.Chunk.Select(one => one.Recipient)],
            Ways = [.. group.Chunk.Select(one => one.Route)],
            Content = share,
            Lease = lease,
        });
    }

    private sealed class SameWay : IEqualityComparer<(Route Route, bool BounceNow)>
    {
        public static readonly SameWay Instance = new();

        public bool Equals((Route Route, bool BounceNow) x, (Route Route, bool BounceNow) y) =>
            x.BounceNow == y.BounceNow && string.Equals(x.Route.Destination, y.Route.Destination, StringComparison.Ordinal);

        public int GetHashCode((Route Route, bool BounceNow) key) => StringComparer.Ordinal.GetHashCode(key.Route.Destination);
    }
}

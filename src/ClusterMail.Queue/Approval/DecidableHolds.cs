using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>Held groups as the checks of a decision see them, by mail and on the page (APPROVE-164).</summary>
internal static class DecidableHolds
{
    /// <summary>Who may decide now: those who are asked, their principals, and proxies in force (APPROVE-206).</summary>
    public static DecidableHold Of(HoldRow row, ApproverRegister register, DateTimeOffset now)
    {
        var deciders = row.Approvers.SelectMany(IEnumerable<Mailbox?> (approver) =>
        [
            Mailbox.FromStored(approver.Address),
            approver is { Principal: { } principal, PrincipalDecides: true } ? Mailbox.FromStored(principal) : null,
            register.ProxyOf(Mailbox.FromStored(approver.Address), now)?.Proxy,
        ]).OfType<Mailbox>();
        return new DecidableHold
        {
            Hold = new HoldId(row.Id),
            Requester = Mailbox.FromStored(row.Requester),
            IssuedLists = row.Lists,
            Deciders = [.. deciders],
            ContentSha256 = Convert.ToHexStringLower(row.Mail.Sha256),
            Outcome = row.IsOpen ? null : HeldStates.StatusOf(row.State).IsReleasing() ? Verb.Approve : Verb.Reject,
        };
    }
}

/// <summary>Locks after wrong attempts (APPROVE-86), as the database has counted them over all nodes.</summary>
internal static class AttemptLocks
{
    /// <param name="keys">Kind and key of what is asked for, as <see cref="HoldDesk.Keys"/> writes them.</param>
    public static async Task<bool> IsLockedAsync(this HoldStore store, IReadOnlyList<(string Kind, string Key)> keys, CancellationToken cancel)
    {
        var (failures, now) = await store.FailuresAsync(keys, LockRule.Memory, cancel).ConfigureAwait(false);
        return failures.GroupBy(failure => failure.Kind).Any(kind => LockRule.LockedUntil([.. kind.Select(failure => failure.At).Order()], now) is not null);
    }
}

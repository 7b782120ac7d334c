using ClusterMail.Migration.Mail;
using ClusterMail.Migration.Profiles;
using ClusterMail.Migration.Tables;
using ClusterMail.Migration.Users;

namespace ClusterMail.Migration;

/// <summary>What a tree of the original would change in the farm, and what becomes of each of its lines. Nothing is done yet.</summary>
public sealed record EpostPlan
{
    public required FindingLog Log { get; init; }

    /// <summary>Settings to be saved as one version, by name.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>By setting, the findings that speak of it.</summary>
    public required IReadOnlyDictionary<string, List<int>> SettingFindings { get; init; }

    /// <summary>Operated domains that are imported, in their order.</summary>
    public required IReadOnlyList<string> Domains { get; init; }
    public required IReadOnlyList<PlannedAccount> Accounts { get; init; }
    public required IReadOnlyList<PlannedAlias> Aliases { get; init; }
    public required IReadOnlyList<PlannedTables> Tables { get; init; }

    /// <summary>Keyword lists of approval that lines of sender.dat point to (APPROVE-95).</summary>
    public required IReadOnlyList<PlannedKeywords> Keywords { get; init; }

    /// <summary>Messages of mailboxes, those with flags first, account by account.</summary>
    public required IReadOnlyList<MailboxFile> Mailboxes { get; init; }
    public required IReadOnlyList<QueuePair> Queue { get; init; }

    /// <summary>The last mail number of the original and its finding; null: not told (MSGID-3).</summary>
    public required (long Number, int Finding)? LastNumber { get; init; }

    /// <summary>Where the farm will behave differently (ADMIN-53).</summary>
    public required IReadOnlyList<ProfileDifference> Differences { get; init; }
}

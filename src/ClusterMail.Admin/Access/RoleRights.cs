using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin.Access;

/// <summary>ADMIN-12 as a table. A role that is not here has no right at all.</summary>
internal static class RoleRights
{
    private static readonly Dictionary<string, IReadOnlySet<Right>> Rights = new(StringComparer.Ordinal)
    {
        [RoleNames.ClusterAdministrator] = Enum.GetValues<Right>().Where(right => right != Right.OnlyOwn).ToHashSet(),
        [RoleNames.DomainAdministrator] = Set(Right.ReadDirectory, Right.ChangeDirectory, Right.SetPassword),
        [RoleNames.Operator] = Set(Right.ReadCluster, Right.ReadQueue, Right.ReadLogs, Right.ReadDirectory, Right.ActOnQueue, Right.Drain),
        [RoleNames.Auditor] = Set(Right.ReadCluster, Right.ReadLogs, Right.ReadSettings, Right.ReadDirectory, Right.ReadAudit),
        [RoleNames.User] = Set(Right.SetPassword),
    };

    public static bool Has(string role, Right right) => Rights.TryGetValue(role, out var rights) && rights.Contains(right);

    private static HashSet<Right> Set(params Right[] rights) => [Right.Anyone, .. rights];
}

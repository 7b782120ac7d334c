using ClusterMail.Approval.Notices;

namespace ClusterMail.Queue.Approval;

/// <summary>What approvers are warned of, as the database keeps it: the kind, then after a colon what was found.</summary>
internal static class CaseWarnings
{
    public static string Store(CaseWarning warning) => warning.Detail.Length == 0 ? warning.Kind.ToString() : $"{warning.Kind}:{warning.Detail}";

    /// <summary>Null: a kind of a newer version.</summary>
    public static CaseWarning? Load(string stored)
    {
        var colon = stored.IndexOf(':', StringComparison.Ordinal);
        return Enum.TryParse<CaseWarningKind>(colon < 0 ? stored : stored[..colon], out var kind) ? new CaseWarning(kind, colon < 0 ? "" : stored[(colon + 1)..]) : null;
    }
}

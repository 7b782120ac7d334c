using ClusterMail.Approval.Policies;

namespace ClusterMail.Queue.Approval;

/// <summary>Why a line caught a mail, as the database keeps it: the kind, then after a colon what was found.</summary>
internal static class CatchReasons
{
    public static string Store(CatchReason reason) => reason.Found.Length == 0 ? reason.Kind.ToString() : $"{reason.Kind}:{reason.Found}";

    public static CatchReason Load(string stored)
    {
        var colon = stored.IndexOf(':', StringComparison.Ordinal);
        var kind = Enum.TryParse<CatchKind>(colon < 0 ? stored : stored[..colon], out var known) ? known : CatchKind.Unreadable;
        return new CatchReason(kind, colon < 0 ? "" : stored[(colon + 1)..]);
    }
}

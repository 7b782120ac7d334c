using ClusterMail.Approval.Holds;

namespace ClusterMail.Approval.Tokens;

/// <summary>
/// Lock-out after wrong attempts (APPROVE-86): ten within ten minutes for one HoldId, one client address or one claimed approver block further attempts of
/// that kind for thirty minutes. A function over the times of failures; whoever keeps them keeps each kind apart.
/// </summary>
public static class LockRule
{
    public const int Attempts = 10;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan Duration = TimeSpan.FromMinutes(30);

    /// <summary>How far back failures matter: a lock that began with the last of them may still hold.</summary>
    public static TimeSpan Memory => Window + Duration;

    /// <summary>Which results are failed attempts. One that met a lock is none, or a lock would never end; neither is a lost database.</summary>
    public static bool Counts(ResultCode code) => code is ResultCode.UnknownId or ResultCode.BadToken or ResultCode.LegacyTokenOff or ResultCode.NotApprover
        or ResultCode.SelfApproval or ResultCode.WrongTo or ResultCode.WrongPath;

    /// <param name="failures">Of one kind, oldest first; only those that count (<see cref="Counts"/>).</param>
    /// <returns>Until when; null: not locked at <paramref name="now"/>.</returns>
    public static DateTimeOffset? LockedUntil(IReadOnlyList<DateTimeOffset> failures, DateTimeOffset now)
    {
        for (var last = failures.Count - 1; last >= Attempts - 1; last--)
        {
            if (failures[last] - failures[last - Attempts + 1] > Window)
                continue;
            var until = failures[last] + Duration;
            return until > now ? until : null;
        }
        return null;
    }
}

namespace ClusterMail.Approval.Holds;

/// <summary>States of a hold group (section 8 of chapter 20). The numbers are stored in the database: never change them.</summary>
public enum HoldStatus : byte
{
    Held = 1,
    Escalated = 2,
    Approved = 3,
    Rejected = 4,
    Expired = 5,
    AdminReleased = 6,
    AdminDiscarded = 7,
    Withdrawn = 8,

    /// <summary>Left after its delay, or by its sender's own word: nobody approved it, and nobody had to (APPROVE-510 to APPROVE-512).</summary>
    Sent = 9,
}

/// <summary>What the states have in common.</summary>
public static class HoldStatuses
{
    /// <summary>Nobody has decided yet.</summary>
    public static bool IsOpen(this HoldStatus status) => status is HoldStatus.Held or HoldStatus.Escalated;

    /// <summary>No way leads out of it (APPROVE-65).</summary>
    public static bool IsFinal(this HoldStatus status) => !status.IsOpen();

    /// <summary>The mail leaves (T11).</summary>
    public static bool IsReleasing(this HoldStatus status) => status is HoldStatus.Approved or HoldStatus.AdminReleased or HoldStatus.Sent;

    /// <summary>As logs, API and audit write it: <c>HELD</c>, <c>ADMIN_RELEASED</c>.</summary>
    public static string Word(this HoldStatus status) => status switch
    {
        HoldStatus.AdminReleased => "ADMIN_RELEASED",
        HoldStatus.AdminDiscarded => "ADMIN_DISCARDED",
        _ => status.ToString().ToUpperInvariant(),
    };
}

using ClusterMail.Approval.Holds;

namespace ClusterMail.Approval.Notices;

/// <summary>Categories of the mail "no action taken" (APPROVE-119).</summary>
public enum NoActionReason
{
    AlreadyDecided,
    NotApprover,
    TextChanged,
    WrongAddress,
    OwnMail,
    WrongRecipient,
    Locked,
    OldForm,

    /// <summary>A rejection without a reason where one is required (APPROVE-144).</summary>
    ReasonMissing,

    /// <summary>The approver's stage is not asked yet, or has voted.</summary>
    NotNow,
}

public static class NoActionReasons
{
    /// <summary>
    /// Whether an attempt is answered, and how (APPROVE-85, APPROVE-119, APPROVE-150): only to an authenticated person; who is no approver of this mail hears
    /// one thing whatever was wrong, so that nothing can be probed.
    /// </summary>
    /// <param name="isApprover">The authenticated account may decide this mail.</param>
    /// <param name="isOtherAddress">The envelope sender was an address of somebody else than the account (APPROVE-155).</param>
    public static NoActionReason? For(ResultCode code, bool isAuthenticated, bool isApprover, bool isOtherAddress) => code switch
    {
        ResultCode.Ok or ResultCode.Vote or ResultCode.DbDown or ResultCode.WrongPath => null,
        _ when !isAuthenticated => null,
        ResultCode.SelfApproval => NoActionReason.OwnMail,
        _ when !isApprover => NoActionReason.NotApprover,
        ResultCode.Late or ResultCode.Duplicate => NoActionReason.AlreadyDecided,
        ResultCode.NotApprover => isOtherAddress ? NoActionReason.WrongAddress : NoActionReason.NotNow,
        ResultCode.WrongTo => NoActionReason.WrongRecipient,
        ResultCode.Locked => NoActionReason.Locked,
        ResultCode.LegacyTokenOff => NoActionReason.OldForm,
        ResultCode.NotAllowed => NoActionReason.ReasonMissing,
        _ => NoActionReason.TextChanged,
    };
}

/// <summary>"Already done" at most once in ten minutes for one approver and HoldId (APPROVE-84).</summary>
public static class RepeatPace
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    public static bool MayAnswer(DateTimeOffset? last, DateTimeOffset now) => last is not { } time || now - time >= Interval;
}

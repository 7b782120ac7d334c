namespace ClusterMail.Approval.Holds;

/// <summary>What became of an attempt, as the audit writes it (APPROVE-89). The numbers are stored in the database: never change them.</summary>
public enum ResultCode : byte
{
    /// <summary>It decided, or did what it said.</summary>
    Ok = 1,

    /// <summary>Counted, and others are still missing.</summary>
    Vote = 2,

    /// <summary>Too late: decided already, otherwise than asked.</summary>
    Late = 3,

    /// <summary>Done already, the same way.</summary>
    Duplicate = 4,
    UnknownId = 5,
    BadToken = 6,
    LegacyTokenOff = 7,
    NotApprover = 8,
    SelfApproval = 9,
    WrongTo = 10,
    WrongPath = 11,
    Locked = 12,
    NotAllowed = 13,
    Integrity = 14,
    DbDown = 15,
}

/// <summary>The words of the specification.</summary>
public static class ResultCodes
{
    /// <summary><c>OK</c>, <c>NOT_APPROVER</c>, <c>UNKNOWN_ID</c> and so on.</summary>
    public static string Word(this ResultCode code) => code switch
    {
        ResultCode.UnknownId => "UNKNOWN_ID",
        ResultCode.BadToken => "BAD_TOKEN",
        ResultCode.LegacyTokenOff => "LEGACY_TOKEN_OFF",
        ResultCode.NotApprover => "NOT_APPROVER",
        ResultCode.SelfApproval => "SELF_APPROVAL",
        ResultCode.WrongTo => "WRONG_TO",
        ResultCode.WrongPath => "WRONG_PATH",
        ResultCode.NotAllowed => "NOT_ALLOWED",
        ResultCode.DbDown => "DB_DOWN",
        _ => code.ToString().ToUpperInvariant(),
    };
}

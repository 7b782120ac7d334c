namespace ClusterMail.Queue.Tests.Model;

/// <summary>One step of the farm; each is indivisible, and between any two of them anything else may happen.</summary>
internal enum Move
{
    // of the whole
    Tick,
    DatabaseLost,
    DatabaseBack,

    // of a node
    Register,
    Renew,
    RenewalAnswered,
    Fence,
    FenceFormer,
    Leave,
    Crash,
    StartAgain,
    Pause,
    Resume,
    CutOff,
    Heal,

    // of a node and a mail
    SendAccept,
    RunAccept,
    AnswerAccept,
    LoseAcceptAnswer,
    SendClaim,
    RunClaim,
    AnswerClaim,
    LoseClaimAnswer,
    Dot,
    Take,
    TakeLate,
    Refuse,
    Hear250,
    BreakLine,
    GiveBack,
    Record,
    RecordAnswerLost,
    DropStatement,
    Reconcile,
}

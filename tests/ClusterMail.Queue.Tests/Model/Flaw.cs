namespace ClusterMail.Queue.Tests.Model;

/// <summary>A rule of the lease left out on purpose: the exploration has to find what breaks then.</summary>
internal enum Flaw
{
    None,

    /// <summary>An insert does not look at the epoch in its own transaction.</summary>
    AcceptWithoutEpoch,

    /// <summary>A claim does not.</summary>
    ClaimWithoutEpoch,

    /// <summary>An outcome is written by the key of the recipient alone.</summary>
    OutcomeByKeyAlone,

    /// <summary>An outcome compares its epoch, but not which turn of it this is.</summary>
    OutcomeOfAnyTurn,

    /// <summary>The node counts its lease from the answer to the renewal.</summary>
    RenewalFromItsEnd,

    /// <summary>The node counts the whole term by a clock that may be slow.</summary>
    NoGuard,

    /// <summary>An epoch is taken out of force while its lease runs.</summary>
    FenceTooEarly,

    /// <summary>An epoch is taken out of force, and its rows stay.</summary>
    FenceWithoutFreeing,

    /// <summary>What a dead node held is freed without a word of it.</summary>
    FenceUnrecorded,

    /// <summary>A lease that lapses does not cut what runs.</summary>
    NoCut,

    /// <summary>The client hears 250 before the commit.</summary>
    PromiseBeforeCommit,

    /// <summary>A line that breaks after the final dot is taken for a mail that did not arrive, and nobody is told.</summary>
    DoubtUnrecorded,

    /// <summary>A row leaves the queue when the attempt begins.</summary>
    EndBeforeOutcome,

    /// <summary>Nobody compares what the node owns with what it knows of.</summary>
    NoReconciling,
}

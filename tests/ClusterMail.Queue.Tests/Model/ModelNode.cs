namespace ClusterMail.Queue.Tests.Model;

internal enum Life
{
    Up,

    /// <summary>Stands still (SIGSTOP, a frozen machine): time passes, nothing of it moves.</summary>
    Paused,

    /// <summary>Works, but does not reach the database.</summary>
    CutOff,
    Down,
}

/// <summary>What a node does with one mail at the moment.</summary>
internal enum Hand
{
    None,

    /// <summary>The insert is on its way.</summary>
    AcceptSent,

    /// <summary>It is committed, the answer is on its way.</summary>
    AcceptDone,
    ClaimSent,
    ClaimDone,

    /// <summary>In its window, or talking to the other side already, before the final dot.</summary>
    Attempt,
    Dotted,

    /// <summary>The other side has it; its 250 is on its way.</summary>
    Taken,
}

/// <summary>What a node believes, and what it has in hand. <see cref="Valid"/> counts by its monotonic clock.</summary>
internal sealed class ModelNode(int mails)
{
    public Life Life;

    /// <summary>Its monotonic clock goes as much slower as the guard allows.</summary>
    public bool Slow;

    /// <summary>Ticks of the database's clock until it takes its lease for over.</summary>
    public int Valid;

    /// <summary>Renewals on their way: 0 none, else one more than the ticks since it began.</summary>
    public int Renewal;
    public Hand[] Hands { get; } = new Hand[mails];
    public int[] HandTurn { get; } = new int[mails];

    /// <summary>Outcomes that wait to be written, or whose answer was lost.</summary>
    public Ending[] Journal { get; } = new Ending[mails];
    public int[] JournalTurn { get; } = new int[mails];

    public bool Runs => Life is Life.Up or Life.CutOff;
    public bool Acts => Runs && Valid > 0;

    /// <summary>Statements that a dead node left behind in the database.</summary>
    public bool LeftStatements => Journal.Any(ending => ending != Ending.None) || Hands.Any(hand => hand is Hand.AcceptSent or Hand.ClaimSent);

    /// <summary>One that still waits for its answer was of an earlier turn, and changes nothing any more.</summary>
    public void Write(int mail, Ending ending) =>
        (Journal[mail], JournalTurn[mail], Hands[mail]) = (ending, HandTurn[mail], Hand.None);

    public void CopyFrom(ModelNode other)
    {
        (Life, Slow, Valid, Renewal) = (other.Life, other.Slow, other.Valid, other.Renewal);
        other.Hands.CopyTo(Hands, 0);
        other.HandTurn.CopyTo(HandTurn, 0);
        other.Journal.CopyTo(Journal, 0);
        other.JournalTurn.CopyTo(JournalTurn, 0);
    }
}

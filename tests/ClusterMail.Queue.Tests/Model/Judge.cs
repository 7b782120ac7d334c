namespace ClusterMail.Queue.Tests.Model;

internal enum RowState
{
    Absent,
    Free,
    Owned,
    Ended,
}

/// <summary>How an attempt ended, as its outcome tells it.</summary>
internal enum Ending
{
    None,
    Delivered,

    /// <summary>Given back: no attempt is counted.</summary>
    Back,

    /// <summary>The other side may have it: due again, with an event.</summary>
    Doubt,
}

/// <summary>
/// What PostgreSQL decides, as plain functions: epochs with their leases, and one row for each mail. Each function is one transaction of NodeStore or QueueStore;
/// <see cref="ConformanceTests"/> holds the two against each other. Time is counted in ticks of the database's clock.
/// </summary>
internal sealed class Judge(int epochs, int mails, Flaw flaw = Flaw.None)
{
    /// <summary>Length of a lease in ticks.</summary>
    public const int Term = 2;

    public const int OutOfForce = -1;
    public const int Nobody = -1;

    /// <summary>Ticks until the lease ends; 0: it has ended, anybody may fence it.</summary>
    public int[] Left { get; } = NewFilled(epochs, OutOfForce);
    public RowState[] Rows { get; } = new RowState[mails];
    public int[] Owner { get; } = NewFilled(mails, Nobody);

    /// <summary>How often the row was claimed: an outcome speaks of one turn.</summary>
    public int[] Turn { get; } = new int[mails];
    public int[] Attempts { get; } = new int[mails];

    /// <summary>An event says that the mail may arrive twice.</summary>
    public bool[] Noted { get; } = new bool[mails];

    public bool InForce(int epoch) => Left[epoch] != OutOfForce;

    public void Register(int epoch) => Left[epoch] = Term;

    public bool Renew(int epoch)
    {
        if (!InForce(epoch))
            return false;
        Left[epoch] = Term;
        return true;
    }

    public bool Accept(int epoch, int mail, bool owned)
    {
        if (!InForce(epoch) && flaw != Flaw.AcceptWithoutEpoch)
            return false;
        Rows[mail] = owned ? RowState.Owned : RowState.Free;
        Owner[mail] = owned ? epoch : Nobody;
        return true;
    }

    public bool Claim(int epoch, int mail)
    {
        if ((!InForce(epoch) && flaw != Flaw.ClaimWithoutEpoch) || Rows[mail] != RowState.Free)
            return false;
        (Rows[mail], Owner[mail]) = (RowState.Owned, epoch);
        Turn[mail]++;
        return true;
    }

    /// <returns>False: late, nothing was changed.</returns>
    public bool Record(int epoch, int mail, int turn, Ending ending)
    {
        if (Rows[mail] is RowState.Absent or RowState.Ended)
            return false;
        if (flaw != Flaw.OutcomeByKeyAlone && (!InForce(epoch) || Owner[mail] != epoch || (turn != Turn[mail] && flaw != Flaw.OutcomeOfAnyTurn)))
            return false;
        (Rows[mail], Owner[mail]) = (ending == Ending.Delivered ? RowState.Ended : RowState.Free, Nobody);
        Attempts[mail] += ending == Ending.Back ? 0 : 1;
        Noted[mail] |= ending == Ending.Doubt && flaw != Flaw.DoubtUnrecorded;
        return true;
    }

    /// <returns>False: it was renewed, or is out of force already.</returns>
    public bool Fence(int epoch)
    {
        if (!InForce(epoch) || (Left[epoch] > 0 && flaw != Flaw.FenceTooEarly))
            return false;
        Left[epoch] = OutOfForce;
        if (flaw != Flaw.FenceWithoutFreeing)
            Free(epoch, noted: flaw != Flaw.FenceUnrecorded);
        return true;
    }

    public void Leave(int epoch)
    {
        Left[epoch] = OutOfForce;
        Free(epoch, noted: false);
    }

    public void Tick()
    {
        for (var epoch = 0; epoch < Left.Length; epoch++)
            Left[epoch] = Left[epoch] > 0 ? Left[epoch] - 1 : Left[epoch];
    }

    /// <summary>Every lease counts from the restart of the server, because nobody could renew while it was down.</summary>
    public void Restart()
    {
        for (var epoch = 0; epoch < Left.Length; epoch++)
            Renew(epoch);
    }

    /// <summary>The epoch goes by another number from here on: a node that begins anew keeps its former one until it is fenced.</summary>
    public void Move(int from, int to)
    {
        (Left[from], Left[to]) = (OutOfForce, Left[from]);
        for (var mail = 0; mail < Owner.Length; mail++)
            Owner[mail] = Owner[mail] == from ? to : Owner[mail];
    }

    public void CopyFrom(Judge other)
    {
        other.Left.CopyTo(Left, 0);
        other.Rows.CopyTo(Rows, 0);
        other.Owner.CopyTo(Owner, 0);
        other.Turn.CopyTo(Turn, 0);
        other.Attempts.CopyTo(Attempts, 0);
        other.Noted.CopyTo(Noted, 0);
    }

    private void Free(int epoch, bool noted)
    {
        for (var mail = 0; mail < Rows.Length; mail++)
        {
            if (Owner[mail] != epoch)
                continue;
            (Rows[mail], Owner[mail]) = (RowState.Free, Nobody);
            Noted[mail] |= noted;
        }
    }

    private static int[] NewFilled(int count, int value)
    {
        var all = new int[count];
        Array.Fill(all, value);
        return all;
    }
}

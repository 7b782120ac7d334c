namespace ClusterMail.Queue.Tests.Model;

/// <summary>How far an exploration goes.</summary>
/// <param name="Faults">Crashes, pauses, cuts, outages, lost answers, broken lines, and what an administrator does (a stop, mail given back), all together.</param>
/// <param name="TellsRenewals">True: a renewal and its answer are steps of their own, and any node may be late with it. False: a node that is well renews with each tick.</param>
internal sealed record Bounds(int Nodes, int Mails, int Faults, bool TellsRenewals = false, Flaw Flaw = Flaw.None);

/// <summary>One state of the whole: the database, the nodes, and what clients and other sides have heard. <see cref="Key"/> is the same for states that differ only in who is called what.</summary>
internal sealed class ModelFarm
{
    public ModelFarm(Bounds bounds)
    {
        Bounds = bounds;
        Judge = new Judge(bounds.Nodes * 2, bounds.Mails, bounds.Flaw);
        Nodes = [.. Enumerable.Range(0, bounds.Nodes).Select(n => new ModelNode(bounds.Mails) { Slow = n != bounds.Nodes - 1 })];
        Copies = new int[bounds.Mails];
        Told = new bool[bounds.Mails];
        Flying = new bool[bounds.Mails];
        FaultsLeft = bounds.Faults;
        _blocks = new ulong[bounds.Nodes];
    }

    private readonly ulong[] _blocks;

    public Bounds Bounds { get; }
    public Judge Judge { get; }
    public ModelNode[] Nodes { get; }

    /// <summary>How often the other side took it.</summary>
    public int[] Copies { get; }

    /// <summary>The client has its 250.</summary>
    public bool[] Told { get; }

    /// <summary>A final dot is on its way whose sender does not wait for the answer any more.</summary>
    public bool[] Flying { get; }
    public bool IsDown { get; set; }
    public int FaultsLeft { get; set; }

    /// <summary>The epoch by which the node works, and the one it had before it was started again.</summary>
    public static int Now(int node) => node * 2;
    public static int Former(int node) => node * 2 + 1;

    public void CopyFrom(ModelFarm other)
    {
        Judge.CopyFrom(other.Judge);
        for (var n = 0; n < Nodes.Length; n++)
            Nodes[n].CopyFrom(other.Nodes[n]);
        other.Copies.CopyTo(Copies, 0);
        other.Told.CopyTo(Told, 0);
        other.Flying.CopyTo(Flying, 0);
        (IsDown, FaultsLeft) = (other.IsDown, other.FaultsLeft);
    }

    /// <summary>All of the state in 128 bits. Nodes have no order, and mails neither.</summary>
    public UInt128 Key()
    {
        var key = Packed(swapped: false);
        if (Bounds.Mails < 2)
            return key;
        var other = Packed(swapped: true);
        return key < other ? key : other;
    }

    private UInt128 Packed(bool swapped)
    {
        for (var n = 0; n < Nodes.Length; n++)
            _blocks[n] = Block(n, swapped);
        Array.Sort(_blocks);
        UInt128 key = (IsDown ? 1u : 0) | ((uint)FaultsLeft << 1);
        for (var i = 0; i < Bounds.Mails; i++)
        {
            var m = swapped ? Bounds.Mails - 1 - i : i;
            key = (key << 8) | (uint)((int)Judge.Rows[m] | (Copies[m] << 2) | (Told[m] ? 16 : 0) | (Judge.Noted[m] ? 32 : 0) | (Flying[m] ? 64 : 0));
        }
        foreach (var block in _blocks)
            key = (key << 32) | block;
        return key;
    }

    private ulong Block(int n, bool swapped)
    {
        var node = Nodes[n];
        var block = (uint)node.Life | ((uint)(Judge.Left[Now(n)] + 1) << 2) | ((uint)node.Valid << 4) | ((uint)node.Renewal << 6) | (node.Slow ? 256ul : 0);
        block = (block << 2) | (uint)(Judge.Left[Former(n)] + 1);
        for (var i = 0; i < Bounds.Mails; i++)
        {
            var m = swapped ? Bounds.Mails - 1 - i : i;
            block = (block << 4) | (uint)node.Hands[m];
            block = (block << 2) | (uint)node.Journal[m];
            block = (block << 1) | (node.Hands[m] >= Hand.ClaimDone && node.HandTurn[m] != Judge.Turn[m] ? 1u : 0);
            block = (block << 1) | (node.Journal[m] != Ending.None && node.JournalTurn[m] != Judge.Turn[m] ? 1u : 0);
            block = (block << 2) | (Judge.Owner[m] == Now(n) ? 1u : Judge.Owner[m] == Former(n) ? 2u : 0);
        }
        return block;
    }

    /// <summary>The inverse of <see cref="Key"/>: a turn is 1, one that is over is 0.</summary>
    public void Open(UInt128 key)
    {
        for (var n = Nodes.Length - 1; n >= 0; n--, key >>= 32)
            _blocks[n] = (uint)key;
        Array.Fill(Judge.Owner, Judge.Nobody);
        for (var m = Bounds.Mails - 1; m >= 0; m--, key >>= 8)
        {
            var bits = (int)(byte)key;
            (Judge.Rows[m], Copies[m], Told[m], Judge.Noted[m], Flying[m]) = ((RowState)(bits & 3), (bits >> 2) & 3, (bits & 16) != 0, (bits & 32) != 0, (bits & 64) != 0);
            (Judge.Turn[m], Judge.Attempts[m]) = (1, 0);
        }
        (IsDown, FaultsLeft) = (((uint)key & 1) != 0, (int)(key >> 1));
        for (var n = 0; n < Nodes.Length; n++)
            OpenBlock(n, _blocks[n]);
    }

    private void OpenBlock(int n, ulong block)
    {
        var node = Nodes[n];
        for (var m = Bounds.Mails - 1; m >= 0; m--, block >>= 10)
        {
            if ((block & 3) != 0)
                Judge.Owner[m] = (block & 3) == 1 ? Now(n) : Former(n);
            (node.JournalTurn[m], node.HandTurn[m]) = ((block & 4) != 0 ? 0 : 1, (block & 8) != 0 ? 0 : 1);
            (node.Journal[m], node.Hands[m]) = ((Ending)((block >> 4) & 3), (Hand)((block >> 6) & 15));
        }
        (Judge.Left[Former(n)], block) = ((int)(block & 3) - 1, block >> 2);
        (node.Life, Judge.Left[Now(n)], node.Valid) = ((Life)(block & 3), (int)((block >> 2) & 3) - 1, (int)((block >> 4) & 3));
        (node.Renewal, node.Slow) = ((int)((block >> 6) & 3), (block & 256) != 0);
    }

    public override string ToString() =>
        $"{(IsDown ? "database down, " : "")}{FaultsLeft} faults left"
        + string.Concat(Enumerable.Range(0, Bounds.Mails).Select(m =>
            $"\n    mail {m}: {Judge.Rows[m]} owner {Judge.Owner[m]} copies {Copies[m]}{(Told[m] ? " told" : "")}{(Judge.Noted[m] ? " noted" : "")}{(Flying[m] ? " flying" : "")}"))
        + string.Concat(Nodes.Select((node, n) =>
            $"\n    node {n}: {node.Life} lease {Judge.Left[Now(n)]} former {Judge.Left[Former(n)]} valid {node.Valid} renewal {node.Renewal} hands {string.Join(',', node.Hands)} journal {string.Join(',', node.Journal)}"));
}

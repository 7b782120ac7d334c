namespace ClusterMail.Queue.Tests.Model;

/// <summary>The rules of a node, and what may befall it. Each function changes nothing when it answers false.</summary>
internal static class Moves
{
    private const int Guard = 1;

    /// <summary>More copies than these are counted as these.</summary>
    private const int MostCopies = 3;

    /// <summary>Which moves there are: of the whole, of each node, of each node and mail.</summary>
    public static IEnumerable<(Move Move, int Node, int Mail)> All(Bounds bounds) =>
        from move in Enum.GetValues<Move>()
        from node in Enumerable.Range(0, move < Move.Register ? 1 : bounds.Nodes)
        from mail in Enumerable.Range(0, move < Move.SendAccept ? 1 : bounds.Mails)
        select (move, node, mail);

    public static bool TryMake(ModelFarm farm, Move move, int n, int m) => move switch
    {
        < Move.Register => OfTheWhole(farm, move),
        < Move.SendAccept => OfTheNode(farm, move, n),
        < Move.Dot => Statement(farm, move, n, m),
        _ => Delivery(farm, move, n, m),
    };

    private static bool OfTheWhole(ModelFarm farm, Move move) => move switch
    {
        Move.Tick => Tick(farm),
        Move.DatabaseLost => !farm.IsDown && Costs(farm) && Do(() => farm.IsDown = true),
        _ => farm.IsDown && Do(() => { farm.IsDown = false; farm.Judge.Restart(); }),
    };

    private static bool OfTheNode(ModelFarm farm, Move move, int n)
    {
        var (node, judge, now, former) = (farm.Nodes[n], farm.Judge, ModelFarm.Now(n), ModelFarm.Former(n));
        var reaches = node.Life == Life.Up && !farm.IsDown;
        return move switch
        {
            Move.Register => reaches && !judge.InForce(now) && Do(() => { Forget(farm, n); judge.Register(now); node.Valid = Span(farm, node); }),
            Move.Renew => farm.Bounds.TellsRenewals && reaches && node.Renewal == 0 && judge.Renew(now) && Do(() => node.Renewal = 1),
            Move.RenewalAnswered => node is { Life: Life.Up, Renewal: > 0 } && Do(() => HearRenewal(farm, node)),
            Move.Fence => !farm.IsDown && SomebodyFences(farm) && judge.Fence(now),
            Move.FenceFormer => !farm.IsDown && SomebodyFences(farm) && judge.Fence(former),
            Move.Leave => reaches && judge.InForce(now) && node.Hands.All(hand => hand == Hand.None) && node.Journal.All(ending => ending == Ending.None) && Costs(farm)
                && Do(() => { judge.Leave(now); End(farm, n); }),
            Move.Crash => node.Life != Life.Down && Costs(farm) && Do(() => End(farm, n)),
            Move.StartAgain => node.Life == Life.Down && !judge.InForce(former) && !node.LeftStatements && Do(() => { judge.Move(now, former); node.Life = Life.Up; }),
            Move.Pause => node.Life == Life.Up && Costs(farm) && Do(() => node.Life = Life.Paused),
            Move.Resume => node.Life == Life.Paused && Do(() => { node.Life = Life.Up; CutIfOver(farm, node); }),
            Move.CutOff => node.Life == Life.Up && Costs(farm) && Do(() => node.Life = Life.CutOff),
            Move.Heal => node.Life == Life.CutOff && Do(() => node.Life = Life.Up),
            _ => throw new ArgumentOutOfRangeException(nameof(move)),
        };
    }

    private static bool Statement(ModelFarm farm, Move move, int n, int m)
    {
        var (node, judge) = (farm.Nodes[n], farm.Judge);
        return move switch
        {
            Move.SendAccept => node.Acts && judge.Rows[m] == RowState.Absent && Idle(node, m) && farm.Nodes.All(other => other.Hands[m] == Hand.None)
                && Do(() => { node.Hands[m] = Hand.AcceptSent; farm.Told[m] |= farm.Bounds.Flaw == Flaw.PromiseBeforeCommit; }),
            Move.RunAccept => !farm.IsDown && node.Hands[m] == Hand.AcceptSent && Do(() => Ran(node, m, judge.Accept(ModelFarm.Now(n), m, owned: true), Hand.AcceptDone, judge)),
            Move.AnswerAccept => node.Life == Life.Up && node.Hands[m] == Hand.AcceptDone && Do(() => { farm.Told[m] = true; Hold(farm, node, m); }),
            Move.LoseAcceptAnswer => node.Hands[m] == Hand.AcceptDone && LosesAnswer(farm, node) && Do(() => node.Hands[m] = Hand.None),
            Move.SendClaim => node.Acts && judge.Rows[m] == RowState.Free && farm.Nodes.All(other => other.Hands[m] != Hand.ClaimSent) && node.Hands[m] == Hand.None && Do(() => node.Hands[m] = Hand.ClaimSent),
            Move.RunClaim => !farm.IsDown && node.Hands[m] == Hand.ClaimSent && Do(() => Ran(node, m, judge.Claim(ModelFarm.Now(n), m), Hand.ClaimDone, judge)),
            Move.AnswerClaim => node.Life == Life.Up && node.Hands[m] == Hand.ClaimDone && Do(() => Hold(farm, node, m)),
            _ => node.Hands[m] == Hand.ClaimDone && LosesAnswer(farm, node) && Do(() => node.Hands[m] = Hand.None),
        };
    }

    private static bool Delivery(ModelFarm farm, Move move, int n, int m)
    {
        var (node, judge, hand) = (farm.Nodes[n], farm.Judge, farm.Nodes[n].Hands[m]);
        return move switch
        {
            Move.Dot => node.Acts && hand == Hand.Attempt && Do(() => node.Hands[m] = Hand.Dotted),
            Move.Take => hand == Hand.Dotted && Do(() => { node.Hands[m] = Hand.Taken; Count(farm, m); }),
            Move.TakeLate => n == 0 && farm.Flying[m] && Do(() => { farm.Flying[m] = false; Count(farm, m); }),
            Move.Refuse => node.Runs && hand == Hand.Dotted && Do(() => node.Write(m, Ending.Back)),
            Move.Hear250 => node.Runs && hand == Hand.Taken && Do(() => node.Write(m, Ending.Delivered)),
            Move.BreakLine => node.Runs && hand is Hand.Dotted or Hand.Taken && Costs(farm) && Do(() => Doubt(farm, node, m)),
            Move.GiveBack => node.Runs && hand == Hand.Attempt && Costs(farm) && Do(() => node.Write(m, Ending.Back)),
            Move.Record => !farm.IsDown && node.Life != Life.CutOff && node.Journal[m] != Ending.None && Do(() => Record(farm, n, m, answered: true)),
            Move.RecordAnswerLost => !farm.IsDown && node.Runs && node.Journal[m] != Ending.None && LosesAnswer(farm, node)
                && Do(() => Record(farm, n, m, answered: false)),
            Move.DropStatement => node.Life == Life.Down && !Idle(node, m) && Do(() => (node.Hands[m], node.Journal[m]) = (Hand.None, Ending.None)),
            Move.Reconcile => farm.Bounds.Flaw != Flaw.NoReconciling && node is { Life: Life.Up, Acts: true } && !farm.IsDown && judge.Owner[m] == ModelFarm.Now(n) && Idle(node, m)
                && !node.Hands.Any(under => under is Hand.ClaimSent or Hand.ClaimDone) && Do(() => { node.HandTurn[m] = judge.Turn[m]; node.Write(m, Ending.Back); }),
            _ => throw new ArgumentOutOfRangeException(nameof(move)),
        };
    }

    private static bool Tick(ModelFarm farm)
    {
        farm.Judge.Tick();
        for (var n = 0; n < farm.Nodes.Length; n++)
        {
            var node = farm.Nodes[n];
            node.Renewal = node.Renewal is 0 or > Judge.Term - 1 ? 0 : node.Renewal + 1;
            if (!farm.Bounds.TellsRenewals && node.Life == Life.Up && !farm.IsDown && farm.Judge.Renew(ModelFarm.Now(n)))
                node.Valid = Span(farm, node);
            else
                node.Valid = Math.Max(0, node.Valid - 1);
            if (node.Runs)
                CutIfOver(farm, node);
        }
        return true;
    }

    /// <summary>Counted in ticks of the database's clock: by that, a slow node believes longer.</summary>
    private static int Span(ModelFarm farm, ModelNode node) => Judge.Term + (node.Slow ? Guard : 0) - (farm.Bounds.Flaw == Flaw.NoGuard ? 0 : Guard);

    private static void HearRenewal(ModelFarm farm, ModelNode node)
    {
        var passed = farm.Bounds.Flaw == Flaw.RenewalFromItsEnd ? 0 : node.Renewal - 1;
        node.Valid = Math.Max(node.Valid, Span(farm, node) - passed);
        node.Renewal = 0;
    }

    /// <summary>What runs is cut; what was in hand is given back; after the final dot nobody knows.</summary>
    private static void CutIfOver(ModelFarm farm, ModelNode node)
    {
        if (node.Valid > 0 || farm.Bounds.Flaw == Flaw.NoCut)
            return;
        for (var m = 0; m < node.Hands.Length; m++)
        {
            if (node.Hands[m] == Hand.Attempt)
                node.Write(m, Ending.Back);
            else if (node.Hands[m] is Hand.Dotted or Hand.Taken)
                Doubt(farm, node, m);
        }
    }

    private static void Doubt(ModelFarm farm, ModelNode node, int m)
    {
        farm.Flying[m] |= node.Hands[m] == Hand.Dotted;
        node.Write(m, Ending.Doubt);
    }

    /// <summary>Known to be ours: tried, or given back where the lease has lapsed meanwhile.</summary>
    private static void Hold(ModelFarm farm, ModelNode node, int m)
    {
        node.Hands[m] = Hand.Attempt;
        if (!node.Acts && farm.Bounds.Flaw != Flaw.NoCut)
            node.Write(m, Ending.Back);
        else if (farm.Bounds.Flaw == Flaw.EndBeforeOutcome)
            (farm.Judge.Rows[m], farm.Judge.Owner[m]) = (RowState.Ended, Judge.Nobody);
    }

    private static void Count(ModelFarm farm, int m) => farm.Copies[m] = Math.Min(MostCopies, farm.Copies[m] + 1);

    private static void Ran(ModelNode node, int m, bool done, Hand after, Judge judge)
    {
        node.Hands[m] = done && node.Life != Life.Down ? after : Hand.None;
        node.HandTurn[m] = judge.Turn[m];
    }

    private static void Record(ModelFarm farm, int n, int m, bool answered)
    {
        var node = farm.Nodes[n];
        farm.Judge.Record(ModelFarm.Now(n), m, node.JournalTurn[m], node.Journal[m]);
        if (answered)
            node.Journal[m] = Ending.None;
    }

    /// <summary>The epoch is out of force: what was owned under it is forgotten.</summary>
    private static void Forget(ModelFarm farm, int n)
    {
        var node = farm.Nodes[n];
        for (var m = 0; m < node.Hands.Length; m++)
        {
            farm.Flying[m] |= node.Hands[m] == Hand.Dotted;
            (node.Hands[m], node.Journal[m]) = (Hand.None, Ending.None);
        }
        node.Renewal = 0;
    }

    /// <summary>The process ends; statements that are on their way stay on their way.</summary>
    private static void End(ModelFarm farm, int n)
    {
        var node = farm.Nodes[n];
        for (var m = 0; m < node.Hands.Length; m++)
        {
            farm.Flying[m] |= node.Hands[m] == Hand.Dotted;
            node.Hands[m] = node.Hands[m] is Hand.AcceptSent or Hand.ClaimSent ? node.Hands[m] : Hand.None;
        }
        (node.Life, node.Valid, node.Renewal) = (Life.Down, 0, 0);
    }

    private static bool Idle(ModelNode node, int m) => node.Hands[m] == Hand.None && node.Journal[m] == Ending.None;

    private static bool SomebodyFences(ModelFarm farm) => farm.Nodes.Any(node => node is { Life: Life.Up, Acts: true });

    /// <summary>To a node that is cut off no answer comes; for another, losing one is a fault.</summary>
    private static bool LosesAnswer(ModelFarm farm, ModelNode node) => node.Life == Life.CutOff || Costs(farm);

    private static bool Costs(ModelFarm farm) => farm.FaultsLeft > 0 && farm.FaultsLeft-- > 0;

    private static bool Do(Action change)
    {
        change();
        return true;
    }
}

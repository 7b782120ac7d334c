namespace ClusterMail.Testing.Nemesis;

/// <summary>One harm of a plan.</summary>
/// <param name="Victim">Index of a node; of no meaning for harm to the database.</param>
/// <param name="Sign">+1 or -1: which way a clock is set.</param>
/// <param name="After">Rest before it, when nothing else is wrong any more.</param>
/// <param name="Joins">It begins while the one before still lasts.</param>
public sealed record PlannedHarm(int Number, HarmKind Kind, int Victim, int Sign, TimeSpan For, TimeSpan After, bool Joins)
{
    public bool IsOfDatabase => Kind >= HarmKind.SlowDisk;

    /// <summary>Who it hits is known only when it happens, so nothing may be wrong with anybody else.</summary>
    public bool IsOfNodeFoundThen => Kind is HarmKind.KillOldest or HarmKind.KillLeader;
}

/// <summary>What is done, in which order, to whom and for how long: all of it follows from the seed.</summary>
public static class HarmPlan
{
    /// <summary>How often each kind comes up, per thousand; a switchover costs most and teaches least by being repeated.</summary>
    private static readonly (HarmKind Kind, int Weight)[] Weights =
    [
        (HarmKind.Kill, 130), (HarmKind.KillOldest, 80), (HarmKind.KillLeader, 60), (HarmKind.Pause, 130), (HarmKind.CutOff, 80), (HarmKind.Deafen, 60), (HarmKind.Mute, 60),
        (HarmKind.CutFromPeers, 60), (HarmKind.CutFromDatabase, 70), (HarmKind.Flap, 50), (HarmKind.Lose, 40), (HarmKind.Narrow, 30), (HarmKind.Clock, 40), (HarmKind.SlowDisk, 20),
        (HarmKind.DatabaseStall, 30), (HarmKind.DatabaseCrash, 20), (HarmKind.NoConnections, 20), (HarmKind.Switchover, 10), (HarmKind.SwitchoverCrash, 10),
    ];

    /// <param name="longest">No harm lasts longer; most are far shorter (evenly spread in their logarithm from half a second on).</param>
    public static IReadOnlyList<PlannedHarm> Of(int seed, int count, int nodes, TimeSpan longest)
    {
        var random = new Random(seed);
        var plan = new List<PlannedHarm>();
        while (plan.Count < count)
        {
            var harm = new PlannedHarm(
                plan.Count + 1, Pick(random), random.Next(nodes), random.Next(2) * 2 - 1, TimeSpan.FromSeconds(0.5 * Math.Pow(longest.TotalSeconds / 0.5, random.NextDouble())),
                TimeSpan.FromSeconds(random.NextDouble() * 2), random.Next(3) == 0);
            plan.Add(harm with { Joins = harm.Joins && plan is [.., var before] && !before.Joins && MayMeet(before, harm) });
        }
        return plan;
    }

    /// <summary>Each kind once, for at least half of <paramref name="longest"/>; order, victims and lengths follow from the seed.</summary>
    public static IReadOnlyList<PlannedHarm> EachOnce(int seed, int nodes, TimeSpan longest, params IReadOnlyList<HarmKind> kinds)
    {
        var random = new Random(seed);
        var order = kinds.ToArray();
        random.Shuffle(order);
        return [.. Of(seed, order.Length, nodes, longest).Select((harm, index) => harm with { Kind = order[index], For = longest * (0.5 + random.NextDouble() / 2), Joins = false })];
    }

    /// <summary>Each kind so many times, alone, for the same length and with a rest in which everything heals: what one costs without the others.</summary>
    public static IReadOnlyList<PlannedHarm> Alone(int times, int nodes, TimeSpan length, TimeSpan rest) =>
    [
        .. Enum.GetValues<HarmKind>().SelectMany(kind => Enumerable.Repeat(kind, times))
            .Select((kind, index) => new PlannedHarm(index + 1, kind, index % nodes, index % 2 == 0 ? 1 : -1, length, rest, Joins: false)),
    ];

    private static bool MayMeet(PlannedHarm one, PlannedHarm other) =>
        !one.IsOfDatabase && !other.IsOfDatabase && !one.IsOfNodeFoundThen && !other.IsOfNodeFoundThen && one.Victim != other.Victim;

    private static HarmKind Pick(Random random)
    {
        var point = random.Next(Weights.Sum(one => one.Weight));
        foreach (var (kind, weight) in Weights)
            if ((point -= weight) < 0)
                return kind;
        throw new System.Diagnostics.UnreachableException();
    }
}

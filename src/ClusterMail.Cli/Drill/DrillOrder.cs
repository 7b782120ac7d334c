using ClusterMail.Cli.Drill.Harm;

namespace ClusterMail.Cli.Drill;

/// <summary>What a drill is asked to be.</summary>
/// <param name="Sink">Address of the sink as the nodes reach it; port 0: any.</param>
/// <param name="Receivers">Name and <c>host:port</c> of the listeners the traffic goes to.</param>
/// <param name="Margin">Traffic before the first act and after the last.</param>
/// <param name="Settle">Longest wait for the last mail to arrive.</param>
/// <param name="Locally">Null: a person does what the admin API cannot.</param>
internal sealed record DrillOrder(
    DrillKind Kind, DrillTarget Target, string Domain, (string Host, int Port) Sink, IReadOnlyList<(string Node, string Address)> Receivers, int Sessions, int Rate, TimeSpan Margin, TimeSpan Settle, LocalHands? Locally)
{
    /// <summary>The domain is the drill's own: what is found of it is what a killed drill left.</summary>
    public bool IsReserved { get; init; }

    /// <summary>Harm done with tools of this machine; null: none is needed, or a person does it.</summary>
    public ILocalHarm? Harm { get; private init; }

    /// <summary>What this machine lacks to do the harm by itself; null: nothing.</summary>
    public string? Lacks { get; private init; }

    /// <summary>What is done, in this order.</summary>
    public IReadOnlyList<DrillAct> Acts => [.. Kind.Acts(Target).Select(act => (Harm, act.Name) switch
    {
        (null, _) => act,
        ({ } harm, "harm") => act with { Here = harm.Harm, Locally = (_, cancel) => harm.DoAsync(cancel), Prove = harm.ProveAsync },
        ({ } harm, _) => act with { Here = harm.Undo, Locally = (_, cancel) => harm.UndoAsync(cancel) },
    })];

    public bool IsByItself(DrillAct act) => act.Remotely is not null || (act.Locally is not null && Locally is not null);

    public string Text(DrillAct act) => act.Remotely is null && IsByItself(act) ? act.Here ?? act.Instruction : act.Instruction;

    /// <summary>With a harm, where this machine has what it takes; else with what it lacks.</summary>
    public async Task<DrillOrder> WithHarmAsync(ILocalHarm harm, CancellationToken cancel) =>
        await harm.MissingAsync(cancel) is { } lacks ? this with { Lacks = lacks } : this with { Harm = harm };
}

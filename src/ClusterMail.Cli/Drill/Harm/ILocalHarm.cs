namespace ClusterMail.Cli.Drill.Harm;

/// <summary>
/// Harm that a drill does to a local cluster by itself, with tools of the machine. What it leaves when the drill is killed is put right by <see cref="DrillRemains"/>, which
/// knows nothing but the folder.
/// </summary>
internal interface ILocalHarm : IAsyncDisposable
{
    /// <summary>What this machine lacks for it, with how to get it; null: nothing.</summary>
    Task<string?> MissingAsync(CancellationToken cancel);

    /// <summary>What is done before the traffic begins, in a sentence; null: nothing.</summary>
    string? Preparation { get; }

    /// <summary>What the harm is, in a sentence for the report.</summary>
    string Harm { get; }
    string Undo { get; }

    /// <summary>Where the drill's mail goes instead of its sink's address: <c>host,port</c> of the route table; null: there.</summary>
    /// <param name="port">Of the sink.</param>
    string? NextHop(int port) => null;

    Task PrepareAsync(CancellationToken cancel);
    Task DoAsync(CancellationToken cancel);

    /// <summary>Asked while the harm lasts, at its end: what was seen of it.</summary>
    /// <exception cref="CommandFailure">Nothing: the harm was not real, and a drill that passes would mean nothing.</exception>
    Task<string> ProveAsync(CancellationToken cancel);
    Task UndoAsync(CancellationToken cancel);
}

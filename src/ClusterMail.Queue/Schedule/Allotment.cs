using System.Diagnostics;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// What a next hop's actor allots to this node, and what this node has asked of it. A value with pure functions; time is stopwatch time and comes in.
/// </summary>
internal readonly record struct Allotment
{
    /// <summary>A question is repeated after so long: by that the actor knows that this node lives, three times within <see cref="DestinationOptions.SilenceLimit"/>.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A question nobody answered is asked again sooner: it went to a node that is gone, and by now its shard may live elsewhere. So is one that brought less
    /// than was wanted: others give back what is above their part, and an actor that has just moved gave it all to whoever asked first.
    /// </summary>
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>Without an answer for so long the node helps itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>One connection it took by itself is its own for so long.</summary>
    private static readonly TimeSpan HelpTime = TimeSpan.FromSeconds(3);

    private int Connections { get; init; }
    private long Until { get; init; }
    private long AskedAt { get; init; }
    private long UnansweredSince { get; init; }

    /// <summary>Connections asked for last; 0 when nothing is held.</summary>
    public int Asked { get; private init; }

    /// <summary>Connections this node may hold now.</summary>
    public int At(long now) => now < Until ? Connections : 0;

    /// <summary>More is wanted than was asked for, or the last question is old.</summary>
    public bool MustAsk(int wanted, long now) =>
        wanted > 0 && (Asked < wanted || Stopwatch.GetElapsedTime(AskedAt, now) >= (UnansweredSince == 0 && Connections >= Asked ? AskAgain : RepeatAfter));

    public Allotment Ask(int wanted, long now) => this with { Asked = wanted, AskedAt = now, UnansweredSince = UnansweredSince == 0 ? now : UnansweredSince };

    public Allotment Answer(int connections, TimeSpan time, long now) => this with { Connections = connections, Until = Later(now, time), UnansweredSince = 0 };

    /// <summary>The next hop cannot be reached: nothing may be held before the next answer.</summary>
    public Allotment Lose() => this with { Connections = 0 };

    /// <summary>The next question is asked at once, whatever was asked before.</summary>
    public Allotment AskAnew() => this with { Asked = 0 };

    /// <summary>Handed back: nothing is wanted any more.</summary>
    public Allotment Return() => this with { Asked = 0, Until = 0 };

    /// <summary>The cluster is being formed or the actor's shard moves: nobody answers, and nothing is held from the last answer.</summary>
    public bool IsForsaken(long now) => UnansweredSince != 0 && Stopwatch.GetElapsedTime(UnansweredSince, now) >= Patience && At(now) == 0;

    /// <summary>Mail still moves, over one connection; the database keeps it safe.</summary>
    public Allotment HelpItself(long now) => this with { Connections = 1, Until = Later(now, HelpTime) };

    private static long Later(long now, TimeSpan time) => now + (long)(time.TotalSeconds * Stopwatch.Frequency);
}

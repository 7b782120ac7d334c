namespace ClusterMail.Queue.Outcome;

/// <summary>
/// Whether outcomes are gathered for a moment before they are written. Nobody waits for one, and a commit costs the same for one as for twenty; but each moment of waiting is one in
/// which a killed node's mail goes out twice (P4), so only where they come fast. Used by one writer.
/// </summary>
internal sealed class OutcomePace
{
    /// <summary>How long they are gathered then.</summary>
    public static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(4);

    /// <summary>A commit that ended so lately and held so many mails: many clients send.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromMilliseconds(20);
    private const int Many = 4;

    /// <summary>An outcome that comes so soon after the commit of the last ones, so often in a row: one client sends as fast as it is answered.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(2);
    private const int Row = 4;

    private int _row;

    /// <summary>Asked once for each commit, when there is something to write.</summary>
    /// <param name="sinceLast">Since the last commit ended.</param>
    /// <param name="lastMails">It held so many.</param>
    public bool IsFast(TimeSpan sinceLast, int lastMails)
    {
        _row = sinceLast < Soon ? Math.Min(_row + 1, Row) : 0;
        return _row == Row || (lastMails >= Many && sinceLast < Lately);
    }
}

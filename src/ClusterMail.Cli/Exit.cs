namespace ClusterMail.Cli;

/// <summary>Exit codes of <c>clustermail</c>; scripts rely on them.</summary>
public static class Exit
{
    public const int Done = 0;

    /// <summary>A node or the database refused, or the work failed.</summary>
    public const int Refused = 1;

    /// <summary>The command line was not understood.</summary>
    public const int Usage = 2;

    /// <summary>No node answered at all.</summary>
    public const int NoNode = 3;
}

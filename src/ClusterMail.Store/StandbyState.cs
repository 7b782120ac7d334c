namespace ClusterMail.Store;

/// <summary>Whether a commit waits for a second disk at this moment (P1).</summary>
public enum StandbyState
{
    /// <summary><c>synchronous_standby_names</c> is empty: a commit waits for one disk.</summary>
    NoneNamed,

    /// <summary><c>synchronous_commit</c> of our own sessions waits for less than the disk of a standby.</summary>
    NotWaitedFor,

    /// <summary>As many as are named are connected and stream.</summary>
    Connected,

    /// <summary>One is named, and there are standbys whose state the role may not see (<c>GRANT pg_monitor</c>).</summary>
    Hidden,

    /// <summary>Named, and fewer than named are connected: commits wait.</summary>
    Away,
}

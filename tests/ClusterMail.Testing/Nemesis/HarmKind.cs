namespace ClusterMail.Testing.Nemesis;

/// <summary>What can be done to a farm. Each ends after its length, and what it harmed is put right.</summary>
public enum HarmKind
{
    /// <summary>SIGKILL to a node; it is started again.</summary>
    Kill,

    /// <summary>The same to the oldest member, where the singletons are.</summary>
    KillOldest,

    /// <summary>The same to the one that holds the leader role (CLU-25).</summary>
    KillLeader,

    /// <summary>SIGSTOP to a node.</summary>
    Pause,

    /// <summary>A node's cable is pulled.</summary>
    CutOff,

    /// <summary>A node sends, and hears nothing.</summary>
    Deafen,

    /// <summary>A node hears, and what it sends vanishes.</summary>
    Mute,

    CutFromPeers,
    CutFromDatabase,

    /// <summary>The cable is out and in again each second.</summary>
    Flap,

    /// <summary>A quarter of a node's packets vanish.</summary>
    Lose,

    /// <summary>A node's cable carries 2 Mbit/s and delays by up to half a second.</summary>
    Narrow,

    /// <summary>A node's time of day is a minute ahead or behind.</summary>
    Clock,

    /// <summary>Each flush of the primary takes 150 ms longer.</summary>
    SlowDisk,

    /// <summary>All processes of the primary stand still.</summary>
    DatabaseStall,

    /// <summary>SIGKILL to the primary; it is started again.</summary>
    DatabaseCrash,

    /// <summary>Every connection the database allows is taken by somebody else.</summary>
    NoConnections,

    /// <summary>The standby is promoted in order, and the old primary comes back as its standby.</summary>
    Switchover,

    /// <summary>The primary is killed and the standby promoted.</summary>
    SwitchoverCrash,
}

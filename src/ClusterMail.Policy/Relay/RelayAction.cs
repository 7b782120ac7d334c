namespace ClusterMail.Policy.Relay;

/// <summary>What a line of the relay list does (chapter 02 B).</summary>
public enum RelayAction : byte
{
    /// <summary>RELAY-20: Table I, and look no further.</summary>
    Default = 0,

    /// <summary>RELAY-21: accept; only a missing local recipient is refused.</summary>
    True = 1,

    /// <summary>RELAY-22: refuse everything.</summary>
    False = 2,

    /// <summary>RELAY-23: no relay to outside but in an authenticated session.</summary>
    NoRelay = 3,

    /// <summary>RELAY-27: Table I for those who match; all others may only bring mail from outside to us.</summary>
    Only = 4,
}

/// <summary>The number after <c>norelay,</c>.</summary>
public enum NoRelayOption : byte
{
    None = 0,

    /// <summary><c>norelay,0</c>: AUTH gives no relay either (RELAY-25).</summary>
    NotEvenAuthenticated = 1,

    /// <summary><c>norelay,2</c>: a local sender may write to local recipients without the AUTH he would owe (RELAY-24).</summary>
    AuthWaived = 2,
}

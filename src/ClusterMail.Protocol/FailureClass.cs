namespace ClusterMail.Protocol;

/// <summary>Why an attempt failed, as the retry rules tell failures apart (RETRY-1 to RETRY-3). The numbers are stored in the database: never change them.</summary>
public enum FailureClass : byte
{
    None = 0,

    /// <summary>受信拒否: the other side answered 5xx (RETRY-1).</summary>
    Refused = 1,

    /// <summary>回線異常: connected, then a time-out, a drop or a 4xx (RETRY-2).</summary>
    LineError = 2,

    /// <summary>マシン無応答: no connection, or the name cannot be resolved (RETRY-3).</summary>
    NoAnswer = 3,
}

namespace ClusterMail.Protocol;

/// <summary>How a question to DNS ended.</summary>
public enum LookupEnd : byte
{
    Found,

    /// <summary>The name exists and has no such record.</summary>
    Empty,

    /// <summary>NXDOMAIN.</summary>
    NoSuchName,

    /// <summary>SERVFAIL, refusal, silence: nobody knows today.</summary>
    Failed,
}

namespace ClusterMail.Policy.Senders;

/// <summary>What came of one check, in the words of RFC 8601 §2.7.</summary>
public enum AuthResult : byte
{
    /// <summary>Nothing is published, or nothing is signed.</summary>
    None,
    Pass,
    Fail,
    SoftFail,

    /// <summary>Published, and it says nothing of this client (SPF); or it could not be read as a signature (DKIM).</summary>
    Neutral,

    /// <summary>Passed by the letter, but not in a way that is accepted here.</summary>
    Policy,

    /// <summary>Nobody knows today: DNS did not answer.</summary>
    TempError,

    /// <summary>What is published cannot be read, and trying again will not change it.</summary>
    PermError,
}

public static class AuthResultText
{
    /// <summary>As it stands in an Authentication-Results header.</summary>
    public static string Word(this AuthResult result) => result switch
    {
        AuthResult.None => "none",
        AuthResult.Pass => "pass",
        AuthResult.Fail => "fail",
        AuthResult.SoftFail => "softfail",
        AuthResult.Neutral => "neutral",
        AuthResult.Policy => "policy",
        AuthResult.TempError => "temperror",
        _ => "permerror",
    };
}

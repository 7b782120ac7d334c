namespace ClusterMail.Approval.Tokens;

/// <summary>How a decision or command mail came in (APPROVE-150 step 2).</summary>
public enum SubmissionPath
{
    /// <summary>No trust at all: a mail from the Internet.</summary>
    Outside,

    /// <summary>A network that may submit without AUTH.</summary>
    TrustedNetwork,

    /// <summary>A relay registered as internal server (chapter 24): it has authenticated its users itself.</summary>
    InternalServer,

    /// <summary>A session that logged in.</summary>
    Authenticated,
}

/// <summary>Where AUTH is needed for decisions and commands: <c>approval.require_auth_for_decision</c> (APPROVE-152).</summary>
public enum AuthDemand
{
    /// <summary>Default: wherever the node offers AUTH to the client's network, but not from internal servers.</summary>
    Auto,
    Yes,
}

public static class SubmissionPaths
{
    public static bool MayDecide(this SubmissionPath path, AuthDemand demand, bool isAuthOffered) => path switch
    {
        SubmissionPath.Authenticated => true,
        SubmissionPath.InternalServer => demand == AuthDemand.Auto,
        SubmissionPath.TrustedNetwork => demand == AuthDemand.Auto && !isAuthOffered,
        _ => false,
    };
}

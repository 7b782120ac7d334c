using ClusterMail.Approval.Holds;

namespace ClusterMail.Approval.Tokens;

public static class VerbWords
{
    /// <summary>The word in subjects, links and signatures: <c>approval</c> or <c>reject</c> (APPROVE-130).</summary>
    public static string Word(this Verb verb) => verb == Verb.Approve ? "approval" : "reject";

    /// <summary>Read without regard to case (APPROVE-140).</summary>
    public static bool TryParse(string? word, out Verb verb)
    {
        verb = string.Equals(word, "reject", StringComparison.OrdinalIgnoreCase) ? Verb.Reject : Verb.Approve;
        return verb == Verb.Reject || string.Equals(word, "approval", StringComparison.OrdinalIgnoreCase);
    }
}

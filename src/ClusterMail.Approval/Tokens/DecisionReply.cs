using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>What the client of a decision or command mail reads after the final dot (APPROVE-150).</summary>
public static class DecisionReply
{
    /// <summary>One text for everything from wrong path to lock, so that nothing can be probed.</summary>
    private static readonly Reply Refused = new(550, new EnhancedStatus(5, 7, 1), "The decision was not executed. Open the approval request again and send its text unchanged from your registered address.");

    private static readonly Reply TryAgain = new(451, new EnhancedStatus(4, 3, 0), "Nothing was decided: the approval service is not available. Try again later.");

    public static Reply For(ResultCode code, Verb verb, HoldId hold) => code switch
    {
        ResultCode.Ok => Done($"{hold} {(verb == Verb.Approve ? "approved; the mail is on its way" : "rejected; the mail will not be sent")}."),
        ResultCode.Vote => Done($"{hold} your approval is counted; others are still asked."),
        ResultCode.Late or ResultCode.Duplicate => Done($"{hold} no action taken: it was decided before. A mail with the details follows."),
        ResultCode.DbDown => TryAgain,
        _ => Refused,
    };

    private static Reply Done(string text) => new(250, new EnhancedStatus(2, 0, 0), text);
}

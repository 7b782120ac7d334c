using ClusterMail.Protocol;

namespace ClusterMail.Approval.Policies;

/// <summary>What a client is answered that may not mail to a destination (APPROVE-32, DEST-8).</summary>
public static class RefuseReply
{
    public static Reply Short { get; } = new(550, new EnhancedStatus(5, 1, 1), "Please mail to a valid e-mail address.");

    /// <summary>APPROVE-13: the policy cannot be evaluated.</summary>
    public static Reply Trouble { get; } = new(451, new EnhancedStatus(4, 3, 0), "Requested action aborted: error in processing.");

    /// <param name="isRead">The client is a mail server, which shows the text to its user in an error mail (APPROVE-450): the short one would send him looking for a typing error.</param>
    public static Reply For(RefuseText text, ReversePath sender, Mailbox recipient, bool isRead = false) => text switch
    {
        RefuseText.Short when isRead => new Reply(550, new EnhancedStatus(5, 7, 1), $"<{recipient}>... Your organization does not allow mail to this destination (destination restriction)."),
        RefuseText.Long => new Reply(550, new EnhancedStatus(5, 1, 1),
            $"Please mail to a valid e-mail address. approval filter. '{sender}' is entry in the blacklist.(RCPT TO:<{recipient}>)"),
        RefuseText.Standard => new Reply(550, new EnhancedStatus(5, 7, 1), $"<{recipient}>... destination restriction."),
        _ => Short,
    };

    /// <summary>APPROVE-50: nobody is left who could approve.</summary>
    public static Reply NobodyToApprove { get; } = new(550, new EnhancedStatus(5, 7, 1), "This mail needs approval, and there is nobody to approve it. Please ask your administrator.");
}

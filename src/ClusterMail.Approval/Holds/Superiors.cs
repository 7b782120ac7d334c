using ClusterMail.Accounts;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>
/// Whom the register of accounts names for <c>@manager</c> (APPROVE-20). Himself, and anybody in a ring of superiors, is as good as nobody: then the mail goes to those who are
/// asked last, and never out unapproved (APPROVE-13).
/// </summary>
public static class Superiors
{
    /// <summary>Steps from superior to superior. A chain as long as this is taken for a ring.</summary>
    public const int MaxSteps = 50;

    /// <param name="requester">Main address.</param>
    public static Mailbox? Of(Mailbox requester, MailDirectory directory)
    {
        if (directory.Account(requester) is not { Superior: { Length: > 0 } named })
            return null;
        var superior = Mailbox.FromStored(named);
        // Whoever is in a ring, or is his own superior, has no end above him.
        var above = superior;
        for (var step = 0; step < MaxSteps; step++)
        {
            if (directory.Resolve(above).Account is not { Superior.Length: > 0 } account)
                return superior;
            above = Mailbox.FromStored(account.Superior);
        }
        return null;
    }
}

using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Notices;

/// <summary>One undecided mail in a waiting list (APPROVE-216).</summary>
/// <param name="Texts">Of this approver; null: he decides on the page only.</param>
/// <param name="WebUrl">His link; null: no page.</param>
/// <param name="ProxyOf">For whom he stands; null: himself.</param>
/// <param name="WaitingFor">Since it was received.</param>
public sealed record WaitingEntry(HeldCase Held, DecisionTexts? Texts, string? WebUrl, Mailbox? ProxyOf, TimeSpan WaitingFor)
{
    /// <summary>Entries in one mail; the page has the rest (APPROVE-216).</summary>
    public const int MailLimit = 50;

    /// <summary>Recipients that are named (APPROVE-216).</summary>
    public const int RecipientLimit = 5;

    /// <summary>Mails attached by <c>waitlist_full</c> (APPROVE-217).</summary>
    public const int AttachedLimit = 10;

    /// <summary>Whether a held mail stands in somebody's list: the state is open, and he is asked and has not voted, or is proxy of one who is (APPROVE-216).</summary>
    /// <param name="proxyFor">Whom the asker stands in for now.</param>
    public static bool Lists(HeldState state, Mailbox asker, IReadOnlyCollection<Mailbox> proxyFor) =>
        !state.Bars(asker) && state.Waiting.Any(approver => approver.Address.SameAs(asker) || IsPrincipal(approver, asker) || proxyFor.Any(approver.Address.SameAs));

    private static bool IsPrincipal(CurrentApprover approver, Mailbox asker) => approver.PrincipalMayDecide && approver.Principal?.SameAs(asker) == true;
}

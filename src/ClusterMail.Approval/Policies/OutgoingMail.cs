using System.Collections.Immutable;
using ClusterMail.Approval.Content;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Policies;

/// <summary>What approval knows of a transaction.</summary>
/// <param name="ReversePath">MAIL FROM, as given.</param>
/// <param name="Requesters">From <see cref="Requesters"/>; empty: no policy applies.</param>
/// <param name="IsOurs">
/// Authenticated, from a network that may relay, or from an internal server (APPROVE-5). A mail from outside that claims one of our senders is not held for
/// approval; what its table forbids stays forbidden (DEST-7).
/// </param>
public sealed record OutgoingMail(ReversePath ReversePath, ImmutableArray<Requester> Requesters, bool IsOurs);

/// <summary>One RCPT.</summary>
/// <param name="Address">As given (APPROVE-27).</param>
/// <param name="Outside">Addresses outside our domains it expands to, over aliases and lists (APPROVE-31).</param>
public sealed record OutgoingRecipient(Mailbox Address, ImmutableArray<Mailbox> Outside)
{
    public OutgoingRecipient(Mailbox address) : this(address, []) { }
}

/// <summary>What is known at the end of DATA.</summary>
/// <param name="OutsideRecipients">Accepted recipients of the submission outside our domains, for <c>rcpt&gt;</c>.</param>
public sealed record ContentEvidence(InspectedContent Content, int OutsideRecipients);

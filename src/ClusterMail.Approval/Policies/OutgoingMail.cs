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
public sealed record OutgoingMail(ReversePath ReversePath, ImmutableArray<Requester> Requesters, bool IsOurs)
{
    /// <summary>Brought by an internal server (APPROVE-447).</summary>
    public bool IsFromInside { get; init; }
}

/// <summary>One RCPT.</summary>
/// <param name="Address">As given (APPROVE-27).</param>
/// <param name="Outside">Addresses outside our domains it expands to, over aliases and lists (APPROVE-31).</param>
public sealed record OutgoingRecipient(Mailbox Address, ImmutableArray<Mailbox> Outside)
{
    public OutgoingRecipient(Mailbox address) : this(address, []) { }
}

/// <summary>
/// What is known at the end of DATA; one for a submission, used by one thread at a time, because it remembers what was found: a thousand recipients do not search
/// the same text a thousand times.
/// </summary>
/// <param name="OutsideRecipients">Accepted recipients of the submission outside our domains, for <c>rcpt&gt;</c>.</param>
public sealed record ContentEvidence(InspectedContent Content, int OutsideRecipients)
{
    private readonly Dictionary<(KeywordList, SearchPlaces), CatchReason?> _searched = [];

    /// <summary>The first word of the list in these parts of the mail; null: none.</summary>
    internal CatchReason? Search(KeywordList list, SearchPlaces places)
    {
        if (!_searched.TryGetValue((list, places), out var found))
            _searched[(list, places)] = found = Texts(places).Select(list.Find).FirstOrDefault(word => word is not null) is { } word ? new CatchReason(CatchKind.Keyword, word) : null;
        return found;
    }

    private IEnumerable<string> Texts(SearchPlaces places)
    {
        if (places.HasFlag(SearchPlaces.Subject) && Content.Subject is { } subject)
            yield return subject;
        if (places.HasFlag(SearchPlaces.Body))
            yield return Content.Text;
        if (places.HasFlag(SearchPlaces.Name))
            foreach (var part in Content.Attachments)
                yield return part.Name;
    }
}

using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Approval.Content;

namespace ClusterMail.Approval.Policies;

/// <summary>Whether a line of mode 1 or 2 catches a mail: all terms of its condition, and for mode 2 the attachment test (APPROVE-35).</summary>
internal readonly struct LineTest(KeywordShelf keywords, PolicyLevel level, ApprovalLine line)
{
    /// <summary>Why it catches the mail; empty: it does not, a term is false; default: the content would have to be seen.</summary>
    public ImmutableArray<CatchReason> Reasons(ContentEvidence? evidence)
    {
        if (evidence is null && line.LooksAtContent)
            return default;
        var reasons = ImmutableArray.CreateBuilder<CatchReason>();
        foreach (var term in line.Condition.Terms)
        {
            if (term is Condition.SearchIn)
                continue;
            if (Found(term, evidence!) is not { } reason)
                return [];
            reasons.Add(reason);
        }
        if (line.Mode == ApprovalMode.Attachments)
        {
            if (Attached(evidence!.Content) is not { } attachment)
                return [];
            if (!reasons.Contains(attachment))
                reasons.Add(attachment);
        }
        return reasons.Count > 0 ? reasons.ToImmutable() : [new CatchReason(CatchKind.Destination)];
    }

    private CatchReason? Found(Condition.Term term, ContentEvidence evidence) => term switch
    {
        Condition.KeywordFile file => Keyword(file.Name, evidence),
        Condition.KeywordList list => Keyword(list.Name, evidence),
        Condition.LargerThan larger => evidence.Content.Length > larger.Octets ? new CatchReason(CatchKind.Size, evidence.Content.Length.ToString(CultureInfo.InvariantCulture)) : null,
        Condition.MoreRecipientsThan more => evidence.OutsideRecipients > more.Count ? new CatchReason(CatchKind.Recipients, evidence.OutsideRecipients.ToString(CultureInfo.InvariantCulture)) : null,
        Condition.Extension extension => WithExtension(extension, evidence.Content),
        Condition.Attachment => Attached(evidence.Content),
        _ => throw new System.Diagnostics.UnreachableException(term.ToString()),
    };

    // A mail that could not be read counts as whatever is asked: nobody can tell that it is not in it (APPROVE-13, APPROVE-37).
    private static CatchReason? Attached(InspectedContent content) =>
        content.Attachments is [var first, ..] ? new CatchReason(CatchKind.Attachment, first.Name.Length > 0 ? first.Name : first.MediaType)
        : content.Unreadable is { } why ? new CatchReason(CatchKind.Unreadable, why)
        : null;

    private static CatchReason? WithExtension(Condition.Extension extension, InspectedContent content)
    {
        foreach (var part in content.Attachments)
            foreach (var name in extension.Names)
                if (part.Name.TrimEnd('.', ' ').EndsWith($".{name}", StringComparison.OrdinalIgnoreCase))
                    return new CatchReason(CatchKind.Extension, part.Name);
        return content.Unreadable is { } why ? new CatchReason(CatchKind.Unreadable, why) : null;
    }

    /// <summary>One hit is enough (APPROVE-39); a list that is missing or empty is a hit, and an alarm (APPROVE-40).</summary>
    private CatchReason? Keyword(string name, ContentEvidence evidence)
    {
        if (keywords.Find(level, name) is not { IsEmpty: false } list)
            return new CatchReason(CatchKind.Unreadable, $"keyword list {name} is missing or empty");
        var places = line.Condition.Places;
        return evidence.Search(list, places) ?? (Doubt(places, evidence.Content) is { } why ? new CatchReason(CatchKind.Unreadable, why) : null);
    }

    /// <summary>Why the words may be there all the same; null: they are not (APPROVE-13).</summary>
    private static string? Doubt(SearchPlaces places, InspectedContent content) =>
        (places.HasFlag(SearchPlaces.Subject) ? content.SubjectTrouble : null)
        ?? (places.HasFlag(SearchPlaces.Body) ? content.TextTrouble : null)
        ?? (places != SearchPlaces.Subject ? content.Unreadable : null);
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using ClusterMail.Approval.Content;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Approval.Holds;

/// <summary>What is known of a mail when its approvers are to be warned.</summary>
/// <param name="Recipients">Of the group.</param>
/// <param name="All">Of the whole submission.</param>
/// <param name="Reasons">Why it is held.</param>
public sealed record WarningFacts(ImmutableArray<Mailbox> Recipients, ImmutableArray<Mailbox> All, InspectedContent Content, ImmutableArray<CatchReason> Reasons)
{
    /// <summary>Domains the sender has written to lately, lower case; null: not asked.</summary>
    public IReadOnlySet<string>? Known { get; init; }

    /// <summary>Those are all of them.</summary>
    public bool IsKnownComplete { get; init; }
}

/// <summary>Warnings for approvers, computed when a mail is held (APPROVE-515). Information, never a decision.</summary>
/// <param name="IsOutside">Whether an address is none of ours.</param>
public sealed partial record WarningRules(Func<Mailbox, bool> IsOutside)
{
    /// <summary>Named in one warning; a mail to a thousand companies needs no thousand names.</summary>
    private const int MostNamed = 10;

    /// <summary><c>approval.new_domain_days</c>. 0: neither new domains nor look-alikes are looked for.</summary>
    public long NewDomainDays { get; init; } = 180;

    /// <summary><c>approval.free_mail_domains</c>, lower case.</summary>
    public ImmutableHashSet<string> FreeMail { get; init; } = [];

    /// <summary><c>approval.many_outside</c>: more outside addresses than these in To: and Cc:. 0: no warning.</summary>
    public long ManyOutside { get; init; }

    /// <summary><c>approval.warn_keywords</c>; null: none.</summary>
    public KeywordList? Keywords { get; init; }

    public static WarningRules From(SettingSet set, KeywordList? keywords, Func<Mailbox, bool> isOutside) => new(isOutside)
    {
        NewDomainDays = set.Integer("approval.new_domain_days"),
        FreeMail = [.. set.List("approval.free_mail_domains").Select(domain => domain.ToLowerInvariant())],
        ManyOutside = set.Integer("approval.many_outside"),
        Keywords = keywords,
    };

    /// <summary>In the order of their weight.</summary>
    public ImmutableArray<CaseWarning> Of(WarningFacts facts)
    {
        var found = ImmutableArray.CreateBuilder<CaseWarning>();
        var domains = Domains(facts.Recipients);
        ImmutableArray<string> fresh = facts.Known is { } known ? [.. domains.Where(domain => !known.Contains(domain))] : [];
        foreach (var domain in fresh)
            if (LookAlikes.Of(domain, facts.Known!) is { } model)
                found.Add(new CaseWarning(CaseWarningKind.LookAlike, $"{domain} ~ {model}"));
        Name(found, CaseWarningKind.NewDomain, facts.IsKnownComplete ? fresh : []);
        Name(found, CaseWarningKind.FreeMail, [.. domains.Where(FreeMail.Contains)]);
        Name(found, CaseWarningKind.MixedCompanies, Companies(facts.All) is { Length: > 1 } companies ? companies : []);
        if (Visible(facts.Content) is var visible && ManyOutside > 0 && visible > ManyOutside)
            found.Add(new CaseWarning(CaseWarningKind.ManyRecipients, visible.ToString(CultureInfo.InvariantCulture)));
        Name(found, CaseWarningKind.EncryptedAttachment, facts.Content.Encrypted);
        Name(found, CaseWarningKind.DoubleExtension, [.. facts.Content.Attachments.Select(part => part.Name).Where(name => TwoEndings().IsMatch(name))]);
        Name(found, CaseWarningKind.Keyword, Words(facts));
        return found.ToImmutable();
    }

    private static void Name(ImmutableArray<CaseWarning>.Builder found, CaseWarningKind kind, ImmutableArray<string> details)
    {
        if (!details.IsEmpty)
            found.Add(new CaseWarning(kind, string.Join(", ", details.Take(MostNamed)) + (details.Length > MostNamed ? ", ..." : "")));
    }

    private ImmutableArray<string> Domains(ImmutableArray<Mailbox> recipients) =>
        [.. recipients.Where(IsOutside).Select(recipient => recipient.Domain.ToLowerInvariant()).Where(domain => domain.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>A sub-domain is the company above it; people with free mail are none.</summary>
    private ImmutableArray<string> Companies(ImmutableArray<Mailbox> recipients)
    {
        var domains = Domains(recipients).RemoveAll(FreeMail.Contains);
        return domains.RemoveAll(domain => domains.Any(other => domain.EndsWith($".{other}", StringComparison.Ordinal)));
    }

    private int Visible(InspectedContent content) => content.Visible.Count(address => IsOutside(Mailbox.FromStored(address)));

    private ImmutableArray<string> Words(WarningFacts facts)
    {
        var words = facts.Reasons.Where(reason => reason.Kind == CatchKind.Keyword).Select(reason => reason.Found);
        return [.. words.Concat(Keywords is { } list && facts.Content.Subject is { } subject && list.Find(subject) is { } word ? [word] : []).Distinct(StringComparer.Ordinal)];
    }

    // What opens as a document by its name and runs by its end; blanks between push the end out of sight.
    [GeneratedRegex(@"\.(pdf|docx?|docm|xlsx?|xlsm|pptx?|rtf|txt|csv|jpe?g|png|gif|bmp|tiff?|zip|html?|mp[34]|wav)\s*\.(exe|scr|com|bat|cmd|pif|jse?|vbs|vbe|wsf|wsh|hta|lnk|msi|jar|ps1|cpl|reg|iso|img|dll)\s*\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex TwoEndings();
}

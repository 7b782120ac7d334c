using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Commands;

/// <summary>What is known when somebody wants a proxy.</summary>
public sealed record ProxyWish
{
    /// <summary>Main address of who asks.</summary>
    public required Mailbox Approver { get; init; }

    /// <summary>He stands in a policy, group or held mail as approver (APPROVE-205).</summary>
    public required bool IsApprover { get; init; }
    public required ApprovalCommand.SetProxy Command { get; init; }

    /// <summary>From when until when, to the minute, as the page has it (APPROVE-209); null: the days of the command.</summary>
    public ProxySpan? Span { get; init; }

    /// <summary>Main address of the account the wished proxy is, aliases resolved; null: unknown, or an address outside.</summary>
    public required Mailbox? ProxyAccount { get; init; }
    public bool IsProxySuspended { get; init; }

    /// <summary>Written with the label commands are sent to: an address inside a command stays in the real domain (APPROVE-202), whatever alias there may be.</summary>
    public bool IsInSubDomain { get; init; }

    /// <summary>The proxy the approver had until now; null: none.</summary>
    public Mailbox? Before { get; init; }

    /// <summary>The proxy the wished proxy has himself; null: none.</summary>
    public Mailbox? ProxyOfProxy { get; init; }
    public required DateTimeOffset Now { get; init; }

    /// <summary>Of the domain.</summary>
    public required TimeZoneInfo Zone { get; init; }

    /// <summary><c>approval.proxy_max_days</c>; 0: no limit.</summary>
    public int MaxDays { get; init; }
}

public enum ProxyRefusal
{
    NotAnApprover,
    NoSuchAccount,

    /// <summary>The address of the sub-domain instead of the account's (APPROVE-446).</summary>
    InSubDomain,
    Suspended,
    Oneself,
    Past,
    TooLong,
}

public enum ProxyWarning
{
    /// <summary>He has a proxy himself; requests still go to him (APPROVE-208).</summary>
    IsNotFollowedFurther,

    /// <summary>Without an end, or more than 30 days (APPROVE-25).</summary>
    IsLong,
}

/// <summary>What becomes of a wish for a proxy. One at a time: a new one replaces the old (APPROVE-208).</summary>
public abstract record ProxyAnswer
{
    private ProxyAnswer() { }

    public sealed record Granted(Mailbox Approver, Mailbox Proxy, ProxyTerm Term, Mailbox? Replaces, ImmutableArray<ProxyWarning> Warnings) : ProxyAnswer;

    /// <summary>Nothing changes; the answer says why.</summary>
    public sealed record Refused(ProxyRefusal Why) : ProxyAnswer;
}

public static class ProxyRules
{
    private static readonly TimeSpan Long = TimeSpan.FromDays(30);

    public static ProxyAnswer Judge(ProxyWish wish)
    {
        if (!wish.IsApprover)
            return new ProxyAnswer.Refused(ProxyRefusal.NotAnApprover);
        if (wish.IsInSubDomain)
            return new ProxyAnswer.Refused(ProxyRefusal.InSubDomain);
        if (wish.ProxyAccount is not { } proxy)
            return new ProxyAnswer.Refused(ProxyRefusal.NoSuchAccount);
        if (wish.IsProxySuspended)
            return new ProxyAnswer.Refused(ProxyRefusal.Suspended);
        if (proxy.SameAs(wish.Approver))
            return new ProxyAnswer.Refused(ProxyRefusal.Oneself);
        var term = Term(wish);
        if (term.Until <= wish.Now || term.Until <= term.From)
            return new ProxyAnswer.Refused(ProxyRefusal.Past);
        if (IsTooLong(wish, term))
            return new ProxyAnswer.Refused(ProxyRefusal.TooLong);
        return new ProxyAnswer.Granted(wish.Approver, proxy, term, wish.Before, [.. Warnings(wish, term)]);
    }

    private static ProxyTerm Term(ProxyWish wish)
    {
        if (wish.Span is { } span)
            return new ProxyTerm(span.From is { } begins && begins > wish.Now ? begins : wish.Now, span.Until);
        if (wish.Command.Days is { } days)
        {
            var (from, until) = days.In(wish.Zone);
            return new ProxyTerm(from > wish.Now ? from : wish.Now, until);
        }
        return new ProxyTerm(wish.Now, null);
    }

    // A limit would be none if leaving the dates out got around it.
    private static bool IsTooLong(ProxyWish wish, ProxyTerm term) => wish.MaxDays > 0
        && (wish.Span is not null ? term.Until is not { } until || until - term.From > TimeSpan.FromDays(wish.MaxDays) : wish.Command.Days is not { } days || days.Days > wish.MaxDays);

    private static IEnumerable<ProxyWarning> Warnings(ProxyWish wish, ProxyTerm term)
    {
        if (wish.ProxyOfProxy is not null)
            yield return ProxyWarning.IsNotFollowedFurther;
        if (term.Until is not { } until || until - term.From > Long)
            yield return ProxyWarning.IsLong;
    }
}

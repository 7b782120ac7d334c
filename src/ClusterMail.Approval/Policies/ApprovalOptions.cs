using System.Collections.Immutable;
using ClusterMail.Accounts;
using ClusterMail.Approval.Content;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Approval.Policies;

/// <summary>The settings of approval that decide about a mail (section 14 of chapter 20), of one settings version.</summary>
public sealed record ApprovalOptions
{
    public static ApprovalOptions Default { get; } = From(SettingSet.Empty);

    /// <summary><c>approval.enabled</c> (APPROVE-2). Default off: lines with mode 1 and 2 send (APPROVE-3).</summary>
    public bool Enabled { get; init; }

    /// <summary><c>approval.no_match</c> (APPROVE-30). Default auto.</summary>
    public NoMatch NoMatch { get; init; }

    /// <summary><c>approval.refuse_text</c> (APPROVE-32). Default short.</summary>
    public RefuseText RefuseText { get; init; }

    /// <summary><c>approval.evaluate_after_expansion</c> (APPROVE-31). Default on.</summary>
    public bool EvaluateAfterExpansion { get; init; } = true;

    /// <summary><c>approval.attachment_test</c> (APPROVE-37). Default mime.</summary>
    public AttachmentTest AttachmentTest { get; init; }

    /// <summary><c>approval.split</c> (APPROVE-54). Default yes.</summary>
    public bool Split { get; init; } = true;

    /// <summary><c>approval.only_sender_is_approver</c> (APPROVE-50). Default fallback.</summary>
    public OnlySender OnlySenderIsApprover { get; init; }

    /// <summary><c>approval.fallback</c>: asked when nobody is left (APPROVE-50). Default empty.</summary>
    public ImmutableArray<Mailbox> Fallback { get; init; } = [];

    /// <summary><c>approval.admins</c>: administrator accounts (管理者アカウント, APPROVE-2). Default empty.</summary>
    public ImmutableArray<Mailbox> Admins { get; init; } = [];

    /// <summary><c>approval.allow_external_approver</c> (APPROVE-46). Default off.</summary>
    public bool AllowExternalApprover { get; init; }

    /// <summary><c>approval.principal_keeps_right</c> (APPROVE-206). Default on.</summary>
    public bool PrincipalKeepsRight { get; init; } = true;

    /// <summary>Deadlines where a line and its domain say nothing (APPROVE-59). Default 24 h, off, 7 d, reject.</summary>
    public LineTiming Timing { get; init; } = LineTiming.Default;

    /// <summary><c>approval.release_on_expiry</c>: two administrators have agreed that silence may be taken for consent (APPROVE-60). Default no: release means reject.</summary>
    public bool ReleasesOnExpiry { get; init; }

    /// <summary><c>approval.domains</c>: deadlines and fallback approvers of single domains.</summary>
    public ApprovalDomains Domains { get; init; } = ApprovalDomains.None;

    public static ApprovalOptions From(SettingSet set) => new()
    {
        Enabled = set.Switch("approval.enabled"),
        NoMatch = set.Choice("approval.no_match") switch { "refuse" => NoMatch.Refuse, "send" => NoMatch.Send, _ => NoMatch.Auto },
        RefuseText = set.Choice("approval.refuse_text") switch { "long" => RefuseText.Long, "standard" => RefuseText.Standard, _ => RefuseText.Short },
        EvaluateAfterExpansion = set.Switch("approval.evaluate_after_expansion"),
        AttachmentTest = set.Choice("approval.attachment_test") == "multipart" ? AttachmentTest.Multipart : AttachmentTest.Mime,
        Split = set.Switch("approval.split"),
        OnlySenderIsApprover = set.Choice("approval.only_sender_is_approver") switch { "release" => OnlySender.Release, "refuse" => OnlySender.Refuse, _ => OnlySender.Fallback },
        Fallback = Addresses(set, "approval.fallback"),
        Admins = Addresses(set, "approval.admins"),
        AllowExternalApprover = set.Switch("approval.allow_external_approver"),
        PrincipalKeepsRight = set.Switch("approval.principal_keeps_right"),
        Timing = new LineTiming
        {
            Remind = Hours(set, "approval.remind_hours"),
            Escalate = Hours(set, "approval.escalate_hours"),
            Expire = Hours(set, "approval.expire_hours"),
            OnExpire = set.Choice("approval.on_expire") switch { "release" => ExpiryAction.Release, "keep" => ExpiryAction.Keep, _ => ExpiryAction.Reject },
        },
        ReleasesOnExpiry = set.Choice("approval.release_on_expiry") == "yes",
        Domains = ApprovalDomains.Parse(set.Text("approval.domains")).Domains,
    };

    /// <summary>Check of <c>approval.admins</c> and <c>approval.fallback</c>.</summary>
    /// <param name="name">The setting.</param>
    public static IReadOnlyList<SettingError> CheckAddresses(string name, string text) =>
        [.. text.Split([' ', ',', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries).Where(word => AddressRules.Address(word) is null)
            .Select(word => new SettingError(name, 0, 0, "APPROVE-50", $"'{word}' is no address"))];

    private static ImmutableArray<Mailbox> Addresses(SettingSet set, string name) => [.. set.List(name).Select(AddressRules.Address).OfType<Mailbox>()];

    private static TimeSpan? Hours(SettingSet set, string name) => set.Integer(name) is var hours and > 0 ? TimeSpan.FromHours(hours) : null;
}

/// <summary>What a level says of a recipient that none of its lines matches (APPROVE-30).</summary>
public enum NoMatch : byte
{
    /// <summary>Refused when the level has a line that sends or one that refuses; else it says nothing.</summary>
    Auto,
    Refuse,
    Send,
}

/// <summary>How a refusal is worded (APPROVE-32).</summary>
public enum RefuseText : byte
{
    /// <summary><c>550 5.1.1</c>, as the original's older versions.</summary>
    Short,

    /// <summary>The same with sender and recipient, as the original's newer versions.</summary>
    Long,

    /// <summary><c>550 5.7.1</c>, the class RFC 3463 has for it.</summary>
    Standard,
}

/// <summary>When the sender is the only approver (APPROVE-50).</summary>
public enum OnlySender : byte
{
    /// <summary>The fallback approver is asked, or an administrator.</summary>
    Fallback,

    /// <summary>Released at once, as moderation systems do for mail of the moderator.</summary>
    Release,

    /// <summary>Refused at the end of DATA.</summary>
    Refuse,
}

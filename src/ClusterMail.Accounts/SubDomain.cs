using ClusterMail.Protocol;

namespace ClusterMail.Accounts;

/// <summary>
/// Addresses that take decisions and commands of approval and nothing else, for a farm before another mail server: <c>user@sub.example.jp</c> (APPROVE-440).
/// It is no domain, has no accounts, and mail for it goes nowhere.
/// </summary>
/// <param name="Label"><c>approval.sub_domain_label</c>, one DNS label; empty: there are no such addresses.</param>
/// <param name="Domains">In front of which it stands.</param>
public sealed record SubDomain(string Label, OperatedDomains Domains)
{
    public static SubDomain None { get; } = new("", OperatedDomains.None);

    /// <summary>The label in front of an operated domain. An alias of such an address changes nothing (APPROVE-442).</summary>
    public bool Contains(Mailbox mailbox) => Label.Length > 0 && HasLabel(mailbox.Domain) && Domains.Contains(mailbox.Domain[(Label.Length + 1)..]);

    /// <summary>The address of the account; one that is not in the sub-domain stays.</summary>
    public Mailbox Bare(Mailbox mailbox) => Contains(mailbox) ? mailbox with { Domain = mailbox.Domain[(Label.Length + 1)..] } : mailbox;

    private bool HasLabel(string domain) =>
        domain.Length > Label.Length && domain[Label.Length] == '.' && domain.StartsWith(Label, StringComparison.OrdinalIgnoreCase);
}

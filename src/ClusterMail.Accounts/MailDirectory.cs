using ClusterMail.Protocol;

namespace ClusterMail.Accounts;

/// <summary>Who lives here: operated domains, accounts and aliases of one moment. Answers without a question to anybody.</summary>
public sealed class MailDirectory(OperatedDomains domains, AccountIndex accounts, AliasIndex aliases)
{
    /// <summary>ALIAS-11: steps from alias to alias; more is taken as an address that does not exist.</summary>
    public const int MaxSteps = 10;

    public OperatedDomains Domains => domains;
    public AccountIndex Accounts => accounts;
    public AliasIndex Aliases => aliases;

    /// <summary>ACCT-6: who gets mail for postmaster of a domain that has no such account or alias; null: nobody, as with <c>compat.postmaster.explicit_only</c>.</summary>
    public Mailbox? Administrator { get; init; }

    /// <summary>Where decisions and commands of approval are sent to. Default nowhere.</summary>
    public SubDomain SubDomain { get; init; } = SubDomain.None;

    /// <summary>
    /// The same for a recipient: postmaster of an operated domain always exists, because RFC 5321 §4.5.1 wants its mail taken. As a sender it does not, unless it is real:
    /// forgers like that name.
    /// </summary>
    public Resolution ResolveRecipient(Mailbox mailbox)
    {
        var found = Resolve(mailbox);
        if (found.Class != AddressClass.LocalMissing || Administrator is null || !mailbox.LocalPart.Equals("postmaster", StringComparison.OrdinalIgnoreCase) || domains.Find(mailbox.Domain) is not { Keeps: true }
            || Account(mailbox) is not null)
            return found;
        var administrator = Resolve(Administrator);
        return administrator.Class == AddressClass.LocalMissing ? found : administrator with { Class = AddressClass.LocalExisting, Rule = "ACCT-6" };
    }

    /// <summary>ALIAS-10: account, then exact alias, then wildcard alias. An address without a domain is outside.</summary>
    public Resolution Resolve(Mailbox mailbox)
    {
        var (envelope, real, wild, rule) = (mailbox, mailbox, false, "");
        for (var step = 0; step <= MaxSteps; step++)
        {
            if (Account(real) is { } account)
                return account.SmtpDisabled
                    ? new Resolution(AddressClass.LocalMissing, envelope, real, null, "ACCT-14", wild)
                    : new Resolution(AddressClass.LocalExisting, envelope, real, account, rule.Length > 0 ? rule : "ALIAS-10 account", wild);
            if (Alias(real) is not var (alias, next, byWildcard))
                return Ending(envelope, real, wild, rule);
            (wild, rule) = (wild || byWildcard, rule.Length > 0 ? rule : $"ALIAS-10 alias {alias.Name}");
            // An identity alias only says that the address is accepted (ALIAS-11).
            if (next.SameAs(real))
                return new Resolution(AddressClass.LocalExisting, envelope, real, null, rule, wild);
            if (alias.Replaces)
                envelope = next;
            real = next;
        }
        return new Resolution(AddressClass.LocalMissing, envelope, real, null, "ALIAS-11", wild);
    }

    /// <summary>The class alone, for the relay tables.</summary>
    public AddressClass Classify(Mailbox mailbox) => Resolve(mailbox).Class;

    /// <summary>The account of exactly this address, over the domains that share their mailboxes (DOM-9).</summary>
    public Account? Account(Mailbox mailbox) => mailbox.Domain.Length == 0 ? null : accounts.Find(mailbox.LocalPart, domains.MailboxDomain(mailbox.Domain));

    private (Alias Alias, Mailbox Next, bool ByWildcard)? Alias(Mailbox mailbox)
    {
        if (mailbox.Domain.Length == 0 || aliases.Count == 0)
            return null;
        if (aliases.Exact(mailbox) is { } exact)
            return (exact, exact.Real, false);
        return aliases.Wildcard(mailbox) is var (wildcard, took)
            ? (wildcard, wildcard.Real.LocalPart == "*" ? wildcard.Real with { LocalPart = took } : wildcard.Real, true)
            : null;
    }

    private Resolution Ending(Mailbox envelope, Mailbox real, bool wild, string rule)
    {
        var viaAlias = rule.Length > 0;
        return domains.Find(real.Domain) switch
        {
            null => new Resolution(viaAlias ? AddressClass.LocalExisting : AddressClass.Outside, envelope, real, null, viaAlias ? rule : "outside", wild),
            { Keeps: false } => new Resolution(AddressClass.LocalExisting, envelope, real, null, viaAlias ? rule : "DOM-1 relay", wild),
            // The server behind knows who exists; it refuses the others itself.
            { PassesOn: true } => new Resolution(AddressClass.LocalExisting, envelope, real, null, viaAlias ? rule : "APPROVE-400 routed", wild),
            _ => new Resolution(AddressClass.LocalMissing, envelope, real, null, "RELAY-26", wild),
        };
    }
}

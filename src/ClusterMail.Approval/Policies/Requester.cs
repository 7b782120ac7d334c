using System.Collections.Immutable;
using ClusterMail.Accounts;
using ClusterMail.Approval.Content;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Policies;

/// <summary>Somebody of ours whose policy a mail has to pass.</summary>
/// <param name="Address">Main address of the account; of a domain that keeps no accounts the address itself.</param>
/// <param name="Account">Null: one of our domains without an account of its own here; the levels of domain and system apply.</param>
public sealed record Requester(Mailbox Address, Account? Account)
{
    public static Requester Of(Account account) => new(account.Address, account);
}

/// <summary>Whose policies a mail has to pass (APPROVE-5 to APPROVE-9).</summary>
public static class Requesters
{
    /// <summary>
    /// What is known at MAIL: first the account that authenticated, then the one MAIL FROM names, an alias being the account behind it (APPROVE-7, APPROVE-8).
    /// Empty: a mail that none of ours sends (APPROVE-5), or a null sender without authentication, of whom the header has to tell.
    /// </summary>
    /// <param name="identity">The account that authenticated; null: none did.</param>
    /// <param name="from">MAIL FROM.</param>
    /// <param name="sender">Who that is; not looked at for the null path.</param>
    public static ImmutableArray<Requester> AtMail(Account? identity, ReversePath from, Resolution sender)
    {
        var requesters = ImmutableArray.CreateBuilder<Requester>(2);
        if (identity is not null)
            requesters.Add(Requester.Of(identity));
        if (!from.IsNull && sender.Account is { } account && account.Id != identity?.Id)
            requesters.Add(Requester.Of(account));
        // A domain passed on by its route has no accounts here, and a client the operator trusts may send for accounts we do not know: their mail is ours all the same.
        else if (!from.IsNull && identity is null && sender is { Class: not AddressClass.Outside, Account: null })
            requesters.Add(new Requester(from.Mailbox!, null));
        return requesters.ToImmutable();
    }

    /// <summary>APPROVE-9: whose mail a null sender without authentication brings; empty: a report or an automatic answer, which passes.</summary>
    /// <param name="directory">To find the account of From:.</param>
    public static ImmutableArray<Requester> OfNullSender(InspectedContent content, MailDirectory directory)
    {
        if (content.IsAutomatic && content.Unreadable is null)
            return [];
        // Several addresses, or one that is none of ours: the null sender is no way around, so the system's own level still applies.
        var found = content.From.Select(address => directory.Resolve(Mailbox.FromStored(address)).Account).OfType<Account>().DistinctBy(account => account.Id).ToList();
        return found.Count > 0 ? [.. found.Select(Requester.Of)] : [Nobody];
    }

    /// <summary>Judged by the system's level alone.</summary>
    public static Requester Nobody { get; } = new(new Mailbox("", ""), null);
}

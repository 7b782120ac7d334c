using System.Collections.Immutable;
using ClusterMail.Accounts;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>Who is really asked (section 5 of chapter 20): aliases, groups, superiors, proxies, without the sender himself.</summary>
/// <param name="now">Of the hold, by the database's clock.</param>
public sealed class ApproverResolver(MailDirectory directory, ApproverRegister register, ApprovalOptions options, DateTimeOffset now)
{
    /// <summary>The stages of a hold, those of the first catch before those of the second (APPROVE-7).</summary>
    /// <param name="barred">Main addresses of the requester.</param>
    public ResolvedApprovers Resolve(ImmutableArray<Catch> catches, ImmutableArray<Mailbox> barred)
    {
        var stages = ImmutableArray.CreateBuilder<HeldStage>();
        foreach (var caught in catches)
        {
            // A line that could be read in part only has perhaps none: the administrators are asked (APPROVE-13).
            var written = caught.Line.Approvers.IsEmpty ? [new ApproverList.Stage([])] : caught.Line.Approvers.Stages;
            foreach (var stage in written)
                switch (Stage(stage, caught, barred))
                {
                    case { } held: stages.Add(held); break;
                    case null when options.OnlySenderIsApprover == OnlySender.Release && OnlySenderStandsIn(stage, caught.Requester, barred): break;
                    case null: return new ResolvedApprovers.Nobody();
                }
        }
        return stages.Count == 0 ? new ResolvedApprovers.ReleasedAtOnce() : new ResolvedApprovers.Asked(stages.ToImmutable());
    }

    /// <summary>Null: nobody is left to ask.</summary>
    private HeldStage? Stage(ApproverList.Stage written, Catch caught, ImmutableArray<Mailbox> barred)
    {
        var votes = caught.Line.Options.Votes;
        var seats = Seated(Accounts(written, caught.Requester), votes, barred);
        var release = options.OnlySenderIsApprover == OnlySender.Release && OnlySenderStandsIn(written, caught.Requester, barred);
        if (seats.IsEmpty && (options.OnlySenderIsApprover == OnlySender.Refuse || release))
            return null;
        // Too few for n=2: the fallback approvers fill the seats, rather than that one vote counts for two.
        if (seats.IsEmpty || votes.Count > seats.Length)
            seats = [.. seats, .. Fallback(caught.Requester, barred).Where(approver => !seats.Any(seat => seat.Address.SameAs(approver))).Select(approver => new CurrentApprover(approver))];
        return seats.IsEmpty ? null : new HeldStage(seats, votes.Of(seats.Length));
    }

    /// <summary>Fallback approvers of the domain, else of the server, else the administrators (APPROVE-50); also whom an escalation without a target asks (T5).</summary>
    public ImmutableArray<Mailbox> Fallback(Mailbox requester, ImmutableArray<Mailbox> barred)
    {
        ImmutableArray<Mailbox>[] choices = [options.Domains.Find(requester.Domain)?.Fallback ?? [], options.Fallback, options.Admins];
        foreach (var choice in choices)
            if (Distinct(choice.Select(Account).OfType<Mailbox>()).RemoveAll(approver => barred.Any(approver.SameAs)) is { IsEmpty: false } left)
                return [.. left.Take(ApproverList.MaxApprovers)];
        return [];
    }

    /// <summary>Main addresses of all who are named, in the order of the line; those that do not exist, or are suspended, are skipped (APPROVE-51).</summary>
    private ImmutableArray<Mailbox> Accounts(ApproverList.Stage written, Mailbox requester)
    {
        var named = written.Approvers.SelectMany(IEnumerable<Mailbox> (approver) => approver switch
        {
            ApproverList.Named one => [one.Address],
            ApproverList.Group group => register.Group(group.Name) is { IsDefault: false } members ? members : [],
            _ => (register.SuperiorOf(requester) ?? Superiors.Of(requester, directory)) is { } superior ? [superior] : [],
        });
        return [.. Distinct(named.Select(Account).OfType<Mailbox>()).Take(ApproverList.MaxApprovers)];
    }

    /// <summary>The main address a copy goes to (APPROVE-514); null: it is none of ours any more, and nobody gets one.</summary>
    public Mailbox? Inside(Mailbox address) => IsInside(directory, address) ? directory.Resolve(address) is { Account: { } account } ? account.Address : directory.Resolve(address).Real : null;

    /// <summary>An address that exists here and leads nowhere outside.</summary>
    public static bool IsInside(MailDirectory directory, Mailbox address) =>
        directory.Resolve(address) is { Class: AddressClass.LocalExisting } found && (found.Account is not null || directory.Classify(found.Real) != AddressClass.Outside);

    /// <summary>Whether he can be asked now (APPROVE-51).</summary>
    public bool IsAvailable(Mailbox approver) => Account(approver) is not null;

    /// <summary>The main address of an approver (APPROVE-46, APPROVE-47); null: none of ours, deleted, or suspended.</summary>
    private Mailbox? Account(Mailbox address)
    {
        var found = directory.Resolve(address);
        return found switch
        {
            { Account.Suspended: true } => null,
            { Account: { } account } => account.Address,
            { Class: AddressClass.LocalExisting } => found.Real,
            { Class: AddressClass.Outside } when options.AllowExternalApprover => address,
            _ => null,
        };
    }

    /// <summary>
    /// With proxies (APPROVE-206), and without the sender, before as well as after (APPROVE-49): the seat of a sender who is an approver is not handed to a proxy he has
    /// chosen himself.
    /// </summary>
    private ImmutableArray<CurrentApprover> Seated(ImmutableArray<Mailbox> approvers, VotesNeeded votes, ImmutableArray<Mailbox> barred)
    {
        var seats = new List<CurrentApprover>();
        foreach (var approver in approvers.Where(approver => !barred.Any(approver.SameAs)))
        {
            // The sender is no proxy for his own mail: the approver is asked himself (APPROVE-210).
            var proxy = register.ProxyOf(approver, now) is { } assigned && Account(assigned.Proxy) is { } account && !barred.Any(account.SameAs) ? account : null;
            var seat = new CurrentApprover(proxy ?? approver, proxy is null ? null : approver, options.PrincipalKeepsRight);
            // A proxy who sits here already, for himself or another, counts once (APPROVE-211): where several votes are needed the approver keeps his own.
            var twice = proxy is not null && (approvers.Any(proxy.SameAs) || seats.Exists(other => other.Address.SameAs(proxy)));
            if (twice && votes == VotesNeeded.Any)
                continue;
            seats.Add(twice ? new CurrentApprover(approver) : seat);
        }
        return [.. seats.Where(seat => !barred.Any(seat.Address.SameAs))];
    }

    private bool OnlySenderStandsIn(ApproverList.Stage written, Mailbox requester, ImmutableArray<Mailbox> barred) =>
        Accounts(written, requester) is { IsEmpty: false } accounts && accounts.All(account => barred.Any(account.SameAs));

    private static ImmutableArray<Mailbox> Distinct(IEnumerable<Mailbox> addresses) => [.. addresses.DistinctBy(address => address.ToString(), StringComparer.OrdinalIgnoreCase)];
}

/// <summary>What came of it.</summary>
public abstract record ResolvedApprovers
{
    public sealed record Asked(ImmutableArray<HeldStage> Stages) : ResolvedApprovers;

    /// <summary>The sender is the only approver, and <c>approval.only_sender_is_approver</c> says release: history line "auto" (APPROVE-50).</summary>
    public sealed record ReleasedAtOnce : ResolvedApprovers;

    /// <summary>Refused at the end of DATA (APPROVE-50).</summary>
    public sealed record Nobody : ResolvedApprovers;
}

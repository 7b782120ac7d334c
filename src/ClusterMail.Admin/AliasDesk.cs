using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin;

/// <summary>The one way to change the alias table: judged whole, written whole, under the directory's lock (ALIAS-2, ALIAS-3, ALIAS-6, ALIAS-11).</summary>
internal sealed class AliasDesk(AliasStore aliases, AccountDesk accounts)
{
    /// <summary>Remarks an answer carries.</summary>
    private const int MostNotes = 20;

    private const string OutOfReach = "an alias of another domain leads here, and would lead nowhere, or in a circle";

    private static readonly Dictionary<string, int> NoLines = [];

    public AliasStore Store => aliases;

    public async Task<IResult> AddAsync(AliasAdd add, Caller by, CancellationToken cancel)
    {
        var (alias, column, rule, complaint) = AliasTable.ParseLine(add.Line.TrimEnd('\r', '\n'));
        if (alias is null)
            return Answers.Problem(new Problem { Status = StatusCodes.Status400BadRequest, Title = complaint!, Name = AliasTable.Name, Line = 1, Column = column, Rule = rule });
        if (!by.Reach(Right.ChangeDirectory).Covers(alias.Name.Domain))
            return new NotAllowed(alias.Name.ToString());
        return await ChangeAsync(null, by, dryRun: false, now =>
        {
            var same = now.FirstOrDefault(other => Key(other) == Key(alias));
            if (same is not null && same != alias && !add.Replace)
                return (null, Answers.Problem(
                    StatusCodes.Status409Conflict, $"{same.Name} leads to {same.Real} already, and an alias has one target.", rule: "ALIAS-6",
                    hint: "Give --replace to change it, or use a list or a forward for several."));
            return ([.. now.Where(other => Key(other) != Key(alias)), alias], null);
        }, NoLines, cancel);
    }

    public async Task<IResult> RemoveAsync(string name, Caller by, CancellationToken cancel)
    {
        var mailbox = Mailbox.FromStored(name);
        if (!by.Reach(Right.ChangeDirectory).Covers(mailbox.Domain))
            return new NotAllowed(name);
        return await ChangeAsync(null, by, dryRun: false, now => now.Any(other => Key(other) == AccountIndex.Key(mailbox.LocalPart, mailbox.Domain))
            ? ([.. now.Where(other => Key(other) != AccountIndex.Key(mailbox.LocalPart, mailbox.Domain))], null)
            : (null, Answers.NotFound($"There is no alias {Requests.Printable(name, 320)}.", "clustermail alias list shows them.")), NoLines, cancel);
    }

    /// <summary>The table as this text says it.</summary>
    public async Task<IResult> PutAsync(AliasTableChange change, Caller by, bool dryRun, CancellationToken cancel)
    {
        var (lines, errors) = AliasTable.Parse(change.Text);
        if (errors.Count > 0)
            return Answers.Faults([.. errors.Select(SettingsDesk.Fault)]);
        var numbers = lines.ToDictionary(line => Key(line.Alias), line => line.Line);
        return await ChangeAsync(change.Base, by, dryRun, now =>
        {
            var kept = change.Keep ? now.Where(other => !numbers.ContainsKey(Key(other))) : [];
            var clash = change.Keep ? now.FirstOrDefault(other => lines.Any(line => Key(line.Alias) == Key(other) && line.Alias != other)) : null;
            return clash is null
                ? ([.. kept, .. lines.Select(line => line.Alias)], null)
                : (null, Answers.Faults([new Fault(AliasTable.Name, numbers[Key(clash)], 1, "ALIAS-6", $"{clash.Name} leads to {clash.Real} already, and an alias has one target")]));
        }, numbers, cancel);
    }

    /// <param name="basis">Version of the table that was seen; null: any.</param>
    /// <param name="change">From the table to the table, or to the refusal.</param>
    /// <param name="lines">Where in the given text an alias stands.</param>
    private async Task<IResult> ChangeAsync(
        long? basis, Caller by, bool dryRun, Func<IReadOnlyList<Alias>, (IReadOnlyList<Alias>? Wanted, IResult? Refusal)> change, IReadOnlyDictionary<string, int> lines,
        CancellationToken cancel)
    {
        var terms = await accounts.TermsAsync(cancel);
        var reach = by.Reach(Right.ChangeDirectory);
        IResult? answer = null;
        IReadOnlyList<Alias> wanted = [];
        async Task<IReadOnlyList<AliasRow>?> Decide(AliasRows rows)
        {
            if (basis is { } seen && seen != rows.Version)
            {
                answer = Answers.Problem(
                    StatusCodes.Status409Conflict, $"The aliases were changed since by {rows.Rows.Where(row => reach.Covers(row.Domain)).MaxBy(row => row.ChangedAt)?.ChangedBy ?? "somebody"}.", "Nothing was overwritten.", "ADMIN-25",
                    "Put your changes into the table as it is now: clustermail alias export.");
                return null;
            }
            // What is out of reach is neither seen nor changed, but stays part of the table that is judged.
            IReadOnlyList<Alias> now = [.. rows.Rows.Where(row => reach.Covers(row.Domain)).Select(Alias)];
            (var then, answer) = change(now);
            if (then is null)
                return null;
            wanted = then;
            if (then.FirstOrDefault(alias => !reach.Covers(alias.Name.Domain)) is { } outside)
            {
                answer = new NotAllowed(outside.Name.ToString());
                return null;
            }
            IReadOnlyList<Alias> whole = [.. then, .. rows.Rows.Where(row => !reach.Covers(row.Domain)).Select(Alias)];
            if (await JudgeAsync(terms.Domains, whole, lines, reach, cancel) is { Count: > 0 } faults)
                answer = Answers.Faults(faults);
            else if (dryRun)
                answer = Results.Ok(Difference(now, then) with { Notes = Notes(terms, then) });
            return answer is null ? [.. whole.Select(Row)] : null;
        }
        return await aliases.ChangeAsync(Decide, by.Author, cancel) is { } written
            ? Results.Ok(new AliasSaved(written.Added, written.Changed, written.Removed, Notes(terms, wanted)))
            : answer!;
    }

    /// <summary>A chain ends at an account, so before one is refused the database is asked whether there is one on its way.</summary>
    /// <param name="coming">Keys of accounts that are made together with the table.</param>
    public async Task<List<Fault>> JudgeAsync(
        OperatedDomains domains, IReadOnlyList<Alias> wanted, IReadOnlyDictionary<string, int> lines, Reach reach, CancellationToken cancel, IReadOnlySet<string>? coming = null)
    {
        var faults = AliasTable.Judge(wanted, _ => false);
        if (faults.Count == 0)
            return [];
        var known = new HashSet<string>(coming ?? new HashSet<string>(), StringComparer.Ordinal);
        string Keeper(Mailbox mailbox) => DomainName.Normalize(domains.MailboxDomain(mailbox.Domain));
        foreach (var domain in faults.SelectMany(fault => fault.Passed).Where(mailbox => domains.Find(mailbox.Domain) is { Keeps: true }).ToLookup(Keeper))
            foreach (var name in await accounts.Store.ExistingAsync(domain.Key, [.. domain.Select(mailbox => mailbox.LocalPart).Distinct(StringComparer.OrdinalIgnoreCase)], cancel))
                known.Add(AccountIndex.Key(name, domain.Key));
        return [.. AliasTable.Judge(wanted, mailbox => known.Contains(AccountIndex.Key(mailbox.LocalPart, Keeper(mailbox))))
            .Select(fault => new Fault(AliasTable.Name, lines.TryGetValue(Key(fault.Alias), out var line) ? line : null, null, fault.Rule, reach.Covers(fault.Alias.Name.Domain) ? fault.Complaint : OutOfReach))];
    }

    private static AliasSaved Difference(IReadOnlyList<Alias> now, IReadOnlyList<Alias> then)
    {
        var before = now.ToDictionary(Key);
        var kept = then.Count(alias => before.ContainsKey(Key(alias)));
        return new AliasSaved(then.Count - kept, then.Count(alias => before.TryGetValue(Key(alias), out var old) && old != alias), before.Count - kept, []);
    }

    // Chapter 04 A: such an alias takes mail for every invented address, and what its back end refuses goes back to invented senders.
    private static IReadOnlyList<string> Notes(AccountTerms terms, IReadOnlyList<Alias> wanted) =>
        [.. wanted.Where(alias => alias.Name.LocalPart == "*" && alias.Real.LocalPart != "*" && terms.Domains.Contains(alias.Name.Domain))
            .Select(alias => $"{alias.Name} takes mail for every address of {alias.Name.Domain}, invented ones too").Take(MostNotes)];

    public static Alias Alias(AliasRow row) => new(new Mailbox(row.Name, row.Domain), Mailbox.FromStored(row.Real), (AliasMode)row.Mode);

    /// <summary>A table that was judged, as it is kept.</summary>
    public static IReadOnlyList<AliasRow> Rows(IEnumerable<Alias> aliases) => [.. aliases.Select(Row)];

    private static AliasRow Row(Alias alias) => new(DomainName.Normalize(alias.Name.Domain), alias.Name.LocalPart, alias.Real.ToString(), (short)alias.Mode);

    public static string Key(Alias alias) => AccountIndex.Key(alias.Name.LocalPart, alias.Name.Domain);
}

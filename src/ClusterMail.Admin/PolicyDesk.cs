using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Settings;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin;

/// <summary>Judges a policy before it is saved, on what the database says now: its grammar, and whether approvers, groups and lists exist and lines can be reached (APPROVE-25).</summary>
internal sealed class PolicyDesk(ApprovalStore store, AccountStore accounts, AliasStore aliases, SettingsDesk settings, TimeProvider time)
{
    private const int LongestText = 1_048_576;

    /// <param name="level"><c>account</c> or <c>domain</c>.</param>
    public async Task<(IReadOnlyList<string> Notes, IResult? Refusal)> JudgeAsync(PolicySave save, string level, string owner, CancellationToken cancel)
    {
        if (save.Text.Length > LongestText || save.Text.Contains('\0', StringComparison.Ordinal))
            return ([], Answers.Wrong($"A policy has at most {LongestText} characters, none of them NUL.", "APPROVE-16"));
        var (table, _) = ApprovalTable.Parse(save.Text);
        var (_, errors) = PolicyCheck.Of(save.Text, await ContextAsync(level, owner, table, cancel), $"policy of {owner}");
        Fault[] faults = [.. errors.Where(error => !error.IsWarning).Select(SettingsDesk.Fault)];
        return ([.. errors.Where(error => error.IsWarning).Select(error => error.Line > 0 ? $"line {error.Line}: {error.Message} ({error.Rule})" : $"{error.Message} ({error.Rule})")], faults.Length > 0 ? Answers.Faults(faults) : null);
    }

    private async Task<PolicyContext> ContextAsync(string level, string owner, ApprovalTable table, CancellationToken cancel)
    {
        var snapshot = (await settings.LoadAsync(null, cancel))!;
        var set = new SettingSet(snapshot.Version, snapshot.Values);
        var lists = ApprovalLists.Of(await store.LoadAsync(cancel));
        var system = new PolicyLevel(LevelKind.System, "", set.Version, ApprovalTable.Parse(set.Text("destination.rules")).Table);
        var isAccount = level == "account";
        var sender = isAccount ? Mailbox.FromStored(owner) : null;
        IEnumerable<PolicyLevel?> above = isAccount ? [lists.Domain(DomainName.Normalize(sender!.Domain)), system] : [system];
        var directory = await DirectoryAsync(SettingsDesk.Domains(snapshot), People(table, sender, lists), cancel);
        return new PolicyContext(
            new PolicyLevel(isAccount ? LevelKind.Account : LevelKind.Domain, owner, 0, table), [.. above.OfType<PolicyLevel>()], sender, directory, lists.Register, lists.Keywords, ApprovalOptions.From(set), time.GetUtcNow());
    }

    private static IEnumerable<Mailbox> People(ApprovalTable table, Mailbox? sender, ApprovalLists lists)
    {
        if (sender is not null)
            yield return sender;
        foreach (var line in table.Rules)
        {
            if (line.Options.Timing.EscalateTo is { } target)
                yield return target;
            if (line.Options.Bcc is { } copy)
                yield return copy;
            foreach (var approver in line.Approvers.Stages.SelectMany(stage => stage.Approvers))
                if (approver is ApproverList.Named named)
                    yield return named.Address;
                else if (approver is ApproverList.Group group && lists.Register.Group(group.Name) is { IsDefault: false } members)
                    foreach (var member in members)
                        yield return member;
        }
    }

    /// <summary>All aliases, and of the accounts those the policy is about: a farm may have a hundred thousand.</summary>
    private async Task<MailDirectory> DirectoryAsync(OperatedDomains domains, IEnumerable<Mailbox> people, CancellationToken cancel)
    {
        var (known, table) = (new AccountIndex(), new AliasIndex());
        foreach (var alias in (await aliases.LoadAsync(cancel)).Rows)
            table.Put(new Alias(new Mailbox(alias.Name, alias.Domain), Mailbox.FromStored(alias.Real), (AliasMode)alias.Mode));
        var directory = new MailDirectory(domains, known, table);
        foreach (var person in people.DistinctBy(person => person.ToString(), StringComparer.OrdinalIgnoreCase))
        {
            // Where an alias leads is known only when the account in front of it is known not to be.
            var address = person;
            for (var step = 0; step <= MailDirectory.MaxSteps; step++)
            {
                await LearnAsync(known, domains, address, cancel);
                if (directory.Resolve(person) is not { Account: null, Real: var next } || next.SameAs(address))
                    break;
                address = next;
            }
        }
        return directory;
    }

    private async Task LearnAsync(AccountIndex known, OperatedDomains domains, Mailbox address, CancellationToken cancel)
    {
        if (address.Domain.Length > 0 && await accounts.FindAsync(domains.MailboxDomain(DomainName.Normalize(address.Domain)), address.LocalPart, cancel) is { } row)
            known.Put(new Account { Id = row.Id, Address = new Mailbox(row.Name, row.Domain), Suspended = row.Suspended, Superior = row.Superior });
    }
}

using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;
using ClusterMail.Migration;
using ClusterMail.Migration.Users;

namespace ClusterMail.Cli.Import;

/// <summary>What accounts have of their own: hours, destinations, relay list, and whether SMTP knows them.</summary>
internal sealed class TableStep(AdminClient client, EpostPlan plan, bool dryRun)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        var progress = new CountProgress("accounts with tables of their own", plan.Tables.Count);
        foreach (var tables in plan.Tables)
        {
            await OneAsync(tables, cancel);
            progress.Add(1);
        }

        progress.End();
    }

    private async Task OneAsync(PlannedTables tables, CancellationToken cancel)
    {
        if (await FindAsync(tables.Address, cancel) is not { } account)
        {
            // A dry run has created none of those it would.
            if (!dryRun || !plan.Accounts.Any(planned => planned.Address.Equals(tables.Address, StringComparison.OrdinalIgnoreCase)))
                foreach (var finding in tables.Findings)
                    plan.Log.Replace(finding, FindingOutcome.Ignored, $"there is no account {tables.Address}", "DOM-6", isFault: true);
            return;
        }

        var changed = await PutAsync(tables.Address, AccountTableNames.Hours, tables.Hours, cancel)
            | await PutAsync(tables.Address, AccountTableNames.Destination, tables.Destinations, cancel)
            | await PutAsync(tables.Address, AccountTableNames.Relay, tables.RelayRules, cancel);
        if (tables.SmtpDisabled && !account.SmtpDisabled)
        {
            changed = true;
            if (!dryRun)
                await client.SendAsync(
                    HttpMethod.Patch, Routes.Fill(Routes.Account, tables.Address), new AccountFields { SmtpDisabled = true }, AdminJson.Default.AccountFields, AdminJson.Default.AccountDone, cancel);
        }

        if (!changed)
            foreach (var finding in tables.Findings)
                plan.Log.Present(finding);
    }

    /// <summary>Null: there is no such account.</summary>
    private async Task<AccountEntry?> FindAsync(string address, CancellationToken cancel)
    {
        var at = address.LastIndexOf('@');
        var path = Verbs.Query(Routes.Accounts, ("domain", address[(at + 1)..]), ("pattern", address[..at]));
        return (await client.GetAsync(path, AdminJson.Default.AccountPage, cancel)).Value.Accounts is [var account, ..] ? account : null;
    }

    /// <summary>False: it is there already, or nothing is to be put.</summary>
    private async Task<bool> PutAsync(string address, string table, string? text, CancellationToken cancel)
    {
        if (text is null)
            return false;
        var path = Routes.Fill(Routes.AccountTable, address, table);
        if ((await client.GetAsync(path, AdminJson.Default.AccountTable, cancel)).Value.Text == text)
            return false;
        if (!dryRun)
            await client.SendAsync(HttpMethod.Put, path, new AccountTableChange(text), AdminJson.Default.AccountTableChange, AdminJson.Default.AccountTableSaved, cancel);
        return true;
    }
}

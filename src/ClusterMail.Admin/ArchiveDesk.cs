using System.Globalization;
using ClusterMail.Accounts;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin.Contract;
using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin;

/// <summary>
/// The settings archive (ADMIN-50, ADMIN-51): everything of the catalogue with its tables, the aliases, and on request the accounts, as one text people can read and compare. An import is
/// judged whole and written in one transaction.
/// </summary>
internal sealed class ArchiveDesk(SettingsDesk settings, SettingsValidator validator, ArchiveStore store, AliasDesk aliases, TimeProvider time)
{
    /// <summary>Of the archive's own form.</summary>
    private const string Format = "1";

    private static readonly string[] Required = [ArchiveParts.Format];

    public async Task<IResult> ExportAsync(SettingsExport export, CancellationToken cancel)
    {
        if (export.PassPhrase is { Length: < ArchiveSeal.ShortestPassPhrase })
            return Answers.Wrong($"A pass phrase has at least {ArchiveSeal.ShortestPassPhrase} characters.", "ADMIN-51", "Whoever has the file may guess as often as he likes.");
        var content = await store.ReadAsync(export.Accounts, cancel);
        var secrets = Secrets(content);
        var parts = new Dictionary<string, string>
        {
            [ArchiveParts.Format] = Format,
            [ArchiveParts.Version] = content.Settings.Version.ToString(CultureInfo.InvariantCulture),
            [ArchiveParts.ExportedAt] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            // An empty block says that there are none; a missing one leaves those of the cluster alone.
            [ArchiveParts.Aliases] = AliasTable.Text(content.Aliases.Select(AliasDesk.Alias)) is { Length: > 0 } table ? table : "\n",
        };
        if (export.Accounts)
            parts[ArchiveParts.Accounts] = string.Concat(content.Accounts.Select(account => ArchiveAccounts.Line(account.Row))) is { Length: > 0 } lines ? lines : "\n";
        if (export.PassPhrase is { } phrase && !secrets.IsEmpty)
            parts[ArchiveParts.Sealed] = await secrets.CloseAsync(phrase, cancel);
        var document = new SettingsDocument(content.Settings.Values, content.Settings.Overrides)
        {
            Parts = parts,
            Accounts = content.Accounts.Select(account => (Address: $"{account.Row.Name}@{account.Row.Domain}", Columns: ArchiveAccounts.Rest(account.Row)))
                .Where(account => account.Columns.Count > 0).ToDictionary(account => account.Address, account => account.Columns),
        };
        return Results.Ok(new SettingsArchive(
            content.Settings.Version, SettingsText.Write(document, withDefaults: true), export.PassPhrase is null ? Names(secrets) : []));
    }

    private static ArchiveSecrets Secrets(ArchiveContent content) => new(
        Secret(content.Settings.Values),
        content.Settings.Overrides.Select(node => (node.Key, Values: Secret(node.Value))).Where(node => node.Values.Count > 0).ToDictionary(node => node.Key, node => node.Values),
        content.Accounts.Where(account => account.Credentials is not null).ToDictionary(account => AccountIndex.Key(account.Row.Name, account.Row.Domain), account => account.Credentials!),
        content.Upstream);

    private static Dictionary<string, string> Secret(IReadOnlyDictionary<string, string> values) =>
        values.Where(value => SettingsDesk.IsSecret(value.Key) && value.Value.Length > 0).ToDictionary(value => value.Key, value => value.Value, StringComparer.Ordinal);

    private static IReadOnlyList<string> Names(ArchiveSecrets secrets) =>
    [
        .. secrets.Settings.Keys.Concat(secrets.Nodes.Values.SelectMany(node => node.Keys)).Distinct().Order(StringComparer.Ordinal),
        .. secrets.Accounts.Count > 0 ? (string[])[$"passwords of {secrets.Accounts.Count} accounts"] : [],
        .. secrets.Upstream is { Count: > 0 } upstream ? (string[])[$"upstream logins of {upstream.Count} accounts"] : [],
    ];

    public async Task<IResult> ImportAsync(SettingsImport import, Author user, CancellationToken cancel)
    {
        var (document, errors) = SettingsText.Read(import.Text.Replace("\r\n", "\n", StringComparison.Ordinal), validator);
        if (errors.Any(error => !error.IsWarning))
            return Answers.Faults([.. errors.Where(error => !error.IsWarning).Select(SettingsDesk.Fault)]);
        if (Form(document!) is { } other)
            return other;
        var (secrets, note, refusal) = await OpenAsync(document!, import.PassPhrase, cancel);
        if (refusal is not null)
            return refusal;
        var newest = (await settings.LoadAsync(null, cancel))!;
        var wanted = Wanted(newest, document!, secrets);
        var judgement = await settings.JudgeAsync(newest, wanted, import.Base, import.DryRun || import.Confirm, null, user, cancel);
        if (judgement.Refusal is { } refused)
            return refused;
        var domains = SettingsDesk.Domains(wanted);
        var (accounts, faults) = ArchiveAccounts.Read(document!, domains, secrets.Accounts);
        var (table, tableFaults) = await TableAsync(document!, wanted, accounts, cancel);
        if (faults.Concat(tableFaults).ToList() is { Count: > 0 } all)
            return Answers.Faults(all);
        // An archive for an empty farm brings back what was there; into a farm that lives it is a change like any other.
        if (newest.Version > 0 && accounts.Select(account => SilentCopies.Refusal(user, "", account.Destinations)).FirstOrDefault(silent => silent is not null) is { } silent)
            return silent;
        var change = new ArchiveChange(
            newest.Version, judgement.Changes.Count > 0, wanted.Values, wanted.Overrides, table, accounts, domains.All.Where(d => d.Keeps && d.MaxAccounts > 0).ToDictionary(d => d.Name, d => d.MaxAccounts),
            Upstream(secrets, accounts), user, SettingsDesk.Remark(import.Comment ?? $"import of an archive of version {document!.Parts.GetValueOrDefault(ArchiveParts.Version) ?? "?"}"),
            [.. judgement.Changes.Select(SettingsDesk.Note)]);
        IReadOnlyList<string> notes = note is null ? judgement.Notes : [.. judgement.Notes, note];
        return await store.ApplyAsync(change, import.DryRun, cancel) switch
        {
            ArchiveOutcome.Applied done => Results.Ok(new SettingsImported(
                import.DryRun ? newest.Version : done.Version, newest.Version, SettingsDesk.Differences(judgement.Changes),
                done.Aliases is { } difference ? new AliasSaved(difference.Added, difference.Changed, difference.Removed, []) : null, done.Created, done.Updated, notes)),
            ArchiveOutcome.Conflict conflict => SettingsDesk.Conflict(newest.Version, conflict.With),
            ArchiveOutcome.OverLimit over => Answers.Problem(
                StatusCodes.Status409Conflict, $"{over.Domain} would have more accounts than it may.", "Nothing was imported.", "DOM-2", "Raise max_accounts= of its line in domain.table, or take it away."),
            var unknown => throw new System.Diagnostics.UnreachableException(unknown.ToString()),
        };
    }

    /// <summary>Of the accounts that come with the archive; a login is bound to its account's address.</summary>
    private static IReadOnlyList<NewUpstreamLogin> Upstream(ArchiveSecrets secrets, IReadOnlyList<ArchivedAccount> accounts)
    {
        var coming = accounts.Select(account => AccountIndex.Key(account.Account.Name, account.Domain)).ToHashSet(StringComparer.Ordinal);
        return [.. (secrets.Upstream ?? []).Where(login => coming.Contains(AccountIndex.Key(login.Name, login.Domain)))];
    }

    private static IResult? Form(SettingsDocument document) => document.Parts.GetValueOrDefault(Required[0]) switch
    {
        Format => null,
        null => Answers.Wrong("This is no settings archive: archive.format is missing.", "ADMIN-51", "Take a file that 'clustermail settings export' wrote."),
        var other => Answers.Wrong($"This is an archive of format {Requests.Printable(other, 20)}; this release reads format {Format}.", "ADMIN-51"),
    };

    /// <summary>The secrets of the archive; none, with a note, when it has some and there is no pass phrase.</summary>
    private static async Task<(ArchiveSecrets Secrets, string? Note, IResult? Refusal)> OpenAsync(SettingsDocument document, string? passPhrase, CancellationToken cancel)
    {
        if (!document.Parts.TryGetValue(ArchiveParts.Sealed, out var closed))
            return (ArchiveSecrets.None, null, null);
        if (passPhrase is null)
            return (ArchiveSecrets.None, "the archive's secrets were left alone: no pass phrase was given", null);
        return await ArchiveSecrets.OpenAsync(closed, passPhrase, cancel) is { } opened
            ? (opened, null, null)
            : (ArchiveSecrets.None, null, Answers.Wrong("The pass phrase does not open the archive's secrets.", "ADMIN-51", "Or the archive was changed. Nothing was imported."));
    }

    /// <summary>What the archive says; secrets from it, else those that are set now.</summary>
    private static SettingsSnapshot Wanted(SettingsSnapshot newest, SettingsDocument document, ArchiveSecrets secrets) => newest with
    {
        Values = WithSecrets(document.Values, secrets.Settings, newest.Values),
        Overrides = document.Overrides.Keys.Union(newest.Overrides.Keys, StringComparer.Ordinal).Union(secrets.Nodes.Keys, StringComparer.Ordinal).ToDictionary(
            node => node,
            node => WithSecrets(
                document.Overrides.GetValueOrDefault(node, SettingsSnapshot.Nothing.Values), secrets.Nodes.GetValueOrDefault(node, []), newest.Overrides.GetValueOrDefault(node, SettingsSnapshot.Nothing.Values)))
            .Where(node => node.Value.Count > 0).ToDictionary(node => node.Key, node => node.Value, StringComparer.Ordinal),
    };

    private static IReadOnlyDictionary<string, string> WithSecrets(
        IReadOnlyDictionary<string, string> imported, Dictionary<string, string> secrets, IReadOnlyDictionary<string, string> present)
    {
        var values = new Dictionary<string, string>(imported, StringComparer.Ordinal);
        foreach (var (name, value) in secrets.Concat(present.Where(value => Catalogue.Find(value.Key) is { Secret: true })))
            values.TryAdd(name, value);
        return values;
    }

    private async Task<(IReadOnlyList<AliasRow>? Table, IReadOnlyList<Fault> Faults)> TableAsync(
        SettingsDocument document, SettingsSnapshot wanted, IReadOnlyList<ArchivedAccount> accounts, CancellationToken cancel)
    {
        if (!document.Parts.TryGetValue(ArchiveParts.Aliases, out var text))
            return (null, []);
        var before = document.LinesBefore.GetValueOrDefault(ArchiveParts.Aliases);
        var (lines, errors) = AliasTable.Parse(text);
        if (errors.Count > 0)
            return (null, [.. errors.Select(error => SettingsDesk.Fault(error with { Line = before + error.Line }))]);
        var coming = accounts.Select(account => AccountIndex.Key(account.Account.Name, account.Domain)).ToHashSet(StringComparer.Ordinal);
        var faults = await aliases.JudgeAsync(SettingsDesk.Domains(wanted), [.. lines.Select(line => line.Alias)], lines.ToDictionary(line => AliasDesk.Key(line.Alias), line => before + line.Line), Reach.Whole, cancel, coming);
        return (AliasDesk.Rows(lines.Select(line => line.Alias)), faults);
    }
}

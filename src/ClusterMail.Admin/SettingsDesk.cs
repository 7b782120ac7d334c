using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Settings;
using ClusterMail.Store;
using ClusterMail.Store.Content;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin;

/// <summary>The one way to change settings: take a version, change a copy, judge the whole set, save it if nobody was faster (ADMIN-25).</summary>
internal sealed class SettingsDesk(SettingsStore store, SettingsValidator validator, AccountStore accounts, ContentKeys keys, LoopDesk loops)
{
    /// <summary>Shown for a secret that is set (ADMIN-43).</summary>
    public const string Masked = "***";

    public const string DomainTable = "domain.table";

    private const int LongestComment = 200;

    /// <summary>A given version, or the newest; before the first save the empty one. Null: there is no such version.</summary>
    public async Task<SettingsSnapshot?> LoadAsync(long? version, CancellationToken cancel) =>
        await store.LoadAsync(version, cancel) ?? (version is null or 0 ? SettingsSnapshot.Nothing : null);

    /// <summary>The service's name; like the receiver, the machine's own where none is set (RECV-23).</summary>
    public async Task<string> HostAsync(CancellationToken cancel)
    {
        var snapshot = (await LoadAsync(null, cancel))!;
        var name = new SettingSet(snapshot.Version, snapshot.Values).Text("net.host_name");
        return name.Length > 0 ? name : Environment.MachineName.ToLowerInvariant();
    }

    /// <summary>Changes made on <paramref name="snapshot"/>. A value that is null goes back to the default.</summary>
    public static SettingsSnapshot Apply(SettingsSnapshot snapshot, IReadOnlyList<SettingChange> changes)
    {
        var values = new Dictionary<string, string>(snapshot.Values, StringComparer.Ordinal);
        var overrides = snapshot.Overrides.ToDictionary(n => n.Key, n => new Dictionary<string, string>(n.Value, StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var change in changes)
        {
            var target = change.Node is null ? values : overrides.TryGetValue(change.Node, out var own) ? own : overrides[change.Node] = new(StringComparer.Ordinal);
            if (change.Value is null)
                target.Remove(change.Name);
            else
                target[change.Name] = Catalogue.Find(change.Name)?.Tidy(change.Value) ?? change.Value;
        }
        return snapshot with
        {
            Values = values,
            Overrides = overrides.Where(n => n.Value.Count > 0)
                .ToDictionary(n => n.Key, n => (IReadOnlyDictionary<string, string>)n.Value, StringComparer.Ordinal),
        };
    }

    /// <summary>Judges <paramref name="wanted"/> whole and saves it as the version after <paramref name="basis"/>; with <paramref name="dryRun"/> only judges.</summary>
    /// <param name="confirmed">Warnings that need it were confirmed (RELAY-62).</param>
    /// <param name="basis">The version that must still be the newest; null: whatever is newest now, which is <paramref name="newest"/>.</param>
    /// <param name="leaving">A domain that may go although it has accounts, because its accounts go with it (DOM-10).</param>
    public async Task<IResult> SaveAsync(
        SettingsSnapshot newest, SettingsSnapshot wanted, long? basis, Author user, string? comment, bool dryRun, CancellationToken cancel, bool confirmed = false,
        string? leaving = null)
    {
        var judgement = await JudgeAsync(newest, wanted, basis, dryRun || confirmed, leaving, user, cancel);
        if (judgement.Refusal is { } refusal)
            return refusal;
        var (changes, notes) = (judgement.Changes, judgement.Notes);
        if (dryRun || changes.Count == 0)
            return Results.Ok(new SettingsSaved(newest.Version, Differences(changes), notes));
        return await store.SaveAsync(newest.Version, wanted.Values, wanted.Overrides, user, Remark(comment), cancel, [.. changes.Select(Note)]) switch
        {
            SaveResult.Saved saved => Results.Ok(new SettingsSaved(saved.Version, Differences(changes), notes)),
            SaveResult.Conflict c => Conflict(newest.Version, c),
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };
    }

    /// <summary>Whether <paramref name="wanted"/> may be saved, without saving it: the base, the set as a whole, accounts left behind, what needs a confirmation.</summary>
    /// <param name="confirmed">As in <see cref="SaveAsync"/>; a dry run asks for none.</param>
    public async Task<SettingsJudgement> JudgeAsync(SettingsSnapshot newest, SettingsSnapshot wanted, long? basis, bool confirmed, string? leaving, Author user, CancellationToken cancel)
    {
        var changes = wanted.Since(newest);
        if (basis is { } asked && asked != newest.Version)
            return new(Conflict(asked, new SaveResult.Conflict(newest.Version, newest.SavedBy, newest.SavedAt)), changes, []);
        var errors = Judge(wanted);
        var faults = errors.Where(e => !e.IsWarning).Select(Fault).ToList();
        if (faults.Count > 0)
            return new(Answers.Faults(faults), changes, []);
        if (await LeftBehindAsync(newest, wanted, leaving, cancel) is { } refusal)
            return new(refusal, changes, []);
        if (await loops.RefusalAsync(new SettingSet(newest.Version, wanted.Values), changes, cancel) is { } circle)
            return new(circle, changes, []);
        if (keys.Current is null && Seals(wanted) && !Seals(newest))
            return new(NoKey, changes, []);
        const string table = "destination.rules";
        if (newest.Version > 0 && SilentCopies.Refusal(user, newest.Values.GetValueOrDefault(table) ?? "", wanted.Values.GetValueOrDefault(table) ?? "") is { } silent)
            return new(silent, changes, []);
        if (await AloneAsync(newest, wanted, user, cancel) is { } alone)
            return new(alone, changes, []);
        IReadOnlyList<string> notes = [.. errors.Where(e => e.IsWarning).Select(e => e.ToString())];
        // Asked once, when the table changes: whoever edits another line of it later confirms again, because the whole text is what he saves.
        if (!confirmed && errors.Find(e => e.NeedsConfirmation && changes.Any(change => change.Name == e.Name)) is { } doubt)
            return new(Answers.Problem(new Problem
            {
                Title = doubt.Message,
                Status = StatusCodes.Status409Conflict,
                Detail = "This must be confirmed; nothing was saved.",
                Name = doubt.Name,
                Line = doubt.Line,
                Rule = doubt.Rule,
                Hint = "Save it with --yes (\"confirm\": true) if it is meant so.",
            }), changes, notes);
        return new(null, changes, notes);
    }

    /// <summary>APPROVE-60: what one has asked for another one agrees to, whatever way settings are saved. A farm whose settings nobody has saved yet is being restored.</summary>
    private async Task<IResult?> AloneAsync(SettingsSnapshot newest, SettingsSnapshot wanted, Author user, CancellationToken cancel)
    {
        const string name = "approval.release_on_expiry";
        if (newest.Version == 0 || wanted.Values.GetValueOrDefault(name) != "yes" || newest.Values.GetValueOrDefault(name) == "yes")
            return null;
        var asked = (await store.HistoryAsync(cancel)).TakeWhile(version => version.Values.GetValueOrDefault(name) == "asked").LastOrDefault();
        return asked is not null && !asked.SavedBy.Equals(user.Name, StringComparison.OrdinalIgnoreCase)
            ? null
            : Answers.Problem(
                StatusCodes.Status409Conflict, "Two administrators are needed to let silence count as consent; nothing was saved.", asked is null ? "Nobody has asked for it yet." : $"{asked.SavedBy} has asked for it, and cannot agree as well.", "APPROVE-60",
                asked is null ? $"clustermail settings set {name}=asked; then another administrator sets {name}=yes." : $"Another administrator sets {name}=yes.");
    }

    public static string Remark(string? comment) => Requests.Printable(comment ?? "", LongestComment);

    /// <summary>ADMIN-13: both values, or for a secret that it was changed.</summary>
    public static AuditNote Note(SettingsChangeRow row) => new(
        "settings.change", row.Node is null ? row.Name : $"{row.Name} ({row.Node})", IsSecret(row.Name) ? null : Value(row.Before), IsSecret(row.Name) ? Value("changed") : Value(row.After));

    private static Dictionary<string, string>? Value(string? text) => text is null ? null : new() { ["value"] = text };

    /// <summary>DOM-10: no way of saving settings takes a domain away from its accounts unasked, neither a table nor an import nor a rollback.</summary>
    private async Task<IResult?> LeftBehindAsync(SettingsSnapshot newest, SettingsSnapshot wanted, string? leaving, CancellationToken cancel)
    {
        var (before, after) = (Domains(newest), Domains(wanted));
        foreach (var domain in before.All.Where(domain => domain is { Keeps: true, SharedWith: null } && after.Find(domain.Name) is not { Keeps: true, SharedWith: null } && domain.Name != leaving))
            if (await accounts.CountAsync(domain.Name, cancel) is var count and > 0)
                return Answers.Problem(
                    StatusCodes.Status409Conflict, $"{domain.Name} has {count} accounts.", "Without it they would be out of reach; nothing was saved.", "DOM-10",
                    $"clustermail domain remove {domain.Name} --yes removes it with them; for {AccountStore.Kept.Days} days they can be restored.");
        return null;
    }

    /// <summary>DELIV-11: switched on without a key, the farm would take no mail any more.</summary>
    private static IResult NoKey => Answers.Problem(
        StatusCodes.Status409Conflict, "store.encrypt_at_rest needs a key, and this node has none.", rule: "DELIV-11",
        hint: "Name a key file, the same on all nodes, as clustermail.password-key-file in each node's file and start them again. Keep a copy of it apart from the database: without it the mail is lost.");

    private static bool Seals(SettingsSnapshot snapshot) => new SettingSet(snapshot.Version, snapshot.Values).Switch("store.encrypt_at_rest");

    public static OperatedDomains Domains(SettingsSnapshot snapshot) => OperatedDomains.Parse(snapshot.Values.GetValueOrDefault(DomainTable) ?? Catalogue.Get(DomainTable).Default).Domains;

    private List<SettingError> Judge(SettingsSnapshot wanted) =>
        [.. validator.Check(wanted.Values), .. wanted.Overrides.OrderBy(n => n.Key, StringComparer.Ordinal).SelectMany(n => validator.CheckOverrides(n.Key, n.Value))];

    public static Fault Fault(SettingError error) =>
        new(error.Name, error.Line == 0 ? null : error.Line, error.Column == 0 ? null : error.Column, error.Rule, error.Message);

    public static IResult Conflict(long asked, SaveResult.Conflict now) => Answers.Problem(
        StatusCodes.Status409Conflict, $"Settings were changed since by {now.ChangedBy}: version {now.Newest} of {now.ChangedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z.",
        $"Your changes were made on version {asked}; nothing was overwritten.", "ADMIN-25", $"See them with: clustermail settings diff {asked} {now.Newest}");

    public static IReadOnlyList<SettingDifference> Differences(IReadOnlyList<SettingsChangeRow> rows) =>
        [.. rows.Select(r => new SettingDifference(r.Name, r.Node, Shown(r.Name, r.Before), Shown(r.Name, r.After)))];

    /// <summary>A name that is not in the catalogue (an older node reading a newer version) is treated as a secret: nobody here knows that it is none.</summary>
    public static bool IsSecret(string name) => Catalogue.Find(name) is null or { Secret: true };

    public static string? Shown(string name, string? value) => value is { Length: > 0 } && IsSecret(name) ? Masked : value;
}

/// <param name="Refusal">Null: it may be saved.</param>
/// <param name="Notes">What whoever saves it should know.</param>
internal sealed record SettingsJudgement(IResult? Refusal, IReadOnlyList<SettingsChangeRow> Changes, IReadOnlyList<string> Notes);

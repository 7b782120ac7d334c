using ClusterMail.Admin.Contract;
using ClusterMail.Policy.Personal;
using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>One kind of table an account may have of its own: how it is called, judged, found and written.</summary>
/// <param name="File">The original's name.</param>
/// <param name="Rule">Named where the text as a whole is wrong.</param>
internal sealed record PersonalTable(
    string Name, string File, string Rule, Func<string, IReadOnlyList<SettingError>> Check, Func<AccountTexts, string> Of, Func<string, AccountEdit> Edit)
{
    private static readonly PersonalTable[] All =
    [
        new(AccountTableNames.Hours, "usetime.dat", "UTIME-3", text => PersonalRules.Check("", "", text), texts => texts.Hours, text => new AccountEdit { Hours = text }),
        new(AccountTableNames.Destination, "sender.dat", "DEST-1", text => PersonalRules.Check("", text, ""), texts => texts.Destinations, text => new AccountEdit { Destinations = text }),
        new(AccountTableNames.Relay, "effect.dat", "RELAY-40", text => PersonalRules.Check(text, "", ""), texts => texts.RelayRules, text => new AccountEdit { RelayRules = text }),
    ];

    /// <summary>Null: no table is called so.</summary>
    public static PersonalTable? Find(string name) => Array.Find(All, table => table.Name == name);

    /// <summary>Names of those an account has.</summary>
    public static IReadOnlyList<string> Present(AccountRow row)
    {
        var texts = new AccountTexts(0, row.ChangedAt, row.ChangedBy, row.Hours, row.Destinations, row.RelayRules);
        return [.. All.Where(table => table.Of(texts).Length > 0).Select(table => table.Name)];
    }
}

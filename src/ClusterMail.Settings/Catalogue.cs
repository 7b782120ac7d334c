using System.Collections.Frozen;

namespace ClusterMail.Settings;

/// <summary>All settings of the cluster (chapter 11 G), those in force today. A name that is not here does not exist (CONF-60).</summary>
public static class Catalogue
{
    private static readonly SettingDefinition[] Definitions =
    [
        .. ServiceSettings.All, .. ReceiveSettings.All, .. AuthSettings.All, .. RelaySettings.All, .. AccountSettings.All, .. LdapSettings.All, .. RouteSettings.All, .. DeliverySettings.All,
        .. MailboxSettings.All, .. ApprovalSettings.All, .. ClusterSettings.All, .. LogSettings.All,
    ];

    private static readonly FrozenDictionary<string, SettingDefinition> ByName = Definitions.ToFrozenDictionary(d => d.Name, StringComparer.Ordinal);

    public static IReadOnlyList<SettingDefinition> All => Definitions;

    public static SettingDefinition? Find(string name) => ByName.GetValueOrDefault(name);

    /// <exception cref="KeyNotFoundException">The program asks for a setting that is not in the catalogue: our bug.</exception>
    public static SettingDefinition Get(string name) => ByName.TryGetValue(name, out var definition)
        ? definition
        : throw new KeyNotFoundException($"There is no setting '{name}'.");

    /// <summary>
    /// The values a profile sets (README 4 and 5). <c>safe</c> is the defaults and therefore empty; <c>original</c> has every setting whose
    /// original value differs. Null: there is no such profile.
    /// </summary>
    public static IReadOnlyDictionary<string, string>? Profile(string name) => name switch
    {
        "safe" => new Dictionary<string, string>(),
        "original" => Definitions.Where(d => d.Original is not null).ToDictionary(d => d.Name, d => d.Original!, StringComparer.Ordinal),
        _ => null,
    };

    /// <summary>The existing name a mistyped one was probably meant to be; null when nothing is near.</summary>
    public static string? Nearest(string name)
    {
        var best = Definitions.Select(d => (d.Name, Distance: EditDistance(name, d.Name))).MinBy(pair => pair.Distance);
        return best.Distance <= Math.Max(3, name.Length / 3) ? best.Name : null;
    }

    /// <summary>Levenshtein distance over at most 64 characters of each word: names are short, and the text comes from outside.</summary>
    private static int EditDistance(ReadOnlySpan<char> from, ReadOnlySpan<char> to)
    {
        const int longest = 64;
        from = from[..Math.Min(from.Length, longest)];
        to = to[..Math.Min(to.Length, longest)];
        Span<int> row = stackalloc int[longest + 1];
        for (var j = 0; j <= to.Length; j++)
            row[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.Length];
    }
}

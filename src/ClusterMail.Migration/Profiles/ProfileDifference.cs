using ClusterMail.Settings;

namespace ClusterMail.Migration.Profiles;

/// <summary>One place where the farm will behave differently from the original (ADMIN-53).</summary>
/// <param name="Japanese">The original's term, where it has one.</param>
/// <param name="Original">Value that would make it behave as the original does.</param>
/// <param name="Ours">Value it has here.</param>
public sealed record ProfileDifference(string Setting, string Japanese, string Rule, string Original, string Ours, string Meaning)
{
    /// <summary>Switches of README 5 whose room is not built: what they decide is not there to differ yet.</summary>
    private static readonly (string Setting, string Rule, string With)[] Later =
    [
        ("compat.autoreply.always", "RPLY-7", "automatic reply"),
        ("compat.autoreply.iso2022jp", "RPLY-1", "automatic reply"),
        ("compat.ml.null_sender", "ML-37", "mailing lists"),
        ("compat.ml.keep_from", "ML-42", "mailing lists"),
        ("compat.ml.unconfirmed", "ML-87", "mailing lists"),
        ("compat.ml.open_archive", "ML-88", "mailing lists"),
        ("compat.ml.trust_manager_address", "ML-89", "mailing lists"),
        ("compat.ml.open_from", "ML-90", "mailing lists"),
        ("compat.filter.personal_whole_message", "FILT-31", "the content filter"),
        ("compat.av.notify_outside", "AVN-8", "the virus scan"),
    ];

    /// <summary>Those of a set of values: every setting that has another value in the original, and what can never be as it was.</summary>
    /// <param name="values">As they will be in force; what is not there has its default.</param>
    public static IReadOnlyList<ProfileDifference> Of(IReadOnlyDictionary<string, string> values)
    {
        var set = new SettingSet(0, values);
        var differing = Catalogue.All.Where(d => d.Original is { } original && !Same(d, set.Text(d.Name), original))
            .Select(d => new ProfileDifference(d.Name, d.Japanese, d.Rule, d.Original!, set.Text(d.Name), d.Summary));
        var later = Later.Where(switches => Catalogue.Find(switches.Setting) is null)
            .Select(switches => new ProfileDifference(switches.Setting, "", switches.Rule, "true", "-", $"Comes with {switches.With}."));
        return [.. differing.OrderBy(d => d.Setting, StringComparer.Ordinal), .. later, .. Fixed];
    }

    // README 5: there is no switch back.
    private static readonly ProfileDifference[] Fixed =
    [
        new("tls.min_version", "", "RECV-4", "lowest the platform offers", "1.2", "Clients that speak TLS 1.0 or 1.1 only cannot use TLS here."),
        new("-", "apop.dat", "AUTH-7", "passwords in clear text in files", "hashed", "No file and no table holds a password that can be read."),
        new("-", "リトライ回数(受信拒否)", "RETRY-6", "0 = about 2^32 retries", "0 = none", "There is no unlimited number of retries after a refusal."),
        new("-", "", "DELIV-13", "internal forwards through SMTP", "inside the farm", "Mail between accounts needs no line true in the relay list."),
        new("-", "追加処理プログラム", "RPLY-9", "DLL run for each mail", "none", "No program of the customer's runs inside the server."),
        new("-", "", "RETRY-15", "reason of the last step", "most specific reply", "Error mails and faillog show the reply that says most."),
    ];

    private static bool Same(SettingDefinition definition, string ours, string original) =>
        definition.Type == SettingType.Switch ? ours is "true" or "on" or "yes" or "1" == original is "true" or "on" or "yes" or "1" : ours == original;
}

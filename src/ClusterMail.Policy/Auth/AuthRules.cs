using System.Collections.Immutable;
using ClusterMail.Policy.Relay;
using ClusterMail.Settings;

namespace ClusterMail.Policy.Auth;

/// <summary>Who must prove who he is, of one settings version (chapter 01 D, E).</summary>
public sealed class AuthRules
{
    private static readonly char[] Separators = [' ', ',', '\n', '\r', '\t'];
    private static readonly string[] Known = ["PLAIN", "LOGIN", "SCRAM-SHA-256", "CRAM-MD5"];
    private readonly ImmutableArray<SenderPattern> _required;

    private AuthRules(SettingSet set)
    {
        var cramMd5 = OffersCramMd5(set);
        Methods = [.. Words(set.Text("auth.methods")).Where(method => Known.Contains(method) && (method != "CRAM-MD5" || cramMd5)).Distinct()];
        Level = set.Choice("auth.security_level") switch { "open" => SecurityLevel.Open, "all" => SecurityLevel.All, _ => SecurityLevel.PerAccount };
        Trust = set.Choice("auth.sender_trust") switch { "1" => SenderTrust.Identity, "3" => SenderTrust.Header, _ => SenderTrust.Envelope };
        AllowClear = set.Switch("compat.auth.allow_clear");
        _required = [.. set.List("auth.required_senders").Select(text => SenderPattern.Parse(text, out var pattern) is null ? pattern : (SenderPattern?)null).OfType<SenderPattern>()];
    }

    /// <summary>SMTP 認証方法, in the order offered; empty: AUTH is off (AUTH-1). CRAM-MD5 only with its two switches.</summary>
    public ImmutableArray<string> Methods { get; }
    public bool Enabled => !Methods.IsEmpty;
    public SecurityLevel Level { get; }
    public SenderTrust Trust { get; }

    /// <summary>AUTH also without TLS (<c>compat.auth.allow_clear</c>).</summary>
    public bool AllowClear { get; }

    public static AuthRules From(SettingSet set) => new(set);

    /// <summary>AUTH-15: the sender is listed as one that must authenticate, whatever domain it has.</summary>
    internal bool Requires(in SenderFacts sender)
    {
        foreach (var pattern in _required)
            if (pattern.Special == sender.Kind || (pattern.Special is null && sender.Kind is not (SenderKind.Null or SenderKind.Blank) && pattern.Matches(sender)))
                return true;
        return false;
    }

    internal static IReadOnlyList<SettingError> CheckMethods(string text, SettingSet set)
    {
        var words = Words(text);
        if (words.FirstOrDefault(method => !Known.Contains(method) && method != "NO") is { } strange)
            return [new SettingError("auth.methods", 0, 0, "AUTH-1", $"'{strange}' is none of {string.Join(", ", Known)} or NO")];
        return words.Contains("CRAM-MD5") && !OffersCramMd5(set)
            ? [new SettingError("auth.methods", 0, 0, "AUTH-1", "CRAM-MD5 is not offered: it needs compat.auth.cram_md5 and compat.auth.recoverable_store") { IsWarning = true }]
            : [];
    }

    internal static IReadOnlyList<SettingError> CheckRequired(string text) =>
    [
        .. text.Split(Separators, StringSplitOptions.RemoveEmptyEntries).Select(word => SenderPattern.Parse(word, out _)).OfType<string>()
            .Select(complaint => new SettingError("auth.required_senders", 0, 0, "AUTH-15", complaint)),
    ];

    private static bool OffersCramMd5(SettingSet set) => set.Switch("compat.auth.cram_md5") && set.Switch("compat.auth.recoverable_store");

    private static string[] Words(string text) => text.ToUpperInvariant().Split(Separators, StringSplitOptions.RemoveEmptyEntries);
}

using ClusterMail.Accounts;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Policy.Destinations;

/// <summary>A destination restriction (送信先制限, <c>sender.dat</c>): the destinations a local sender may mail to (05 G). Immutable.</summary>
public sealed class DestinationTable
{
    internal DestinationTable(IReadOnlyList<DestinationRule> rules) => Rules = rules;

    public static DestinationTable Empty { get; } = new([]);

    public IReadOnlyList<DestinationRule> Rules { get; }

    /// <param name="setting">How errors call the text.</param>
    public static (DestinationTable Table, IReadOnlyList<SettingError> Errors) Parse(string text, string setting = "sender.dat") => new DestinationParser(setting).Parse(text);

    /// <summary>The first line that matches (APPROVE-26), or what its absence means (DEST-3 to DEST-5, APPROVE-30).</summary>
    public DestinationAnswer Ask(Mailbox destination)
    {
        if (Rules.Count == 0)
            return new DestinationAnswer(DestinationMode.Allow, "DEST-3", null);
        var key = $"{AddressKey.Unquote(destination.LocalPart).ToLowerInvariant()}@{DomainName.Normalize(destination.Domain)}";
        foreach (var rule in Rules)
            if (Glob.Matches(rule.Key, key))
                return new DestinationAnswer(rule.Mode, $"{(rule.Mode switch
                {
                    DestinationMode.Forbid => "DEST-5",
                    DestinationMode.Unreadable => "APPROVE-13",
                    DestinationMode.Allow => "DEST-1",
                    _ => "DEST-10",
                })} line {rule.Line}", rule);
        return Rules.Any(rule => rule.Mode == DestinationMode.Allow) ? new DestinationAnswer(DestinationMode.Forbid, "DEST-4", null)
            : Rules.Any(rule => rule.Mode is DestinationMode.Forbid or DestinationMode.Unreadable) ? new DestinationAnswer(DestinationMode.Forbid, "DEST-5", null)
            : new DestinationAnswer(DestinationMode.Allow, "APPROVE-30", null);
    }
}

/// <summary>What one table says of one destination.</summary>
/// <param name="Rule">For logs: <c>DEST-5 line 2</c>.</param>
/// <param name="By">The line that decided; null: none matched.</param>
public readonly record struct DestinationAnswer(DestinationMode Mode, string Rule, DestinationRule? By);

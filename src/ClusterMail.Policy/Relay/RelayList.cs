using System.Collections.Immutable;
using System.Net;
using ClusterMail.Settings;

namespace ClusterMail.Policy.Relay;

/// <summary>The relay list, parsed and indexed (chapter 02 A). Immutable once built; one look-up costs the same for five lines and five thousand.</summary>
public sealed class RelayList
{
    private readonly ClientIndex _clients = new();
    private readonly SenderIndex _senders = new();

    internal RelayList(ImmutableArray<(RelayRule Rule, ClientPattern Client, SenderPattern Sender)> rules)
    {
        Rules = [.. rules.Select(r => r.Rule)];
        for (var position = 0; position < rules.Length; position++)
            if (rules[position].Rule.ByClient)
                _clients.Add(rules[position].Client, position);
            else
                _senders.Add(rules[position].Sender, position);
    }

    public static RelayList Empty { get; } = new([]);

    public ImmutableArray<RelayRule> Rules { get; }

    /// <summary>Faulty lines are left out and told; EX-RELAY-14 wants an import to go on without them.</summary>
    public static (RelayList List, IReadOnlyList<SettingError> Errors) Parse(string text, RelaySwitches switches) => new RelayListParser(switches).Parse(text);

    /// <summary>An account's own list (RELAY-43): <c>norelay</c> and <c>only</c> are ignored with a warning.</summary>
    public static (RelayList List, IReadOnlyList<SettingError> Errors) ParsePersonal(string text) => new RelayListParser(default, personal: true).Parse(text);

    /// <summary>The line that decides for this client and sender: the first that matches (RELAY-2).</summary>
    internal RelayMatch Match(IPAddress client, in SenderFacts sender)
    {
        var byClient = _clients.First(client);
        var bySender = _senders.First(sender, out var special);
        var first = Math.Min(byClient, bySender);
        return new RelayMatch(
            first < Rules.Length ? Rules[first] : null,
            byClient < Rules.Length ? Rules[byClient] : null,
            Rules.Length > 0 && Rules[^1].Action == RelayAction.Only ? Rules[^1] : null,
            special < Rules.Length);
    }

    /// <summary>A personal list: the first line that matches, or null, which accepts (RELAY-43).</summary>
    internal RelayRule? MatchPersonal(IPAddress client, in SenderFacts sender) =>
        Rules.IsEmpty || Math.Min(_clients.First(client), _senders.First(sender, out _)) is var first && first >= Rules.Length ? null : Rules[first];
}

/// <summary>What the list says of one transaction.</summary>
/// <param name="Deciding">The first line that matches; null: none does (RELAY-5).</param>
/// <param name="Client">The first line whose IP pattern matches, wherever it stands: the proof RELAY-60 asks for.</param>
/// <param name="Only">The list ends with this <c>only</c> line, so whoever no line matches has the lower half of Table V.</param>
/// <param name="Special">A <c>#…</c> line matches the sender: such lines come before the dynamic denies (RELAY-51).</param>
internal readonly record struct RelayMatch(RelayRule? Deciding, RelayRule? Client, RelayRule? Only, bool Special)
{
    /// <summary>RELAY-60: the operator named this client. A pattern that takes in everybody names nobody.</summary>
    public bool KnownClient => Client is { Everyone: false, Action: RelayAction.Default or RelayAction.True or RelayAction.Only };
}

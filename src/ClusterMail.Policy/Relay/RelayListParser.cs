using System.Collections.Immutable;
using ClusterMail.Settings;

namespace ClusterMail.Policy.Relay;

/// <summary>Reads the text of <c>relay.rules</c> (chapter 02 A), or of an account's own list, and says what is wrong with it, line by line.</summary>
/// <param name="personal">An account's own list (RELAY-43).</param>
internal sealed class RelayListParser(RelaySwitches switches, bool personal = false)
{
    private readonly string _setting = personal ? "effect.dat" : "relay.rules";

    /// <summary>A wrong file (a picture, a log) must not cost a report of a million lines. Counted apart, so that warnings never hide an error.</summary>
    private const int MaxErrors = 100;
    private const int MaxWarnings = 100;

    private readonly ImmutableArray<(RelayRule Rule, ClientPattern Client, SenderPattern Sender)>.Builder _rules =
        ImmutableArray.CreateBuilder<(RelayRule Rule, ClientPattern Client, SenderPattern Sender)>();
    private readonly List<SettingError> _errors = [];
    private bool _ended;
    private bool _toldIgnored;
    private int _warnings;

    public (RelayList List, IReadOnlyList<SettingError> Errors) Parse(string text)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsEmpty || line[0] is '\'' or ' ')
                continue;
            if (_ended)
                TellIgnored(number);
            else
                ParseLine(number, line.ToString());
        }
        if (!personal)
            TellShippedLines();
        return (new RelayList(_rules.ToImmutable()), _errors);
    }

    private void ParseLine(int number, string line)
    {
        if (line.IndexOf('\t', StringComparison.Ordinal) is var tab and >= 0)
        {
            Error(number, tab + 1, "RELAY-1", "a TAB does not separate; write a blank");
            return;
        }
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 2)
        {
            Error(number, line.IndexOf(words[2], words[0].Length + words[1].Length, StringComparison.Ordinal) + 1, "RELAY-1", "one pattern and one action are all a line holds");
            return;
        }
        var action = RelayAction.True;                                         // RELAY-3
        var option = NoRelayOption.None;
        var actionColumn = words.Length < 2 ? 1 : line.IndexOf(words[1], words[0].Length, StringComparison.Ordinal) + 1;
        if (words.Length == 2 && !ParseAction(number, actionColumn, words[1], out action, out option))
            return;
        AddRule(number, actionColumn, words[0], action, option);
    }

    private bool ParseAction(int number, int column, string word, out RelayAction action, out NoRelayOption option)
    {
        var parts = word.Split(',', 2);
        option = NoRelayOption.None;
        action = default;
        // Enum.Parse would also take "0" and "True, False".
        switch (parts[0].ToLowerInvariant())
        {
            case "default": action = RelayAction.Default; break;
            case "true": action = RelayAction.True; break;
            case "false": action = RelayAction.False; break;
            case "norelay": action = RelayAction.NoRelay; break;
            case "only": action = RelayAction.Only; break;
            default:
                Error(number, column, "RELAY-20", $"'{parts[0]}' is not one of true, false, default, norelay, only");
                return false;
        }
        return parts.Length == 1 || ParseOption(number, column + parts[0].Length + 1, action, parts[1], out option);
    }

    private bool ParseOption(int number, int column, RelayAction action, string word, out NoRelayOption option)
    {
        option = NoRelayOption.None;
        if (action != RelayAction.NoRelay)
        {
            Error(number, column, "RELAY-25", "only norelay takes a number");
            return false;
        }
        switch (word)
        {
            case "0": option = NoRelayOption.NotEvenAuthenticated; return true;
            case "2": option = NoRelayOption.AuthWaived; return true;
            case "1": Warn(number, "RELAY-25", "norelay,1 has no meaning and is taken as norelay"); return true;
            default:
                Error(number, column, "RELAY-25", $"'{word}' is not 0, 1 or 2");
                return false;
        }
    }

    private void AddRule(int number, int actionColumn, string pattern, RelayAction action, NoRelayOption option)
    {
        var byClient = ClientPattern.LooksLikeOne(pattern);
        ClientPattern client = default;
        SenderPattern sender = default;
        var complaint = byClient ? ClientPattern.Parse(pattern, out client) : SenderPattern.Parse(pattern, out sender);
        if (complaint is not null)
        {
            Error(number, 1, byClient ? "RELAY-6" : "RELAY-7", complaint);
            return;
        }
        if (personal)
        {
            if (action is RelayAction.NoRelay or RelayAction.Only)
                Warn(number, "RELAY-43", $"{(action == RelayAction.Only ? "only" : "norelay")} has no meaning in an account's own list and is ignored");
            else
                _rules.Add((new RelayRule(number, pattern, byClient, false, action, option) { Personal = true }, client, sender));
            return;
        }
        if (action == RelayAction.True && byClient && !CheckWidth(number, actionColumn, client))
            return;
        if (action is RelayAction.Default or RelayAction.Only && byClient && client.IsEveryone && !switches.TrustEnvelopeSender)
            Warn(number, "RELAY-60", "this names everybody, so it is no proof of a client and gives nobody the right to relay");
        if (action == RelayAction.True && !byClient && !switches.EnvelopeTrue)
            Warn(number, "RELAY-61", "anybody can claim a sender, so true acts as default here (compat.relay.envelope_true)");
        _rules.Add((new RelayRule(number, pattern, byClient, byClient && client.IsEveryone, action, option), client, sender));
        _ended = action == RelayAction.Only;
    }

    private bool CheckWidth(int number, int column, in ClientPattern client)
    {
        if (client.IsEveryone && !switches.WideTrue)
        {
            Error(number, column, "RELAY-62", "true for everybody makes an open relay and is refused (compat.relay.wide_true)");
            return false;
        }
        if (client.IsWide)
            Warn(number, "RELAY-62", "true for a range this wide lets each machine in it send anything without AUTH", confirm: !switches.WideTrue);
        return true;
    }

    private void TellIgnored(int number)
    {
        if (!_toldIgnored)
            Warn(number, "RELAY-4", "this line and all below are ignored: only ends the list");
        _toldIgnored = true;
    }

    private void TellShippedLines()
    {
        var first = _rules.Count == 0 ? null : _rules[0].Rule;
        if (first is not { Pattern: "#<>", Action: RelayAction.Default or RelayAction.True })
            Warn(0, "RELAY-63", "the list does not begin with '#<> default'; error mails from other servers may be refused");
    }

    private void Error(int line, int column, string rule, string message)
    {
        if (_errors.Count - _warnings < MaxErrors)
            _errors.Add(new SettingError(_setting, line, column, rule, message));
    }

    private void Warn(int line, string rule, string message, bool confirm = false)
    {
        if (_warnings++ < MaxWarnings)
            _errors.Add(new SettingError(_setting, line, 0, rule, message) { IsWarning = true, NeedsConfirmation = confirm });
        else
            _warnings = MaxWarnings;
    }
}

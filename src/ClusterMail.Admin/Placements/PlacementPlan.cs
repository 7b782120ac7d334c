using System.Globalization;
using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Admin.Placements;

/// <summary>What a placement makes of the settings as they are: the tables of APPROVE-411, 423, 435 and 447. Pure.</summary>
internal sealed class PlacementPlan
{
    private readonly PlacementTerms _terms;
    private readonly SettingSet _now;
    private readonly List<SettingChange> _changes = [];
    private readonly List<PresetValue> _values = [];
    private readonly List<PresetConflict> _conflicts = [];

    private PlacementPlan(PlacementTerms terms, SettingSet now) => (_terms, _now) = (terms, now);

    public IReadOnlyList<SettingChange> Changes => _changes;
    public IReadOnlyList<PresetValue> Values => _values;

    /// <summary>Settings in the way, which <see cref="Changes"/> overwrites.</summary>
    public IReadOnlyList<PresetConflict> Conflicts => _conflicts;

    public static PlacementPlan Of(PlacementTerms terms, SettingsSnapshot snapshot)
    {
        var plan = new PlacementPlan(terms, new SettingSet(snapshot.Version, snapshot.Values));
        switch (terms.Kind)
        {
            case PlacementKind.Front: plan.Front(); break;
            case PlacementKind.Hosted: plan.Hosted(); break;
            case PlacementKind.Local: plan.Local(); break;
            default: plan.Exchange(); break;
        }
        plan.Set("approval.enabled", "true", "APPROVE-2");
        return plan;
    }

    /// <summary>APPROVE-411, APPROVE-412.</summary>
    private void Front()
    {
        Domain("routed", "APPROVE-411");
        WithoutTable("a routing table and a smart host together send mail for inside out and back");
        SmartHost("APPROVE-411");
        Set("route.forward_all", "true", "APPROVE-411");
        if (!_terms.AuthOff)
        {
            AuthRequired("APPROVE-411");
            return;
        }
        Set("auth.methods", "NO", "APPROVE-412");
        Set("auth.security_level", "open", "APPROVE-412");
        if (_now.IsSet("relay.rules") && _now.Text("relay.rules") != Relay())
            Conflict("relay.rules", "APPROVE-412", "there is a relay list already; without AUTH the placement's own list says which networks may submit");
        Set("relay.rules", Relay(), "APPROVE-412");
        if (_now.Choice("approval.web.auth") != "login")
            Conflict("approval.web.auth", "APPROVE-412", "the page lets whoever has a link decide; without AUTH it must ask for a login");
        Set("approval.web.auth", "login", "APPROVE-412");
        if (_now.Switch("approval.accept_legacy_tokens"))
            Conflict("approval.accept_legacy_tokens", "APPROVE-412", "unsigned decision texts are taken; without AUTH decisions need the signature");
        Set("approval.accept_legacy_tokens", "false", "APPROVE-412");
    }

    /// <summary>APPROVE-423.</summary>
    private void Hosted()
    {
        Domain("routed", "APPROVE-423");
        WithoutGateway("APPROVE-423");
        Line("route.table", "*", $"*,{_terms.HostText},{_terms.PortText},per-user", first: false, "APPROVE-423");
        Set("route.forward_all", "true", "APPROVE-420");
        AuthRequired("APPROVE-422");
    }

    /// <summary>APPROVE-435.</summary>
    private void Local()
    {
        Domain("local", "APPROVE-435");
        if (_now.Switch("route.forward_all"))
            Conflict("route.forward_all", "APPROVE-403", "everything is passed on; where the mailboxes are it must be off, or mail runs in a circle");
        Set("route.forward_all", "false", "APPROVE-403");
        if (_terms.Host.Length > 0)
            SmartHost("APPROVE-435");
    }

    /// <summary>APPROVE-447.</summary>
    private void Exchange()
    {
        Domain("routed", "APPROVE-447");
        WithoutGateway("APPROVE-447");
        Line("route.table", _terms.Domain, $"{_terms.Domain},{_terms.HostText},{_terms.PortText}", first: true, "APPROVE-444");
        if (_now.Text("approval.sub_domain_label") is { Length: > 0 } label && label != _terms.Label)
            Conflict("approval.sub_domain_label", "APPROVE-440", $"the label is {label}; links in requests that are open now lead there");
        Set("approval.sub_domain_label", _terms.Label, "APPROVE-447");
        Set("approval.internal_servers", string.Join(' ', _now.List("approval.internal_servers").Union(_terms.Servers, StringComparer.OrdinalIgnoreCase)), "APPROVE-447");
    }

    private void AuthRequired(string rule)
    {
        if (_now.Text("auth.methods").Trim() is "" or "NO")
            Set("auth.methods", Catalogue.Get("auth.methods").Default, rule);
        Set("auth.security_level", "all", rule);
    }

    private void SmartHost(string rule)
    {
        var port = _terms.Port.ToString(CultureInfo.InvariantCulture);
        if (_now.Text("route.gateway") is { Length: > 0 } gateway && gateway != _terms.HostText)
            Conflict("route.gateway", rule, $"there is a smart host already: {gateway}");
        Set("route.gateway", _terms.HostText, rule);
        if (_now.IsSet("delivery.port") && _now.Text("delivery.port") != port)
            Conflict("delivery.port", "APPROVE-458", $"mail is sent to port {_now.Text("delivery.port")} now");
        Set("delivery.port", port, "APPROVE-458");
    }

    /// <summary>APPROVE-404: with a smart host there is no table.</summary>
    private void WithoutTable(string why)
    {
        if (Lines("route.table").All(IsComment))
            return;
        Conflict("route.table", "APPROVE-404", $"it has lines; {why}");
        Set("route.table", "", "APPROVE-404");
    }

    /// <summary>APPROVE-404: with a table the smart host stays empty.</summary>
    private void WithoutGateway(string rule)
    {
        if (_now.Text("route.gateway") is { Length: > 0 } gateway)
            Conflict("route.gateway", "APPROVE-404", $"there is a smart host: {gateway}; with a routing table it must be empty, or mail for inside goes there and comes back");
        Set("route.gateway", "", rule);
    }

    /// <summary>The domain's line with its other options; a domain that keeps its mailboxes here does not lose sight of them unasked.</summary>
    private void Domain(string kind, string rule)
    {
        const string table = "domain.table";
        var found = OperatedDomains.Parse(_now.Text(table)).Domains.Find(_terms.Domain);
        var line = Lines(table).FirstOrDefault(text => !IsComment(text) && DomainName.Normalize(Head(text, ' ')) == _terms.Domain);
        var words = line?.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (found is { Keeps: true } && words[1] != kind && !(kind == "routed" && words[1] == "local" && _now.Switch("route.forward_all")))
            Conflict(table, "APPROVE-400", $"{_terms.Domain} is {words[1]} now and would be {kind}: {(kind == "routed" ? "its accounts would have no mailboxes here any more" : "its accounts would get mailboxes here")}");
        // What says where mailboxes are belongs to the kind.
        var options = words.Skip(2).Where(option => !option.StartsWith("delivery=", StringComparison.Ordinal));
        var wanted = words is [_, var had, ..] && had == kind ? line! : string.Join(' ', [_terms.Domain, kind, .. options]);
        Save(table, line is null ? [.. Lines(table), wanted] : [.. Lines(table).Select(text => text == line ? wanted : text)], wanted, rule);
    }

    /// <summary>One line for a target of a table; another one for it is in the way.</summary>
    private void Line(string table, string target, string wanted, bool first, string rule)
    {
        var lines = Lines(table);
        var other = lines.FirstOrDefault(text => !IsComment(text) && text != wanted && Head(text, ',').Trim().Equals(target, StringComparison.OrdinalIgnoreCase));
        if (other is not null)
            Conflict(table, "APPROVE-404", $"there is a line for {target} already: {other}");
        string[] kept = [.. lines.Where(text => text != wanted && text != other)];
        Save(table, first ? [wanted, .. kept] : [.. kept, wanted], wanted, rule);
    }

    private void Save(string table, string[] lines, string shown, string rule)
    {
        var text = string.Join('\n', [.. lines, ""]);
        _values.Add(new PresetValue(table, shown, Lines(table).Contains(shown) ? shown : "", rule));
        if (!Lines(table).SequenceEqual(lines))
            _changes.Add(new SettingChange(table, text));
    }

    private void Set(string name, string value, string rule)
    {
        _values.Add(new PresetValue(name, value, _now.Text(name), rule));
        if (_now.Text(name) != value)
            _changes.Add(new SettingChange(name, value));
    }

    private void Conflict(string setting, string rule, string text) => _conflicts.Add(new PresetConflict(setting, rule, text));

    private string Relay() => string.Join('\n', ["#<> default", "#blank false", .. _terms.Networks.Select(network => $"{network} true"), "*.*.*.* false", ""]);

    private string[] Lines(string table) => [.. _now.Text(table).ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static bool IsComment(string line) => line[0] is '\'' or ' ' or '\t';

    private static string Head(string line, char end) => line.IndexOfAny([end, '\t']) is var at and >= 0 ? line[..at] : line;
}

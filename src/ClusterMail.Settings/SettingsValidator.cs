using System.Globalization;

namespace ClusterMail.Settings;

/// <summary>Decides whether values may be saved (ADMIN-25). Pure; safe to use from many threads.</summary>
/// <param name="tables">Checkers by setting name for tables, lists and texts; one without may hold anything that its type allows.</param>
public sealed class SettingsValidator(IReadOnlyDictionary<string, TableCheck>? tables = null)
{
    /// <summary>Characters of one value, 4 Mi: every node holds every value in memory.</summary>
    public const int MaxLength = 4 * 1024 * 1024;

    private static readonly string[] SwitchWords = ["true", "false", "on", "off", "yes", "no", "1", "0"];

    /// <summary>One value. <paramref name="set"/> is what it would join; only tables look at it.</summary>
    public IReadOnlyList<SettingError> Check(string name, string text, SettingSet? set = null) =>
        Catalogue.Find(name) is not { } definition ? [Unknown(name)]
        : text.Length > MaxLength ? [new SettingError(name, 0, 0, "CONF-61", $"is longer than {MaxLength} characters")]
        : definition.Type == SettingType.Table ? CheckTable(definition, text, set ?? SettingSet.Empty)
        : text.AsSpan().IndexOfAnyInRange('\0', '\x1f') is var at and >= 0 && definition.Type != SettingType.List
            ? [new SettingError(name, 0, at + 1, "CONF-61", "holds a control character")]
        : CheckScalar(definition, text) is { Count: > 0 } errors ? errors
        : definition.Type is SettingType.List or SettingType.Text ? CheckTable(definition, text, set ?? SettingSet.Empty)
        : [];

    /// <summary>The set as a whole: each value, and what they say together.</summary>
    public IReadOnlyList<SettingError> Check(IReadOnlyDictionary<string, string> values)
    {
        var set = new SettingSet(0, values);
        return [.. values.OrderBy(v => v.Key, StringComparer.Ordinal).SelectMany(v => Check(v.Key, v.Value, set)), .. Together(set)];
    }

    /// <summary>The values one node has of its own (CLU-27).</summary>
    public IReadOnlyList<SettingError> CheckOverrides(string node, IReadOnlyDictionary<string, string> values)
    {
        var errors = new List<SettingError>();
        foreach (var (name, text) in values.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (Catalogue.Find(name) is { PerNode: false })
                errors.Add(new SettingError(name, 0, 0, "CLU-27", $"is the same on all nodes and cannot be set for {node} alone"));
            errors.AddRange(Check(name, text));
        }
        return errors;
    }

    private static SettingError Unknown(string name) => new(name, 0, 0, "CONF-60",
        Catalogue.Nearest(name) is { } near ? $"is no setting; did you mean {near}?" : "is no setting");

    private IReadOnlyList<SettingError> CheckTable(SettingDefinition definition, string text, SettingSet set) =>
        definition.Name == "listen" ? ListenTable.Parse(text).Errors
        : definition.Name == "cluster.service_addresses" ? ServiceAddressTable.Parse(text).Errors
        : tables is not null && tables.TryGetValue(definition.Name, out var check) ? check(text, set)
        : [];

    private static IReadOnlyList<SettingError> CheckScalar(SettingDefinition definition, string text)
    {
        var complaint = definition.Type switch
        {
            SettingType.Integer => CheckInteger(definition, text),
            SettingType.Switch when !SwitchWords.Contains(text) => "must be true or false",
            SettingType.Choice when !definition.Choices.Contains(text) => $"must be one of {string.Join(", ", definition.Choices)}",
            SettingType.Text or SettingType.List => ValueChecks.Complaint(definition.Name, text),
            _ => null,
        };
        return complaint is null ? [] : [new SettingError(definition.Name, 0, 0, RuleOf(definition), complaint)];
    }

    private static string RuleOf(SettingDefinition definition) => definition switch
    {
        { Name: "admin.address" } => "BOUNCE-5",
        { Type: SettingType.Integer or SettingType.Switch or SettingType.Choice } => "CONF-61",
        _ => definition.Rule,
    };

    private static string? CheckInteger(SettingDefinition definition, string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            return $"must be a whole number{Range(definition)}";
        if (value == 0 && definition.ZeroAllowed)
            return null;
        return value < definition.Min || value > definition.Max ? $"must be{Range(definition)}" : null;
    }

    private static string Range(SettingDefinition definition) =>
        $" from {definition.Min} to {definition.Max}{(definition.Unit.Length > 0 ? " " + definition.Unit : "")}{(definition.ZeroAllowed ? ", or 0" : "")}";

    private static IEnumerable<SettingError> Together(SettingSet set)
    {
        if (set.Switch("bounce.copy_to_admin") && set.Text("admin.address").Length == 0)
            yield return new SettingError("bounce.copy_to_admin", 0, 0, "BOUNCE-3", "needs admin.address: there is nobody to copy to");
        if (set.Text("tls.certificate").Length == 0 != (set.Text("tls.key").Length == 0))
            yield return new SettingError("tls.key", 0, 0, "RECV-5", "tls.certificate and tls.key work only together; TLS stays off") { IsWarning = true };
        if (set.Text("route.gateway_credential").Split(';')[0].Trim() == "own" && !set.Switch("compat.auth.recoverable_store"))
            yield return new SettingError("route.gateway_credential", 0, 0, "OUT-6", "own needs compat.auth.recoverable_store: without it no password can be sent on");
        foreach (var hidden in ServiceAddressTable.Parse(set.Text("cluster.service_addresses")).Addresses.Where(service => set.List("listen.deny").Contains(service.Name)))
            yield return new SettingError("cluster.service_addresses", 0, 0, "RECV-10", $"{hidden.Name} stands in listen.deny: clients would get no answer there");
        if (set.Switch("route.forward_all") && set.Text("route.gateway").Length == 0 && set.Text("route.table").Trim().Length == 0)
            yield return new SettingError("route.forward_all", 0, 0, "FALL-6", "has neither route.gateway nor a line of route.table to forward to") { IsWarning = true };
        if (set.Choice("approval.on_expire") == "release")
            yield return new SettingError("approval.on_expire", 0, 0, "APPROVE-60", "release turns silence into consent: mail that nobody has looked at is sent at its deadline") { IsWarning = true, NeedsConfirmation = true };
        if (set.Switch("approval.enabled") && set.List("approval.admins").Count == 0 && set.List("approval.fallback").Count == 0)
            yield return new SettingError("approval.enabled", 0, 0, "APPROVE-50", "neither approval.fallback nor approval.admins names anybody: a mail whose only approver is its sender is refused") { IsWarning = true };
        if (set.Choice("approval.web.auth") == "link")
            yield return new SettingError("approval.web.auth", 0, 0, "APPROVE-521", "link lets whoever has a request decide in its approver's name, also somebody it was forwarded to") { IsWarning = true, NeedsConfirmation = true };
    }
}

using ClusterMail.Policy;
using ClusterMail.Policy.Hours;
using ClusterMail.Routing;
using ClusterMail.Routing.Dns;
using ClusterMail.Settings;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Queue.Settings;

/// <summary>The checkers of all tables in the settings, gathered from the rooms that own their grammars (ADMIN-25: a save is validated as a whole).</summary>
public static class SettingChecks
{
    public static SettingsValidator Validator { get; } = new(new Dictionary<string, TableCheck>(PolicySnapshot.TableChecks, StringComparer.Ordinal)
    {
        ["route.table"] = CheckRoutes,
        ["route.gateway_credential"] = static (text, _) => CheckGatewayLogin(text),
        ["dns.static_hosts"] = static (text, _) => CheckHosts(text),
        ["route.credentials"] = static (text, _) => CheckCredentials(text),
        ["delivery.hours"] = static (text, _) => [.. UsageHours.Parse(text).Errors.Select(error => error with { Name = "delivery.hours" })],
        ["receive.header_template"] = static (text, _) =>
            [.. HeaderTemplates.Parse(text).Faults.Select(fault => new SettingError("receive.header_template", fault.Line, fault.Column, "HDR-3", fault.Message))],
        ["domain.table"] = static (text, set) => [.. PolicySnapshot.TableChecks["domain.table"](text, set), .. LdapRules.CheckDomains(text, set)],
        ["auth.methods"] = static (text, set) => [.. PolicySnapshot.TableChecks["auth.methods"](text, set), .. LdapRules.CheckMethods(text, set)],
        ["ldap.servers"] = LdapRules.CheckServers,
        ["ldap.filter"] = static (text, _) => LdapRules.CheckFilter(text),
        ["ldap.bind_dn"] = LdapRules.CheckBind,
        ["listen"] = static (text, _) => ListenTable.Parse(text).Errors,
    });

    private static SettingError[] CheckRoutes(string text, SettingSet set)
    {
        var table = RouteTable.Parse(text, out var errors);
        var own = set.Switch("compat.auth.recoverable_store") ? [] : table.Lines.Where(line => line.Gateways.Any(gateway => gateway.Login is { Kind: LoginKind.Own }));
        return
        [
            .. ToErrors("route.table", errors),
            .. own.Select(line => new SettingError("route.table", line.Number, 0, "OUT-6", "login own needs compat.auth.recoverable_store: without it no password can be sent on; per-user needs no such thing")),
        ];
    }

    private static SettingError[] CheckHosts(string text)
    {
        StaticHosts.Parse(text, out var errors);
        return ToErrors("dns.static_hosts", errors);
    }

    /// <summary>What <c>own</c> needs is said where the settings are judged together.</summary>
    private static SettingError[] CheckGatewayLogin(string text) =>
        GatewayLogin.TryParse(text.Trim(), out _, out var complaint) ? [] : [new SettingError("route.gateway_credential", 0, 0, "APPROVE-405", complaint)];

    /// <summary>Says which line, never what stands in it: these are secrets (ADMIN-13).</summary>
    private static SettingError[] CheckCredentials(string text) =>
    [
        .. text.ReplaceLineEndings("\n").Split('\n').Index()
            .Where(line => line.Item.Length > 0 && line.Item[0] is not ('\'' or ' ') && line.Item.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries).Length != 3)
            .Select(line => new SettingError("route.credentials", line.Index + 1, 1, "GWT-9", "a line is: name, user and password, separated by blanks")),
    ];

    private static SettingError[] ToErrors(string setting, IEnumerable<TableError> errors) =>
        [.. errors.Select(error => new SettingError(setting, error.Line, error.Column, error.Rule, error.Message))];
}

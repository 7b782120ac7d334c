using ClusterMail.Policy;
using ClusterMail.Routing;
using ClusterMail.Routing.Dns;
using ClusterMail.Settings;

namespace ClusterMail.Queue.Settings;

/// <summary>The checkers of all tables in the settings, gathered from the rooms that own their grammars (ADMIN-25: a save is validated as a whole).</summary>
public static class SettingChecks
{
    public static SettingsValidator Validator { get; } = new(new Dictionary<string, TableCheck>(PolicySnapshot.TableChecks, StringComparer.Ordinal)
    {
        ["route.table"] = static (text, _) => CheckRoutes(text),
        ["dns.static_hosts"] = static (text, _) => CheckHosts(text),
        ["route.credentials"] = static (text, _) => CheckCredentials(text),
        ["listen"] = static (text, _) => ListenTable.Parse(text).Errors,
    });

    private static SettingError[] CheckRoutes(string text)
    {
        RouteTable.Parse(text, out var errors);
        return ToErrors("route.table", errors);
    }

    private static SettingError[] CheckHosts(string text)
    {
        StaticHosts.Parse(text, out var errors);
        return ToErrors("dns.static_hosts", errors);
    }

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

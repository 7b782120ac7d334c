using ClusterMail.Policy;
using ClusterMail.Routing;
using ClusterMail.Settings;

namespace ClusterMail.Queue.Settings;

/// <summary>The checkers of all tables in the settings, gathered from the rooms that own their grammars (ADMIN-25: a save is validated as a whole).</summary>
public static class SettingChecks
{
    public static SettingsValidator Validator { get; } = new(new Dictionary<string, TableCheck>(PolicySnapshot.TableChecks, StringComparer.Ordinal)
    {
        ["route.table"] = static (text, _) => CheckRoutes(text),
        ["listen"] = static (text, _) => ListenTable.Parse(text).Errors,
    });

    private static SettingError[] CheckRoutes(string text)
    {
        RouteTable.Parse(text, out var errors);
        return [.. errors.Select(error => new SettingError("route.table", error.Line, error.Column, error.Rule, error.Message))];
    }
}

using ClusterMail.Policy;
using ClusterMail.Routing;
using ClusterMail.Settings;

namespace ClusterMail.Admin;

/// <summary>The parsers that judge each table before it is saved (ADMIN-25): the same ones that read it on every node.</summary>
public static class TableChecks
{
    public static IReadOnlyDictionary<string, TableCheck> All { get; } = new Dictionary<string, TableCheck>(PolicySnapshot.TableChecks, StringComparer.Ordinal)
    {
        ["route.table"] = (text, _) =>
        {
            RouteTable.Parse(text, out var errors);
            return [.. errors.Select(e => new SettingError("route.table", e.Line, e.Column, e.Rule, e.Message))];
        },
    };
}

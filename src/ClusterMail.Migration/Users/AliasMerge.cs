using ClusterMail.Accounts;

namespace ClusterMail.Migration.Users;

/// <summary>What of the planned aliases the farm's table lacks. An alias of the farm that leads elsewhere stays (ALIAS-6).</summary>
public static class AliasMerge
{
    /// <param name="present">The farm's table as text.</param>
    /// <returns>Lines to add, each behind the finding it comes from; findings of the others are told.</returns>
    public static IReadOnlyList<(int Finding, string Line)> Missing(EpostPlan plan, string present)
    {
        var known = AliasTable.Parse(present).Aliases.ToDictionary(line => Key(line.Alias), line => line.Alias, StringComparer.Ordinal);
        var missing = new List<(int, string)>();
        foreach (var planned in plan.Aliases)
        {
            if (!known.TryGetValue(Key(planned.Alias), out var there))
                missing.Add((planned.Finding, planned.Alias.ToString()));
            else if (there == planned.Alias)
                plan.Log.Present(planned.Finding);
            else
                plan.Log.Replace(planned.Finding, FindingOutcome.Ignored, $"leads to {there.Real} in the farm already: clustermail alias add --replace changes it", "ALIAS-6", isFault: true);
        }
        return missing;
    }

    private static string Key(Alias alias) => AccountIndex.Key(alias.Name.LocalPart, alias.Name.Domain);
}

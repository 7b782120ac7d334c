namespace ClusterMail.Approval.Holds;

/// <summary>Domains that differ by one character from one the sender knows (APPROVE-503, APPROVE-515): changed, missing, added, or two that have changed places.</summary>
public static class LookAlikes
{
    /// <summary>Below, every short name is near every other.</summary>
    private const int Shortest = 5;

    /// <summary>The known domain that this one is mistaken for; null: none.</summary>
    /// <param name="known">Lower case.</param>
    public static string? Of(string domain, IEnumerable<string> known) =>
        domain.Length < Shortest ? null : known.Where(model => IsNear(domain, model)).Order(StringComparer.Ordinal).FirstOrDefault();

    private static bool IsNear(string one, string other)
    {
        if (Math.Abs(one.Length - other.Length) > 1 || one == other)
            return false;
        var first = 0;
        while (first < one.Length && first < other.Length && one[first] == other[first])
            first++;
        var rest = one.AsSpan(first);
        var model = other.AsSpan(first);
        if (rest.Length != model.Length)
            return rest.Length > model.Length ? rest[1..].SequenceEqual(model) : model[1..].SequenceEqual(rest);
        return rest[1..].SequenceEqual(model[1..])
            || (rest.Length > 1 && rest[0] == model[1] && rest[1] == model[0] && rest[2..].SequenceEqual(model[2..]));
    }
}

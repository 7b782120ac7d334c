using System.Net;

namespace ClusterMail.Policy.Relay;

/// <summary>
/// Finds the first rule whose IP pattern matches, without walking the list: one look-up per distinct mask, and a real list has a handful
/// of them. Positions are kept, so "first match wins" holds across masks.
/// </summary>
internal sealed class ClientIndex
{
    public const int NoMatch = int.MaxValue;

    private readonly Dictionary<UInt128, Dictionary<UInt128, int>> _v4 = [];
    private readonly Dictionary<UInt128, Dictionary<UInt128, int>> _v6 = [];
    private int _all = NoMatch;

    public void Add(in ClientPattern pattern, int position)
    {
        if (pattern.IsAll)
        {
            _all = Math.Min(_all, position);
            return;
        }
        var masks = pattern.IsV6 ? _v6 : _v4;
        if (!masks.TryGetValue(pattern.Mask, out var values))
            masks.Add(pattern.Mask, values = []);
        values.TryAdd(pattern.Value, position);
    }

    /// <summary>Position of the first match, or <see cref="NoMatch"/>.</summary>
    public int First(IPAddress client)
    {
        var value = ClientPattern.ValueOf(client, out var isV6);
        var first = _all;
        foreach (var (mask, values) in isV6 ? _v6 : _v4)
            if (values.TryGetValue(value & mask, out var position) && position < first)
                first = position;
        return first;
    }
}

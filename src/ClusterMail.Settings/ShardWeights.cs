using System.Collections.Frozen;
using System.Globalization;

namespace ClusterMail.Settings;

/// <summary>The setting <c>queue.shard_weights</c>: how much of the new mail each database of the queue takes.</summary>
public sealed class ShardWeights
{
    public const string Setting = "queue.shard_weights";

    /// <summary>Of a database the setting does not name.</summary>
    public const int Default = 100;

    private static readonly char[] Separators = [' ', ',', '\n', '\r', '\t'];

    private readonly FrozenDictionary<string, int> _weights;

    private ShardWeights(FrozenDictionary<string, int> weights) => _weights = weights;

    /// <summary>Items <c>NAME=0..100</c>; a faulty one counts as not there, of two with one name the last.</summary>
    public static ShardWeights Parse(string text)
    {
        var weights = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in text.Split(Separators, StringSplitOptions.RemoveEmptyEntries))
            if (Item(item) is { } one)
                weights[one.Name] = one.Weight;
        return new ShardWeights(weights.ToFrozenDictionary(StringComparer.Ordinal));
    }

    /// <summary>0 to 100; 0 takes no new mail.</summary>
    public int Of(string name) => _weights.GetValueOrDefault(name, Default);

    internal static (string Name, int Weight)? Item(string text) =>
        text.Split('=') is [{ Length: > 0 } name, var number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var weight) && weight <= 100 ? (name, weight) : null;
}

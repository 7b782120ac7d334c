using System.Net;

namespace ClusterMail.Node.Addresses;

/// <summary>Counts answers and silences by name. Not safe for several threads.</summary>
public sealed class Probes
{
    /// <summary>So many silences one after the other are believed; 3.</summary>
    public const int Believed = 3;

    private readonly Dictionary<string, (int Silences, string Trouble)> _silent = new(StringComparer.Ordinal);

    /// <summary>Those that gave no answer last time.</summary>
    public IReadOnlyCollection<string> Failing => _silent.Keys;

    /// <summary>Those that gave none so many times that it is believed.</summary>
    public IReadOnlyList<string> Silent => [.. _silent.Where(one => one.Value.Silences >= Believed).Select(one => one.Key).Order(StringComparer.Ordinal)];

    /// <summary>What is wrong, once it is believed; null: nothing is known to be.</summary>
    public string? Trouble(string name) => _silent.TryGetValue(name, out var known) && known.Silences >= Believed ? known.Trouble : null;

    /// <param name="trouble">Null: it answered.</param>
    public void Note(string name, string? trouble)
    {
        if (trouble is null)
            _silent.Remove(name);
        else
            _silent[name] = (_silent.GetValueOrDefault(name).Silences + 1, trouble);
    }

    /// <summary>Counting begins anew.</summary>
    public void Forget(string name) => _silent.Remove(name);

    /// <summary>Only these are still of interest.</summary>
    public void Keep(IReadOnlySet<string> names)
    {
        foreach (var gone in _silent.Keys.Where(name => !names.Contains(name)).ToArray())
            _silent.Remove(gone);
    }

    /// <summary>Asks all at once.</summary>
    public static async Task<IReadOnlyList<(string Name, string? Trouble)>> AskAsync(IEnumerable<(string Name, IPEndPoint Server, bool MayBeSilent)> targets) =>
        await Task.WhenAll(targets.Select(async target => (target.Name, await GreetingProbe.AskAsync(target.Server, target.MayBeSilent).ConfigureAwait(false))));
}

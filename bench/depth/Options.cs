using System.Globalization;

namespace ClusterMail.Bench.Depth;

/// <summary>Whole numbers from the command line, one or several a word; <c>run</c> of each bench says what they mean.</summary>
internal sealed record Options(IReadOnlyDictionary<string, IReadOnlyList<int>> Values)
{
    public int this[string name] => Values[name][0];

    /// <exception cref="ArgumentException">With the usage.</exception>
    public static Options Parse(string program, IReadOnlyList<string> arguments, Dictionary<string, string> defaults)
    {
        var usage = $"usage: {program} {string.Join(' ', defaults.Select(pair => $"[{pair.Key} {pair.Value}]"))}";
        var given = new Dictionary<string, string>(defaults);
        for (var index = 0; index < arguments.Count; index += 2)
        {
            if (!defaults.ContainsKey(arguments[index]) || index + 1 == arguments.Count)
                throw new ArgumentException(usage);
            given[arguments[index]] = arguments[index + 1];
        }

        return new Options(given.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<int>)[.. pair.Value.Split(',').Select(Number)]));

        int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new ArgumentException(usage);
    }

    public override string ToString() => string.Join(' ', Values.Select(pair => $"{pair.Key} {string.Join(',', pair.Value)}"));
}

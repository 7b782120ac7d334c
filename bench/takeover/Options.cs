using System.Globalization;

namespace ClusterMail.Bench.Takeover;

/// <summary>What is run, from the command line; <c>run</c> says what each means.</summary>
internal sealed record Options(int Kills, int Drains, int Switchovers, int Sessions, int Mails)
{
    /// <exception cref="ArgumentException">With the usage.</exception>
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        var given = new Dictionary<string, int> { ["--kills"] = 20, ["--drains"] = 20, ["--switchovers"] = 5, ["--sessions"] = 4, ["--mails"] = 20 };
        var usage = $"usage: bench/takeover/run {string.Join(' ', given.Select(pair => $"[{pair.Key} {pair.Value}]"))}";
        for (var index = 0; index < arguments.Count; index += 2)
        {
            if (!given.ContainsKey(arguments[index]) || index + 1 == arguments.Count || !int.TryParse(arguments[index + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
                throw new ArgumentException(usage);
            given[arguments[index]] = number;
        }

        // What is named is run; nothing named: the kills.
        var parts = arguments.Where(one => one is "--kills" or "--drains" or "--switchovers").ToList();
        return new Options(Times("--kills", parts.Count == 0), Times("--drains"), Times("--switchovers"), given["--sessions"], given["--mails"]);

        int Times(string name, bool unasked = false) => unasked || parts.Contains(name) ? given[name] : 0;
    }
}

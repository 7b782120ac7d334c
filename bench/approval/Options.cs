using System.Globalization;

namespace ClusterMail.Bench.Approval;

/// <summary>What is run, from the command line; <c>run</c> says what each means.</summary>
internal sealed record Options(IReadOnlyList<string> Parts, int Mails, int Harms, int Deciders, int Runs, int Load, int Waiting)
{
    private static readonly string[] Known = ["race", "cost", "waiting"];

    /// <exception cref="ArgumentException">With the usage.</exception>
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        var given = new Dictionary<string, string>
        {
            ["--parts"] = string.Join(',', Known),
            ["--mails"] = "10000",
            ["--harms"] = "6",
            ["--deciders"] = "16",
            ["--runs"] = "5",
            ["--load"] = "6000",
            ["--waiting"] = "100000",
        };
        var usage = $"usage: bench/approval/run {string.Join(' ', given.Select(pair => $"[{pair.Key} {pair.Value}]"))}";
        for (var index = 0; index < arguments.Count; index += 2)
        {
            if (!given.ContainsKey(arguments[index]) || index + 1 == arguments.Count)
                throw new ArgumentException(usage);
            given[arguments[index]] = arguments[index + 1];
        }

        var parts = given["--parts"].Split(',');
        if (parts.Any(part => !Known.Contains(part)))
            throw new ArgumentException(usage);
        return new Options(parts, Number("--mails"), Number("--harms"), Number("--deciders"), Number("--runs"), Number("--load"), Number("--waiting"));

        int Number(string name) => int.TryParse(given[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new ArgumentException(usage);
    }
}

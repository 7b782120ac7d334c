using System.Globalization;

namespace ClusterMail.Bench.Relay;

/// <summary>What is run, from the command line.</summary>
/// <param name="Runs">Of each server and size; medians are printed. Default 3.</param>
/// <param name="Sessions">Connections of the source at once. Default 20.</param>
/// <param name="Sizes">Octets of content, and how many mails of it one run sends.</param>
/// <param name="Servers">Which to run; default both.</param>
/// <param name="Reuse">Many mails over each connection of the source; default one connection a mail, as Postfix is usually measured.</param>
internal sealed record Options(int Runs, int Sessions, IReadOnlyList<(int Size, int Mails)> Sizes, IReadOnlyList<string> Servers, bool Reuse)
{
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        var given = new Dictionary<string, string> { ["--runs"] = "3", ["--sessions"] = "20", ["--sizes"] = "1024,10240,102400", ["--mails"] = "20000,10000,2000", ["--servers"] = "postfix,clustermail", ["--reuse"] = "no" };
        for (var index = 0; index < arguments.Count; index += 2)
        {
            if (!given.ContainsKey(arguments[index]) || index + 1 == arguments.Count)
                throw new ArgumentException($"usage: bench/relay/run [{string.Join("] [", given.Select(pair => $"{pair.Key} {pair.Value}"))}]");
            given[arguments[index]] = arguments[index + 1];
        }

        var mails = Numbers(given["--mails"]);
        return new Options(
            Numbers(given["--runs"])[0],
            Numbers(given["--sessions"])[0],
            [.. Numbers(given["--sizes"]).Select((size, index) => (size, mails[Math.Min(index, mails.Count - 1)]))],
            given["--servers"].Split(','),
            given["--reuse"] is "yes");
    }

    private static IReadOnlyList<int> Numbers(string text) => [.. text.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
}

using System.CommandLine;
using System.Globalization;

namespace ClusterMail.Cli.Commands;

/// <summary>Options that take a whole number within limits.</summary>
internal static class Numbers
{
    public static void Limit(Option<int> option, int min, int max) =>
        option.CustomParser = result => Parse(option, result, min, max) ?? 0;

    public static void Limit(Option<int?> option, int min, int max) =>
        option.CustomParser = result => Parse(option, result, min, max);

    private static int? Parse(Option option, System.CommandLine.Parsing.ArgumentResult result, int min, int max)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
            return number;
        result.AddError($"{option.Name} takes a whole number from {min} to {max}, not '{text}'.");
        return null;
    }
}

using System.Globalization;

namespace ClusterMail.Protocol;

/// <summary>The original's record of how often a mail was tried at a domain (QUEUE-4).</summary>
/// <param name="Domain">Empty: not told.</param>
/// <param name="LastTried">Null: not told, or in a form nobody documented.</param>
/// <param name="Tries">Attempts made.</param>
/// <param name="Error">Code and text of the last one; empty: none.</param>
public sealed record RetryRecord(string Domain, DateTimeOffset? LastTried, int Tries, string Error)
{
    private const string DomainField = "Domain-name", TriedField = "Last-tried", NumberField = "Try-number", ErrorField = "Err-code";
    private const int MostTries = short.MaxValue;

    /// <summary>Which rule ends its retries: by the first digit of the last error (RETRY-1 to RETRY-3).</summary>
    public FailureClass Class => Tries == 0 ? FailureClass.None : Error.AsSpan().TrimStart('[') is [var digit, ..]
        ? digit switch { '5' => FailureClass.Refused, '4' => FailureClass.LineError, _ => FailureClass.NoAnswer } : FailureClass.NoAnswer;

    /// <summary>One of the four lines of a record.</summary>
    public static bool IsField(string line) => Split(line) is not null;

    /// <returns>What could be read, and by line, from 1, what could not.</returns>
    public static (RetryRecord Record, IReadOnlyDictionary<int, string> Faults) Read(IReadOnlyList<string> lines)
    {
        var record = new RetryRecord("", null, 0, "");
        var faults = new Dictionary<int, string>();
        for (var i = 0; i < lines.Count; i++)
            switch (Split(lines[i]))
            {
                case (DomainField, var domain):
                    record = record with { Domain = domain };
                    break;
                case (TriedField, var tried):
                    if (Time(tried) is { } at)
                        record = record with { LastTried = at };
                    else
                        faults[i + 1] = "is no time of a form known here";
                    break;
                case (NumberField, var number):
                    if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var tries) && tries <= MostTries)
                        record = record with { Tries = tries };
                    else
                        faults[i + 1] = $"is no number of tries from 0 to {MostTries}";
                    break;
                case (ErrorField, var error):
                    record = record with { Error = error };
                    break;
                case null when !string.IsNullOrWhiteSpace(lines[i]):
                    faults[i + 1] = $"is none of {DomainField}, {TriedField}, {NumberField}, {ErrorField}";
                    break;
            }
        return (record, faults);
    }

    private static (string Field, string Value)? Split(string line)
    {
        foreach (var field in (string[])[DomainField, TriedField, NumberField, ErrorField])
            if (line.StartsWith(field, StringComparison.OrdinalIgnoreCase) && line.AsSpan(field.Length).TrimStart() is [':' or '=', ..])
                return (field, line[(line.AsSpan(field.Length).IndexOfAny(':', '=') + field.Length + 1)..].Trim());
        return null;
    }

    // Seconds since 1970, or the clock as logs print it (LOG-12), or as Windows does in Japan.
    private static DateTimeOffset? Time(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds is > 0 and < 100_000_000_000 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null
        : DateTimeOffset.TryParseExact(text.Trim('[', ']'), ["dd/MMM/yyyy:HH:mm:ss", "yyyy/MM/dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var at) ? at
        : null;
}

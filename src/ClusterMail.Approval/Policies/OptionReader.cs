using System.Globalization;
using ClusterMail.Accounts;

namespace ClusterMail.Approval.Policies;

/// <summary>Reads what stands behind the first <c>;</c> of a line (APPROVE-20).</summary>
internal sealed class OptionReader(Action<Field, string, string> fault)
{
    private const string Rule = "APPROVE-20";

    /// <summary>Longest duration: ten years. A larger number is a slip, and would run out of the calendar.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3660);

    /// <summary>Longest delay (APPROVE-510).</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(24);

    public LineOptions Read(Field? options)
    {
        var read = LineOptions.Default;
        foreach (var option in options?.Split(';') ?? [])
            if (option.Text.Length > 0)
                read = Option(read, option);
        return read;
    }

    /// <summary>One option more.</summary>
    public LineOptions Option(LineOptions read, Field option)
    {
        var (word, after) = option.Cut(option.Text.IndexOf('=', StringComparison.Ordinal));
        var value = after?.Text ?? "";
        return word.Text.ToLowerInvariant() switch
        {
            "any" when after is null => read with { Votes = VotesNeeded.Any },
            "all" when after is null => read with { Votes = VotesNeeded.All },
            "n" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= ApproverList.MaxApprovers => read with { Votes = new VotesNeeded(count) },
            "remind" when Duration(value) is { } time => read with { Timing = read.Timing with { Remind = time } },
            "escalate" when Duration(value) is { } time => read with { Timing = read.Timing with { Escalate = time } },
            "to" when AddressRules.Address(value) is { } target => read with { Timing = read.Timing with { EscalateTo = target } },
            "expire" when Duration(value) is { } time => read with { Timing = read.Timing with { Expire = time } },
            "onexpire" when Enum.TryParse<ExpiryAction>(value, ignoreCase: true, out var action) && !value.Any(char.IsAsciiDigit) => read with { Timing = read.Timing with { OnExpire = action } },
            "split" when value.ToLowerInvariant() is "yes" or "no" => read with { Split = value.Equals("yes", StringComparison.OrdinalIgnoreCase) },
            "delay" => Delay(read, option, value),
            "confirm" when after is null => read with { Confirm = true },
            "bcc" when AddressRules.Address(value) is { } copy => read.Bcc is null ? read with { Bcc = copy } : Wrong(read, option, "APPROVE-514", "bcc= stands once on a line; for several people name an alias or a list"),
            "bcc-silent" when after is null => read with { BccSilent = true },
            "note" when after is not null => read with { Note = value },
            _ => Wrong(read, option),
        };
    }

    private LineOptions Delay(LineOptions read, Field option, string value) => Duration(value) is { } time && time <= LongestDelay
        ? read with { Delay = time }
        : Wrong(read, option, "APPROVE-510", $"'{Shown(option)}' is no delay: 1 minute to 24 hours, as delay=10m or delay=2h");

    private LineOptions Wrong(LineOptions read, Field option, string rule, string message)
    {
        fault(option, rule, message);
        return read;
    }

    private LineOptions Wrong(LineOptions read, Field option)
    {
        fault(option, Rule,
            $"'{Shown(option)}' is no option: any, all, n=2, remind=24h, escalate=48h, to=address, expire=7d, onexpire=reject|release|keep, split=yes|no, delay=10m, confirm, bcc=address, bcc-silent, note=text");
        return read;
    }

    private static string Shown(Field option) => new([.. option.Text.Take(60)]);

    /// <summary><c>30m</c>, <c>24h</c>, <c>7d</c>; at least a minute.</summary>
    internal static TimeSpan? Duration(string value)
    {
        if (value.Length < 2 || !int.TryParse(value.AsSpan(0, value.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is 0 or > 5_300_000)
            return null;
        TimeSpan? time = char.ToLowerInvariant(value[^1]) switch
        {
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => null,
        };
        return time <= Longest ? time : null;
    }
}

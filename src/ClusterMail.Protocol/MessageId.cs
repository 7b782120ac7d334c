using System.Globalization;

namespace ClusterMail.Protocol;

/// <summary>
/// The number of a mail (MSGID-1): <c>B</c> and ten digits, more when the number needs them (MSGID-4), followed by the suffixes of
/// derived mails in the order they were made (MSGID-5).
/// </summary>
/// <param name="Number">From the cluster's one sequence; never repeated.</param>
/// <param name="Suffix">Empty, or for example <c>-R0001-E001</c>.</param>
public readonly record struct MessageId(long Number, string Suffix = "")
{
    public override string ToString() => $"B{Number.ToString("D10", CultureInfo.InvariantCulture)}{Suffix}";

    /// <summary><c>B0000318868@host</c>, as headers, logs and queue files show it (without the angle brackets).</summary>
    public string At(string host) => $"{this}@{host}";

    /// <summary>Accepts <c>B0000000098</c>, <c>98</c>, <c>B98</c>, with suffixes, with or without <c>@host</c> and angle brackets, as people paste it.</summary>
    public static bool TryParse(string? text, out MessageId id)
    {
        id = default;
        var s = (text ?? "").Trim().TrimStart('<').TrimEnd('>');
        var at = s.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
            s = s[..at];
        if (s.StartsWith('B') || s.StartsWith('b'))
            s = s[1..];
        var dash = s.IndexOf('-', StringComparison.Ordinal);
        var suffix = dash < 0 ? "" : s[dash..];
        var digits = dash < 0 ? s : s[..dash];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number <= 0)
            return false;
        id = new MessageId(number, suffix);
        return true;
    }
}

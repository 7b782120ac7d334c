using System.Globalization;
using ClusterMail.Protocol;

namespace ClusterMail.Approval;

/// <summary>
/// The number of one held unit, the hold group (APPROVE-56): <c>B</c> and ten digits, drawn from the sequence of the mail numbers. The first group of a
/// submission carries the number of the submission itself, each further group a new one.
/// </summary>
/// <param name="Number">From 1; never repeated.</param>
public readonly record struct HoldId(long Number) : IComparable<HoldId>
{
    public override string ToString() => $"B{Number.ToString("D10", CultureInfo.InvariantCulture)}";

    public int CompareTo(HoldId other) => Number.CompareTo(other.Number);

    /// <summary>The strict form, as it stands in decision subjects: <c>B</c> and ten digits or more, nothing else.</summary>
    public static bool TryParseExact(string? text, out HoldId id)
    {
        id = default;
        if (text is not ['B', _, _, _, _, _, _, _, _, _, _, ..] || text.Length > 20
            || !long.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number <= 0)
            return false;
        id = new HoldId(number);
        return id.ToString() == text;
    }

    /// <summary>What people paste: <c>B0000500101</c>, <c>500101</c>, with or without <c>@host</c> and angle brackets. A mail derived from another is no hold.</summary>
    public static bool TryParse(string? text, out HoldId id)
    {
        id = default;
        if (!MessageId.TryParse(text, out var mail) || mail.Suffix.Length > 0)
            return false;
        id = new HoldId(mail.Number);
        return true;
    }

    public static bool operator <(HoldId left, HoldId right) => left.Number < right.Number;
    public static bool operator >(HoldId left, HoldId right) => left.Number > right.Number;
    public static bool operator <=(HoldId left, HoldId right) => left.Number <= right.Number;
    public static bool operator >=(HoldId left, HoldId right) => left.Number >= right.Number;
}

using System.Collections.Immutable;
using System.Globalization;

namespace ClusterMail.Approval.Policies;

/// <summary>Reads the condition of a line (APPROVE-20).</summary>
internal sealed class ConditionReader(Action<Field, string, string> fault)
{
    private const string Rule = "APPROVE-20";
    private static readonly string[] Words = ["file=", "list=", "in=", "size>", "rcpt>", "ext="];

    public static bool BeginsWithTerm(string text) =>
        Words.Any(word => text.StartsWith(word, StringComparison.OrdinalIgnoreCase)) || text.Equals("attach", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("attach&", StringComparison.OrdinalIgnoreCase) || text.StartsWith("attach:", StringComparison.OrdinalIgnoreCase);

    public Condition Read(Field condition)
    {
        if (condition.Text.Length == 0)
            return Condition.None;
        ImmutableArray<Condition.Term> terms = [.. Pieces(condition).Select(Term).OfType<Condition.Term>()];
        if (terms.Any(term => term is Condition.SearchIn) && !terms.Any(term => term is Condition.KeywordFile or Condition.KeywordList))
            fault(condition, Rule, "in= says where keywords are searched; it needs file= or list= beside it");
        return new Condition(terms);
    }

    // A path may have an ampersand in it (C:\R&D\keyword.txt): only one in front of another term separates.
    private static List<Field> Pieces(Field condition)
    {
        var pieces = new List<Field>();
        foreach (var piece in condition.Split('&'))
        {
            if (pieces.Count > 0 && !BeginsWithTerm(piece.Text) && pieces[^1].Text.StartsWith("file=", StringComparison.OrdinalIgnoreCase))
                pieces[^1] = pieces[^1] with { Text = $"{pieces[^1].Text}&{piece.Text}" };
            else
                pieces.Add(piece);
        }
        return pieces;
    }

    private Condition.Term? Term(Field piece)
    {
        var word = Words.FirstOrDefault(word => piece.Text.StartsWith(word, StringComparison.OrdinalIgnoreCase));
        var value = piece.Text[(word?.Length ?? 0)..].Trim();
        return word switch
        {
            "file=" when new Condition.KeywordFile(value) is { Name.Length: > 0 } file => file,
            "list=" when value.Length > 0 => new Condition.KeywordList(value),
            "in=" when Places(value) is { } places => new Condition.SearchIn(places),
            "size>" when Octets(value) is { } octets => new Condition.LargerThan(octets),
            "rcpt>" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) => new Condition.MoreRecipientsThan(count),
            "ext=" when Extensions(value) is { IsEmpty: false } names => new Condition.Extension(names),
            null when value.Equals("attach", StringComparison.OrdinalIgnoreCase) => new Condition.Attachment(),
            _ => Wrong(piece),
        };
    }

    private Condition.Term? Wrong(Field piece)
    {
        fault(piece, Rule, $"'{new string([.. piece.Text.Take(60)])}' is no condition: file=path, list=name, in=subject+body+name, size>10M, rcpt>20, ext=zip|exe, attach");
        return null;
    }

    private static SearchPlaces? Places(string value)
    {
        SearchPlaces places = default;
        foreach (var word in value.Split('+', StringSplitOptions.TrimEntries))
            switch (word.ToLowerInvariant())
            {
                case "subject": places |= SearchPlaces.Subject; break;
                case "body": places |= SearchPlaces.Body; break;
                case "name": places |= SearchPlaces.Name; break;
                default: return null;
            }
        return places;
    }

    private static long? Octets(string value)
    {
        long unit = value.Length == 0 ? 1 : char.ToUpperInvariant(value[^1]) switch { 'K' => 1024, 'M' => 1_048_576, _ => 1 };
        return long.TryParse(unit == 1 ? value : value[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue / unit ? number * unit : null;
    }

    private static ImmutableArray<string> Extensions(string value)
    {
        ImmutableArray<string> names = [.. value.Split('|', StringSplitOptions.TrimEntries).Select(name => name.TrimStart('.').ToLowerInvariant())];
        return names.All(name => name.Length > 0) ? names : [];
    }
}

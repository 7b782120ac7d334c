using System.Collections.Immutable;

namespace ClusterMail.Approval.Notices;

/// <summary>
/// The text of one kind of mail in one language, editable for each domain (APPROVE-100). A line that is only <c>{recipients}</c> stands for that field with
/// its label; every other line is text as it is. A template that lacks a required field is not taken.
/// </summary>
public sealed record NoticeTemplate(NoticeKind Kind, Language Language, ImmutableArray<NoticeTemplate.Line> Lines)
{
    /// <summary>Characters.</summary>
    public const int LengthLimit = 20_000;

    /// <param name="Field">Null: text.</param>
    public sealed record Line(string Text, string? Field);

    /// <param name="LineNumber">From 1; 0: the template as a whole.</param>
    /// <param name="Column">From 1; 0 with it.</param>
    public sealed record Fault(int LineNumber, int Column, string Text)
    {
        public override string ToString() => LineNumber == 0 ? $"{Text} (APPROVE-100)" : $"line {LineNumber}, column {Column}: {Text} (APPROVE-100)";
    }

    /// <summary>The product's own text.</summary>
    public static NoticeTemplate Default(NoticeKind kind, Language language) => Parse(kind, language, NoticeTexts.Default(kind, language)).Template
        ?? throw new InvalidOperationException($"The template of {kind} in {language} lacks a field.");

    /// <summary>The template, or everything that is wrong with it.</summary>
    public static (NoticeTemplate? Template, ImmutableArray<Fault> Faults) Parse(NoticeKind kind, Language language, string text)
    {
        if (text.Length > LengthLimit)
            return (null, [new Fault(0, 0, $"the text is longer than {LengthLimit} characters")]);
        var known = NoticeFields.Of(kind);
        var faults = ImmutableArray.CreateBuilder<Fault>();
        var lines = text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Select((line, index) => ReadLine(line, index + 1, known, faults)).ToImmutableArray();
        foreach (var missing in known.Where(field => field.IsRequired && !lines.Any(line => line.Field == field.Name)))
            faults.Add(new Fault(0, 0, $"the required field {{{missing.Name}}} ({missing.Label.In(language)}) is missing; put it on a line of its own"));
        return faults.Count == 0 ? (new NoticeTemplate(kind, language, lines), []) : (null, faults.ToImmutable());
    }

    private static Line ReadLine(string text, int number, ImmutableArray<NoticeFieldRule> known, ImmutableArray<Fault>.Builder faults)
    {
        var open = text.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
            return new Line(text.TrimEnd(), null);
        var bare = text.Trim();
        if (bare is not ['{', .., '}'] || bare.AsSpan(1, bare.Length - 2).ContainsAny('{', '}'))
        {
            faults.Add(new Fault(number, open + 1, "a field stands alone on its line, like {recipients}"));
            return new Line(text, null);
        }
        var name = bare[1..^1].Trim();
        if (!known.Any(field => field.Name == name))
            faults.Add(new Fault(number, open + 1, $"this mail has no field {{{name}}}; it has {string.Join(", ", known.Select(field => $"{{{field.Name}}}"))}"));
        return new Line(text, name);
    }
}

using System.Text.RegularExpressions;

namespace ClusterMail.Spec.Tests.House;

/// <summary>What no file of the repository may hold.</summary>
public partial class SourceTests
{
    [Fact]
    public void House_nothing_is_left_to_be_done_later()
    {
        var left = from file in ProjectFiles.Written(".cs", ".sql", ".md", ".conf", ".csproj", ".props", ".sh")
                   where Path.GetFileName(file) != $"{nameof(SourceTests)}.cs"
                   from line in File.ReadLines(file).Select((text, index) => (text, number: index + 1))
                   where Unfinished().IsMatch(line.text)
                   select $"{Path.GetRelativePath(ProjectFiles.Root, file)}:{line.number}: {line.text.Trim()}";
        Assert.Empty(left);
    }

    [Fact]
    public void House_no_test_is_skipped()
    {
        var skipped = from file in ProjectFiles.Written(".cs")
                      where Path.GetFileName(file) != $"{nameof(SourceTests)}.cs"
                      from line in File.ReadLines(file)
                      where Skipped().IsMatch(line)
                      select $"{Path.GetRelativePath(ProjectFiles.Root, file)}: {line.Trim()}";
        Assert.Empty(skipped);
    }

    [Fact]
    public void House_no_type_is_named_after_nothing()
    {
        var named = from file in ProjectFiles.Written(".cs")
                    from line in File.ReadLines(file)
                    let match = EmptyName().Match(line)
                    where match.Success
                    select $"{Path.GetRelativePath(ProjectFiles.Root, file)}: {match.Value}";
        Assert.Empty(named);
    }

    [Fact]
    public void House_numbered_schema_files_are_unique()
    {
        var numbers = ProjectFiles.Written(".sql").Select(file => Path.GetFileName(file)).Where(name => name.Length > 4 && char.IsAsciiDigit(name[0]))
            .Select(name => int.Parse(name[..4], System.Globalization.CultureInfo.InvariantCulture)).Order().ToList();
        Assert.Equal(numbers.Distinct(), numbers);
    }

    [Fact]
    public void House_decisions_have_a_number_each()
    {
        var numbers = Directory.EnumerateFiles(Path.Combine(ProjectFiles.Root, "docs", "decisions"), "*.md")
            .Select(file => int.Parse(Path.GetFileName(file)[..4], System.Globalization.CultureInfo.InvariantCulture)).Order().ToList();
        Assert.Equal(numbers.Distinct(), numbers);
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|\bNotImplementedException\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\bSkip(When|Unless|Type)?\s*=\s*(""|nameof|typeof)|Assert\.Skip")]
    private static partial Regex Skipped();

    // The noun that was avoided is the name (style: words).
    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+(struct\s+|class\s+)?\w*(Manager|Helper|Helpers|Utils|Utilities|Common)\b")]
    private static partial Regex EmptyName();
}

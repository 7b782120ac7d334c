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
    public void House_numbered_schema_files_are_gap_free_and_unique()
    {
        var numbers = ProjectFiles.Written(".sql").Select(file => Path.GetFileName(file)).Where(name => name.Length > 4 && char.IsAsciiDigit(name[0]))
            .Select(name => int.Parse(name[..4], System.Globalization.CultureInfo.InvariantCulture)).Order().ToList();
        Assert.Equal(Enumerable.Range(1, numbers.Count), numbers);
    }

    [Fact]
    public void House_decisions_are_numbered_without_gap()
    {
        var numbers = Directory.EnumerateFiles(Path.Combine(ProjectFiles.Root, "docs", "decisions"), "*.md")
            .Select(file => int.Parse(Path.GetFileName(file)[..4], System.Globalization.CultureInfo.InvariantCulture)).Order().ToList();
        Assert.Equal(Enumerable.Range(1, numbers.Count), numbers);
    }

    [Fact]
    public void ADMIN_55_no_source_knows_a_licence_key_a_trial_or_the_reply_of_an_expired_one()
    {
        var known = from file in ProjectFiles.Written(".cs", ".sql", ".conf").Where(IsProduct)
                    from line in File.ReadLines(file)
                    where Licence().IsMatch(line)
                    select $"{Path.GetRelativePath(ProjectFiles.Root, file)}: {line.Trim()}";
        Assert.Empty(known);
    }

    [Fact]
    public void ADMIN_54_no_source_names_a_server_of_a_vendor_to_ask_for_versions()
    {
        var named = from file in ProjectFiles.Written(".cs").Where(IsProduct)
                    from line in File.ReadLines(file)
                    from Match url in Address().Matches(line)
                    where !OwnAddress().IsMatch(url.Value)
                    select $"{Path.GetRelativePath(ProjectFiles.Root, file)}: {url.Value}";
        Assert.Empty(named);
    }

    private static bool IsProduct(string file) => Path.GetRelativePath(ProjectFiles.Root, file).StartsWith("src", StringComparison.Ordinal);

    [GeneratedRegex("expiration date|licen[cs]e key|trial period", RegexOptions.IgnoreCase)]
    private static partial Regex Licence();

    [GeneratedRegex(@"https?://[a-z0-9-]+(\.[a-z0-9-]+)+", RegexOptions.IgnoreCase)]
    private static partial Regex Address();

    // Addresses without a name, the names kept for examples (RFC 2606), and those of XML vocabularies, which nobody calls.
    [GeneratedRegex(@"^https?://([0-9.]+$|([a-z0-9-]+\.)*example(\.|$)|www\.w3\.org$)", RegexOptions.IgnoreCase)]
    private static partial Regex OwnAddress();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|\bNotImplementedException\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\bSkip(When|Unless|Type)?\s*=\s*(""|nameof|typeof)|Assert\.Skip")]
    private static partial Regex Skipped();

    // The noun that was avoided is the name (style: words).
    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+(struct\s+|class\s+)?\w*(Manager|Helper|Helpers|Utils|Utilities|Common)\b")]
    private static partial Regex EmptyName();
}

namespace ClusterMail.Settings.Tests;

/// <summary>docs/configuration.md has a table of all settings; people trust it, so it must be the catalogue.</summary>
public sealed class DocumentationTests
{
    [Fact]
    public void CONF_60_every_setting_stands_in_the_documentation_as_the_catalogue_has_it()
    {
        var lines = File.ReadAllLines(Path.Combine(Root(), "docs", "configuration.md"));
        var missing = Catalogue.All.OrderBy(d => d.Name, StringComparer.Ordinal).Select(Begin).Where(begin => !lines.Any(l => l.StartsWith(begin, StringComparison.Ordinal)));
        Assert.Empty(missing);
    }

    [Fact]
    public void CONF_60_the_documentation_names_no_setting_that_is_not_there()
    {
        var named = File.ReadAllLines(Path.Combine(Root(), "docs", "configuration.md"))
            .SkipWhile(l => l != "## All settings").Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('`')[1]);
        Assert.Empty(named.Except(Catalogue.All.Select(d => d.Name)));
    }

    [Fact]
    public void CONF_60_every_row_of_the_original_is_documented_and_names_only_settings_there_are_or_says_what_they_come_with()
    {
        var rows = File.ReadAllLines(Path.Combine(Root(), "docs", "configuration.md")).Where(l => l.StartsWith("| CONF-", StringComparison.Ordinal)).ToArray();
        Assert.Equal(Enumerable.Range(1, 58).Select(n => $"CONF-{n}"), rows.Select(l => l.Split('|')[1].Trim()));
        var rooms = Catalogue.All.Select(d => d.Name.Split('.')[0]).ToHashSet();
        foreach (var row in rows.Where(row => !row.Contains(" come", StringComparison.Ordinal)))
            foreach (var name in row.Split('`').Where((_, place) => place % 2 == 1).Where(text => rooms.Contains(text.Split('.')[0]) && text.Contains('.', StringComparison.Ordinal)))
                Assert.NotNull(Catalogue.Find(name));
    }

    private static string Begin(SettingDefinition d)
    {
        var value = d.Type == SettingType.Table ? "a table" : d.Default.Length == 0 ? "empty" : $"`{d.Default}`";
        return $"| `{d.Name}` | {value} | {d.Unit} | ";
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ClusterMail.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("there is no ClusterMail.sln above the tests");
        return folder.FullName;
    }
}

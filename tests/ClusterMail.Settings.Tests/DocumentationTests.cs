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

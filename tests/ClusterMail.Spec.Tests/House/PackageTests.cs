using System.Xml.Linq;

namespace ClusterMail.Spec.Tests.House;

/// <summary>One place says which version of a package is used, and lock files say which versions that brings along.</summary>
public class PackageTests
{
    private static readonly HashSet<string> Central =
    [
        .. XDocument.Load(Path.Combine(ProjectFiles.Root, "Directory.Packages.props")).Descendants("PackageVersion").Select(version => version.Attribute("Include")!.Value),
    ];

    [Fact]
    public void House_no_project_names_the_version_of_a_package_itself() =>
        Assert.Empty(ProjectFiles.All.SelectMany(project => project.Versioned.Select(package => $"{project}: {package}")));

    [Fact]
    public void House_every_package_has_its_version_in_Directory_Packages_props() =>
        Assert.Empty(ProjectFiles.All.SelectMany(project => project.Packages.Where(package => !Central.Contains(package)).Select(package => $"{project}: {package}")));

    [Fact]
    public void House_every_version_in_Directory_Packages_props_is_used_by_a_project_or_pins_what_one_brings_along()
    {
        var used = ProjectFiles.All.SelectMany(project => project.Packages).ToHashSet(StringComparer.OrdinalIgnoreCase);
        used.UnionWith(XDocument.Load(Path.Combine(ProjectFiles.Root, "tests", "Directory.Build.props")).Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value));
        var locked = string.Concat(ProjectFiles.All.Select(project => File.ReadAllText(LockFile(project))));
        var unused = Central.Where(package => !used.Contains(package) && !locked.Contains($"\"{package}\": {{", StringComparison.OrdinalIgnoreCase)).ToList();
        Assert.Empty(unused);
    }

    [Fact]
    public void House_every_project_has_a_lock_file() =>
        Assert.All(ProjectFiles.All, project => Assert.True(File.Exists(LockFile(project)), $"{LockFile(project)} is missing"));

    private static string LockFile(ProjectFile project) => Path.Combine(Path.GetDirectoryName(project.Path)!, "packages.lock.json");
}

using System.Xml.Linq;

namespace ClusterMail.Spec.Tests.House;

/// <summary>The project files of this repository as they stand on disk.</summary>
internal static class ProjectFiles
{
    /// <summary>Folder of <c>ClusterMail.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every project below <c>src</c>.</summary>
    public static IReadOnlyList<ProjectFile> Product { get; } = Read("src");

    /// <summary>Every project of the repository.</summary>
    public static IReadOnlyList<ProjectFile> All { get; } = [.. Product, .. Read("tests"), .. Read("bench")];

    /// <summary>Files people wrote: no build output, nothing hidden but what belongs to the repository.</summary>
    public static IEnumerable<string> Written(params string[] endings) =>
        Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
            .Where(file => endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
            .Where(file => !Path.GetRelativePath(Root, file).Split('/', '\\').Any(part => part is "bin" or "obj" or "out" or "artifacts" or ".git" or "TestResults" or "data"));

    private static IReadOnlyList<ProjectFile> Read(string folder)
    {
        var path = Path.Combine(Root, folder);
        return Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*.csproj", SearchOption.AllDirectories).Order().Select(ProjectFile.Read)] : [];
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ClusterMail.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("ClusterMail.sln is in no folder above the tests.");
        return folder;
    }
}

/// <param name="Room">The name without <c>ClusterMail.</c>: <c>Queue</c>.</param>
/// <param name="References">Rooms it refers to.</param>
/// <param name="Packages">Packages it refers to by name.</param>
/// <param name="Versioned">Packages whose version the project names itself.</param>
internal sealed record ProjectFile(string Path, string Room, IReadOnlySet<string> References, IReadOnlySet<string> Packages, IReadOnlyList<string> Versioned)
{
    public static ProjectFile Read(string path)
    {
        var document = XDocument.Load(path);
        var packages = document.Descendants("PackageReference").ToList();
        return new ProjectFile(
            path,
            RoomOf(path),
            document.Descendants("ProjectReference").Select(reference => RoomOf(reference.Attribute("Include")!.Value)).ToHashSet(),
            packages.Select(package => package.Attribute("Include")!.Value).ToHashSet(),
            [.. packages.Where(package => package.Attribute("Version") is not null || package.Attribute("VersionOverride") is not null || package.Element("Version") is not null)
                .Select(package => package.Attribute("Include")!.Value)]);
    }

    private static string RoomOf(string path)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(path.Replace('\\', '/'));
        return name.StartsWith("ClusterMail.", StringComparison.Ordinal) ? name["ClusterMail.".Length..] : name;
    }

    public override string ToString() => Room;
}

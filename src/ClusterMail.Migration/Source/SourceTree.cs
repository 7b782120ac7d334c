namespace ClusterMail.Migration.Source;

/// <summary>All files of the folder that is imported, in the order of their paths. Links are not followed: they may lead out of it, or in a circle.</summary>
public sealed class SourceTree(IEnumerable<SourceFile> files)
{
    public IReadOnlyList<SourceFile> Files { get; } = [.. files.OrderBy(file => file.Path, StringComparer.OrdinalIgnoreCase).ThenBy(file => file.Path, StringComparer.Ordinal)];

    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static SourceTree Of(string folder)
    {
        var root = Path.GetFullPath(folder);
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
        return new SourceTree(new DirectoryInfo(root).EnumerateFiles("*", options).Select(file => new SourceFile(
            Path.GetRelativePath(root, file.FullName).Replace(Path.DirectorySeparatorChar, '/'), file.Length, file.LastWriteTimeUtc,
            () => new FileStream(file.FullName, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Options = FileOptions.SequentialScan }))));
    }
}

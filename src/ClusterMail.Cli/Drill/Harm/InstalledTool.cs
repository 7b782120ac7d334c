namespace ClusterMail.Cli.Drill.Harm;

/// <summary>Programs of the machine. An ordinary user's PATH lacks those of the administrator, and root's is not always root's.</summary>
internal static class InstalledTool
{
    private static readonly string[] Folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <returns>Full path; null: it is not installed.</returns>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? []).Concat(Folders)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}

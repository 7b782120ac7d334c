namespace ClusterMail.Accounts.Passwords;

/// <summary>Whether a file with a secret is kept from others.</summary>
public static class SecretFile
{
    /// <summary>Where systemd (<c>LoadCredential=</c>) or a mounted secret puts the files of this process alone.</summary>
    public const string CredentialsVariable = "CREDENTIALS_DIRECTORY";

    /// <summary>
    /// True for mode 0600 or less. A file of the credentials folder may be readable for its group too: systemd lets the service in by an access list, whose mask
    /// stands where the group's rights do, and Kubernetes by the group of the pod. True on Windows, which has no modes.
    /// </summary>
    /// <param name="credentials">The credentials folder; null: that of <see cref="CredentialsVariable"/>, if there is one.</param>
    /// <exception cref="IOException">The file cannot be looked at.</exception>
    public static bool IsPrivate(string path, string? credentials = null)
    {
        if (OperatingSystem.IsWindows())
            return true;
        var allowed = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if ((credentials ?? Environment.GetEnvironmentVariable(CredentialsVariable)) is { Length: > 0 } folder && LiesIn(path, folder))
            allowed |= UnixFileMode.GroupRead;
        return (Mode(path) & ~allowed) == 0;
    }

    /// <summary>The rights of the file itself, where the path is a link to it.</summary>
    /// <exception cref="IOException">The file cannot be looked at.</exception>
    public static UnixFileMode Mode(string path) => OperatingSystem.IsWindows()
        ? UnixFileMode.None
        : File.GetUnixFileMode(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);

    private static bool LiesIn(string path, string folder) =>
        Path.GetDirectoryName(Path.GetFullPath(path)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
}

namespace ClusterMail.Smtp.Server;

/// <summary>The folder for contents too large for memory. One node, one folder: the sweep at start removes whatever an earlier life left there.</summary>
public sealed class SpoolFolder
{
    private const string Extension = ".spool";
    private readonly string _path;

    /// <param name="path">Made when missing, readable by this user alone.</param>
    /// <exception cref="IOException">The folder cannot be made or swept.</exception>
    public SpoolFolder(string path)
    {
        _path = Path.GetFullPath(path);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_path);
        else
            Directory.CreateDirectory(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // None of these was promised to anybody: what was answered 250 is in the database (PIPE-20).
        foreach (var left in Directory.EnumerateFiles(_path, "*" + Extension))
        {
            File.Delete(left);
            Swept++;
        }
    }

    /// <summary>Files the sweep removed.</summary>
    public int Swept { get; }

    /// <summary>A new file nobody else has (O_EXCL), for this user's eyes only.</summary>
    internal FileStream Create()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.Read | FileShare.Delete,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(Path.Combine(_path, Guid.NewGuid().ToString("N") + Extension), options);
    }
}

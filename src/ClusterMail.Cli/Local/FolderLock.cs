namespace ClusterMail.Cli.Local;

/// <summary>One command at a time changes a local cluster; two <c>up</c> side by side would start nodes twice.</summary>
public sealed class FolderLock : IDisposable
{
    public const string FileName = "lock";

    /// <summary>EWOULDBLOCK of Linux: the lock is taken. Other numbers are a full, read-only or broken file system.</summary>
    private const int HeldByAnother = 11;

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <exception cref="CommandFailure">Another command holds it.</exception>
    public static FolderLock Take(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new FolderLock(new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CommandFailure($"{e.Message} Choose another folder with --data.");
        }
        catch (IOException e) when (e.HResult != HeldByAnother)
        {
            throw new CommandFailure($"cannot use the folder {folder}: {e.Message} Choose another with --data.");
        }
        catch (IOException)
        {
            throw new CommandFailure($"another clustermail command is at work on {folder}: wait for it, or choose another folder with --data");
        }
    }

    public void Dispose() => _file.Dispose();
}

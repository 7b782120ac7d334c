using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using ClusterMail.Store;

namespace ClusterMail.Queue.Lease;

/// <summary>
/// What this node last heard of a database, in memory and in a file beside the spool, so that a database put back from a backup is known as one even when every node was
/// stopped for it. A node without the file (a new machine) takes the database as it is.
/// </summary>
/// <param name="path">Null: in memory only.</param>
public sealed partial class DatabaseMemory(string? path)
{
    /// <summary>The database must know of a lease that it has renewed; one that knows of one 10 s shorter is a restored one, so the file need not be younger.</summary>
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(10);

    private readonly Lock _writing = new();
    private volatile DatabaseMark? _last = Read(path);
    private long _writtenAt;
    private int _running;
    private volatile Task _written = Task.CompletedTask;

    /// <summary>Null: nothing is remembered.</summary>
    public DatabaseMark? Last => _last;

    /// <summary>Completes when nothing is being written beside the renewals.</summary>
    public Task Written => _written;

    public static string FileIn(string folder, string database) => Path.Combine(folder, $"database-{database}.json");

    /// <summary>After each good renewal. The file is written beside it: a disk that hangs must not cost the lease.</summary>
    /// <param name="mark">Null: the renewal brought none.</param>
    public void Remember(DatabaseMark? mark)
    {
        if (mark is null)
            return;
        _last = mark;
        if (path is null || (_writtenAt != 0 && Stopwatch.GetElapsedTime(_writtenAt) < WriteEvery) || Interlocked.Exchange(ref _running, 1) == 1)
            return;
        _writtenAt = Stopwatch.GetTimestamp();
        _written = Task.Run(() =>
        {
            try
            {
                Write();
            }
            finally
            {
                Volatile.Write(ref _running, 0);
            }
        });
    }

    /// <summary>Writes the file now. One that cannot be written costs only what it is for.</summary>
    public void Write()
    {
        if (path is null || _last is not { } mark)
            return;
        lock (_writing)
        {
            try
            {
                MakeFolder(Path.GetDirectoryName(path)!);
                var next = path + ".new";
                File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(mark, MarkJson.Default.DatabaseMark));
                File.Move(next, path, overwrite: true);
            }
            catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
            {
                // Tried again with a later renewal.
            }
        }
    }

    /// <summary>The spool's folder, before the spool makes it: contents of mails come into it, which nobody else may read.</summary>
    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static DatabaseMark? Read(string? path)
    {
        try
        {
            return path is not null && File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), MarkJson.Default.DatabaseMark) : null;
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    [JsonSerializable(typeof(DatabaseMark))]
    private sealed partial class MarkJson : JsonSerializerContext;
}

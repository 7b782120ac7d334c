using System.Text.Json;
using System.Text.Json.Serialization;
using ClusterMail.Cli.Local;

namespace ClusterMail.Cli.Drill;

/// <summary>
/// <c>DIR/drill.json</c>: a drill is at work on this local cluster, or was killed there. Written before it changes anything, with what is needed to put it right, and removed
/// after everything is.
/// </summary>
internal sealed record DrillMark
{
    public const string FileName = "drill.json";

    /// <summary>kill, partition …</summary>
    public required string Kind { get; init; }

    /// <summary>Of the drill.</summary>
    public required int Pid { get; init; }

    /// <summary>When that process was started, in clock ticks of the machine: a process id is used again.</summary>
    public required string ProcessStarted { get; init; }
    public required string Domain { get; init; }

    /// <summary>Node that may run in something a drill put on it; null: none.</summary>
    public string? Node { get; init; }

    /// <summary>Node that may be drained; null: none.</summary>
    public string? Drained { get; init; }

    /// <summary><c>dns.servers</c> before the drill; null: the default.</summary>
    public string? NameServers { get; init; }

    /// <summary>The drill changes <c>dns.servers</c>.</summary>
    public bool ChangesNameServers { get; init; }

    /// <summary>The drill that wrote it still runs.</summary>
    [JsonIgnore]
    public bool IsAtWork => NodeProcess.StartOf(Pid) == ProcessStarted;

    /// <returns>Null: no drill has left anything.</returns>
    /// <exception cref="CommandFailure">The file is there and cannot be read.</exception>
    public static DrillMark? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), DrillJson.Default.DrillMark);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot read {path}: {e.Message.Split('\n')[0]}");
        }
    }

    public void Write(string folder) => PrivateFile.Replace(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, DrillJson.Default.DrillMark));

    public static void Remove(string folder) => File.Delete(Path.Combine(folder, FileName));
}

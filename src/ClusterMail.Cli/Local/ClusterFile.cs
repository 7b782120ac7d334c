using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterMail.Cli.Local;

/// <summary><c>DIR/cluster.json</c>: what programs beside ClusterMail (tests, benches, scripts) need to know about a local cluster.</summary>
public sealed record ClusterFile
{
    public const string FileName = "cluster.json";

    /// <summary>Npgsql connection string.</summary>
    public required string Database { get; init; }
    public required string AdminToken { get; init; }
    public required IReadOnlyList<ClusterNode> Nodes { get; init; }

    /// <returns>Null when the folder has no such file.</returns>
    /// <exception cref="CommandFailure">The file is there but cannot be read or understood.</exception>
    public static ClusterFile? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), LocalJson.Default.ClusterFile);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot read {path}: {e.Message.Split('\n')[0]}. Run 'clustermail up --data {folder}' to write it anew.");
        }
    }

    /// <summary>A reader sees the old file or the new one, never half of one.</summary>
    public void Write(string folder) =>
        PrivateFile.Replace(Path.Combine(folder, FileName), [.. ToJson(), (byte)'\n']);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, LocalJson.Default.ClusterFile);
}

/// <summary>One node of a local cluster. Addresses are <c>host:port</c>, <see cref="Admin"/> is a URL.</summary>
public sealed record ClusterNode
{
    public required string Name { get; init; }

    /// <summary>Process id; null while the node is not running.</summary>
    public int? Pid { get; init; }

    /// <summary><c>running</c>, <c>paused</c> or <c>stopped</c>.</summary>
    public required string State { get; init; }
    public required string Smtp { get; init; }
    public required string Submission { get; init; }
    public required string Smtps { get; init; }
    public required string ProxySmtp { get; init; }
    public required string Admin { get; init; }
    public required string Remoting { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ClusterFile))]
[JsonSerializable(typeof(LocalState))]
[JsonSerializable(typeof(SessionFile))]
internal sealed partial class LocalJson : JsonSerializerContext;

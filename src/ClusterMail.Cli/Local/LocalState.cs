using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace ClusterMail.Cli.Local;

/// <summary>
/// <c>DIR/local.json</c>: what was chosen when the cluster was created (ports, passwords, nodes). Written before anything starts, so that a broken-off
/// <c>up</c> can be continued and always be taken down; <see cref="ClusterFile"/> appears only when the nodes are ready.
/// </summary>
public sealed record LocalState
{
    public const string FileName = "local.json";

    /// <summary>PostgreSQL listens here and its standby one above; node i has the ten ports from here + 10 i on.</summary>
    public required int BasePort { get; init; }

    /// <summary>Folder of initdb, pg_ctl and postgres.</summary>
    public required string PostgresBinaries { get; init; }

    /// <summary>Folder owned by the account PostgreSQL runs under.</summary>
    public required string PostgresFolder { get; init; }
    public required string SuperuserPassword { get; init; }
    public required string Password { get; init; }
    public required string AdminToken { get; init; }

    /// <summary>Numbers of the nodes: 1 is n1.</summary>
    public required IReadOnlyList<int> Nodes { get; init; }

    /// <summary>There are two servers, one of them the standby of the other.</summary>
    public bool Standby { get; init; }

    /// <summary>Further databases of the queue, which somebody else runs: name and connection string. Null: none.</summary>
    public IReadOnlyDictionary<string, string>? Shards { get; init; }

    /// <summary>Which server was last decided to be the primary: 0 or 1. Written before anything is done about it; the data folders may know better.</summary>
    public int Primary { get; init; }

    /// <summary>The standby has been seen synchronous under this primary, so that it has all that was answered <c>250</c> since and before.</summary>
    public bool Synchronous { get; init; }

    /// <summary>For the nodes: with a standby both servers, of which the one that takes writes is meant.</summary>
    public string ConnectionString => Standby
        ? ConnectionTo($"127.0.0.1:{Port(0)},127.0.0.1:{Port(1)}", null, "clustermail", Password, "clustermail") + ";Target Session Attributes=primary"
        : ConnectionTo("127.0.0.1", BasePort, "clustermail", Password, "clustermail");

    /// <param name="server">0 or 1.</param>
    public string SuperuserConnectionString(int server) => ConnectionTo("127.0.0.1", BasePort + server, "postgres", SuperuserPassword, "postgres");

    public static LocalState? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), LocalJson.Default.LocalState);
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

    public void Write(string folder) =>
        PrivateFile.Replace(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, LocalJson.Default.LocalState));

    /// <summary>192 random bits in letters that need no quoting anywhere.</summary>
    public static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private string Port(int server) => (BasePort + server).ToString(CultureInfo.InvariantCulture);

    private static string ConnectionTo(string host, int? port, string user, string password, string database) => string.Create(
        CultureInfo.InvariantCulture,
        $"Host={host}{(port is { } one ? string.Create(CultureInfo.InvariantCulture, $";Port={one}") : "")};Username={user};Password={password};Database={database}");
}

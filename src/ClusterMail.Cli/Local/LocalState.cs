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

    /// <summary>PostgreSQL listens here; node i has the ten ports from here + 10 i on.</summary>
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

    public string ConnectionString => ConnectionTo("clustermail", Password, "clustermail");
    public string SuperuserConnectionString => ConnectionTo("postgres", SuperuserPassword, "postgres");

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

    private string ConnectionTo(string user, string password, string database) => string.Create(
        CultureInfo.InvariantCulture,
        $"Host=127.0.0.1;Port={BasePort};Username={user};Password={password};Database={database}");
}

using System.Text.Json;

namespace ClusterMail.Cli.Local;

/// <summary>The session of 'clustermail login', in the user's configuration folder and readable by him alone.</summary>
public sealed record SessionFile
{
    /// <summary>Admin URLs of the cluster the session is of; its token is sent nowhere else.</summary>
    public required IReadOnlyList<string> Urls { get; init; }
    public required string Name { get; init; }
    public required string Token { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary><c>$XDG_CONFIG_HOME/clustermail/session.json</c>, by default below <c>~/.config</c>; on Windows below the application data of the user.</summary>
    public static string Place => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "clustermail", "session.json");

    /// <returns>Null: nobody is logged in.</returns>
    /// <exception cref="CommandFailure">The file cannot be read, or others may read it.</exception>
    public static SessionFile? Read()
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            if (!OperatingSystem.IsWindows() && File.Exists(Place) && (File.GetUnixFileMode(Place) & ~ownerOnly) != 0)
                throw new CommandFailure($"{Place} may be read by others: end the session with 'clustermail logout' and log in again");
            return JsonSerializer.Deserialize(File.ReadAllBytes(Place), LocalJson.Default.SessionFile);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot read {Place}: {e.Message.Split('\n')[0]}. 'clustermail logout' removes it.");
        }
    }

    public void Write()
    {
        PrivateFile.CreateFolder(Path.GetDirectoryName(Place)!);
        PrivateFile.Replace(Place, JsonSerializer.SerializeToUtf8Bytes(this, LocalJson.Default.SessionFile));
    }

    public static void Delete()
    {
        if (Directory.Exists(Path.GetDirectoryName(Place)))
            File.Delete(Place);
    }
}

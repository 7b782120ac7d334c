namespace ClusterMail.Cli.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("clustermail-cli-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

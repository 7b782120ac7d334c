namespace ClusterMail.Node;

/// <summary>Starts and stops the node with its host (SIGTERM, systemd, Windows service).</summary>
public sealed class NodeService(NodeRuntime node) : IHostedService
{
    /// <summary>CLU-32: current transactions may finish so long.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(60);

    public Task StartAsync(CancellationToken cancellationToken) => node.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => node.StopAsync(DrainLimit);
}

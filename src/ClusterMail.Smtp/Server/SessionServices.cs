using Microsoft.Extensions.Logging;

namespace ClusterMail.Smtp.Server;

/// <summary>What every session of a node shares.</summary>
public sealed record SessionServices(IMailPolicy Policy, IAcceptMail Acceptor, SpoolFolder Spool, ILogger Logger)
{
    /// <summary>Null (default): no TLS at all.</summary>
    public ICertificateSource? Certificates { get; init; }
    public ContentBudget Budget { get; init; } = new();
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

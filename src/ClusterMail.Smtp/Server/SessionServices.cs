using ClusterMail.Smtp.Server.Auth;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Smtp.Server;

/// <summary>What every session of a node shares.</summary>
public sealed record SessionServices(IMailPolicy Policy, IAcceptMail Acceptor, SpoolFolder Spool, ILogger Logger)
{
    /// <summary>Null (default): no TLS at all.</summary>
    public ICertificateSource? Certificates { get; init; }

    /// <summary>Null (default): no SMTP AUTH, whatever the options say.</summary>
    public IAuthenticate? Authenticate { get; init; }

    /// <summary>Default: nothing is logged.</summary>
    public ISessionLog Log { get; init; } = NoSessionLog.Instance;
    public ContentBudget Budget { get; init; } = new();
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Lockout;
using ClusterMail.Queue.Login;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin.Pages;

/// <summary>What the pages work with.</summary>
public sealed record SiteParts
{
    public required PageDesk Desk { get; init; }
    public required PasswordCheck Passwords { get; init; }

    /// <summary>Counts failed logins together with those of SMTP (LOCK-2).</summary>
    public required LockoutGuard Lockout { get; init; }
    public required Func<NodeView> View { get; init; }

    /// <summary>Null: this node has no certificate, and opens no page with TLS.</summary>
    public required ICertificateSource? Certificates { get; init; }
    public required TimeProvider Time { get; init; }
    public required ILogger Log { get; init; }
}

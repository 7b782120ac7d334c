using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Lockout;
using ClusterMail.Queue.Login;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin.Pages;

/// <summary>What the pages work with.</summary>
public sealed record SiteParts
{
    public required PageDesk Desk { get; init; }
    public required PersonalDesk Personal { get; init; }
    public required ProxyDesk Proxies { get; init; }

    /// <summary>Groups and proxies as they are now.</summary>
    public required Func<ApprovalLists> Lists { get; init; }

    /// <summary>One-time codes (APPROVE-162).</summary>
    public required PageFactorStore Factors { get; init; }

    /// <summary>Lines of the approval log of a span, in the time of a zone.</summary>
    public required Func<LogSpan, TimeZoneInfo, CancellationToken, IAsyncEnumerable<(DateTimeOffset At, string Line)>> ApprovalLog { get; init; }

    /// <summary>Long downloads of this node at once.</summary>
    public SemaphoreSlim Downloads { get; } = new(2);
    public required PasswordCheck Passwords { get; init; }

    /// <summary>Counts failed logins together with those of SMTP (LOCK-2).</summary>
    public required LockoutGuard Lockout { get; init; }
    public required Func<NodeView> View { get; init; }

    /// <summary>Null: this node has no certificate, and opens no page with TLS.</summary>
    public required ICertificateSource? Certificates { get; init; }
    public required TimeProvider Time { get; init; }
    public required ILogger Log { get; init; }
}

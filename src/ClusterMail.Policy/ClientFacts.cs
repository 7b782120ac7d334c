using System.Net;
using ClusterMail.Protocol;

namespace ClusterMail.Policy;

/// <summary>What policy needs to know of a client.</summary>
/// <param name="Address">Behind a balancer the client's own. IPv4-mapped addresses are taken as IPv4.</param>
/// <param name="Submission">The listener is one for users: AUTH is demanded (CONF-23).</param>
/// <param name="AuthenticatedAs">Full address of the account that AUTH proved; null: none did.</param>
public readonly record struct ClientFacts(IPAddress Address, bool Submission = false, Mailbox? AuthenticatedAs = null)
{
    /// <summary>AUTH was tried in this session and failed, and none succeeded since (AUTH-9).</summary>
    public bool AuthFailed { get; init; }

    /// <summary>The time of the transaction; null: now. Usage hours are held against it.</summary>
    public DateTimeOffset? At { get; init; }
}

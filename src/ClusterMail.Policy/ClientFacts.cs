using System.Net;

namespace ClusterMail.Policy;

/// <summary>What policy needs to know of a client.</summary>
/// <param name="Address">Behind a balancer the client's own. IPv4-mapped addresses are taken as IPv4.</param>
/// <param name="Submission">The listener is one for users: AUTH is demanded (CONF-23).</param>
/// <param name="Authenticated">AUTH succeeded in this session.</param>
public readonly record struct ClientFacts(IPAddress Address, bool Submission = false, bool Authenticated = false);

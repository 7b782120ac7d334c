using System.Net;

namespace ClusterMail.Smtp.Server;

/// <summary>What is known of a client; a new value whenever it changes (HELO, STARTTLS, AUTH), so policy never sees half a change.</summary>
public sealed record ClientConnection
{
    /// <summary>Who connected: the address behind the balancer when the PROXY protocol told it. IPv4-mapped addresses are shown as IPv4.</summary>
    public required IPEndPoint Remote { get; init; }

    /// <summary>The local address the client connected to (behind a balancer: as the PROXY header says).</summary>
    public required IPEndPoint Local { get; init; }

    /// <summary>The balancer's own address when the connection came through one.</summary>
    public IPAddress? Balancer { get; init; }

    public required ListenerPurpose Purpose { get; init; }

    /// <summary>For log lines and the <c>trace</c> of a refused client; unique within the node's life.</summary>
    public required string SessionId { get; init; }

    /// <summary>The argument of HELO or EHLO as given, brackets included (LOG-22); empty before it.</summary>
    public string Helo { get; init; } = "";

    /// <summary>Its name in DNS, when one was asked for (CONF-18) and leads back to its address; else null.</summary>
    public string? Name { get; init; }

    /// <summary>EHLO was said, not HELO.</summary>
    public bool Extended { get; init; }

    /// <summary><c>TLSv1.3</c> and so on; null in clear text.</summary>
    public string? TlsVersion { get; init; }
    public string? TlsCipher { get; init; }

    /// <summary>The identity AUTH proved, a full address; null without.</summary>
    public string? AuthenticatedAs { get; init; }

    /// <summary>AUTH that failed in this connection (AUTH-13); stays over STARTTLS.</summary>
    public int AuthFailures { get; init; }
}

/// <summary>What a listener is for. Relay: port 25, other servers. Submission: 587 and 465, users, AUTH demanded (CONF-23).</summary>
public enum ListenerPurpose : byte
{
    Relay = 0,
    Submission = 1,
}

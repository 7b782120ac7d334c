using System.Collections.Immutable;
using System.Net;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// Limits and texts of the receiver. A connection takes the newest value when it opens, a transaction when MAIL begins it (ADMIN-24).
/// 0 means unlimited only where said (CONF-62).
/// </summary>
public sealed record ReceiveOptions
{
    /// <summary>The name in greeting, EHLO, QUIT and Received:; the same on all nodes (RECV-23).</summary>
    public required string HostName { get; init; }

    /// <summary>Printed after <c>by host</c> in Received: and in the greeting. No version by default (RECV-22).</summary>
    public string Software { get; init; } = "ClusterMail";

    /// <summary>Sessions at once on this node; default 1000 (RECV-8, RECV-11). 0: unlimited.</summary>
    public int MaxSessions { get; init; } = 1000;

    /// <summary>Sessions at once from one client address on this node; default 100. 0: unlimited.</summary>
    public int MaxSessionsPerAddress { get; init; } = 100;

    /// <summary>Octets of content; default 50 MiB (LIMIT-2). 0: unlimited.</summary>
    public long MaxBytes { get; init; } = 52_428_800;

    /// <summary>With N, the N-th recipient is refused, so N-1 pass (LIMIT-3). Default 1000. 0: unlimited.</summary>
    public int MaxRecipients { get; init; } = 1000;

    /// <summary>LIMIT-4: false refuses the whole transaction at the N-th recipient; true answers it 452 4.5.3 and takes the first N-1.</summary>
    public bool DeferExtraRecipients { get; init; }

    /// <summary>Received: headers a mail may arrive with; default 20 (LIMIT-5).</summary>
    public int MaxReceived { get; init; } = 20;

    /// <summary>Longest silence before the session ends with 421; default 300 s (RECV-9, RFC 5321 §4.5.3.2.7).</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Longest life of a session; default 1 h, then 421 at the next command.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Slowest average upload a client may keep up over the last minute, octets a second, default 100; a slower one is cut (a held session costs a slot).</summary>
    public int MinBytesPerSecond { get; init; } = 100;

    /// <summary>Octets of a command line with its CRLF; default 2048 (RFC 5321 §4.5.3.1.4 asks for 512, extensions for more).</summary>
    public int MaxCommandLine { get; init; } = 2048;

    /// <summary>Commands a session may send; default 10000, then 421.</summary>
    public int MaxCommands { get; init; } = 10_000;

    /// <summary>Refused or unknown commands a session may send; default 20, then 421.</summary>
    public int MaxErrors { get; init; } = 20;

    /// <summary>Octets of content held in memory for one mail; beyond it the mail is spooled to disk. Default 1 MiB.</summary>
    public int MaxContentInMemory { get; init; } = 1_048_576;

    /// <summary>Octets of content all sessions of the node together may hold in memory; beyond it new mails are spooled at once. Default 128 MiB.</summary>
    public long MaxContentMemory { get; init; } = 134_217_728;

    /// <summary>Octets the spool folder may hold; beyond it DATA is answered 452 4.3.1. Default 20 GiB.</summary>
    public long MaxSpool { get; init; } = 21_474_836_480;

    /// <summary>Balancers that may speak the PROXY protocol to us (CLU-23). Default: none.</summary>
    public ImmutableArray<IPNetwork> Balancers { get; init; } = [];

    /// <summary>Local addresses that give no SMTP answer (RECV-10, CLU-24).</summary>
    public ImmutableArray<IPAddress> HiddenAddresses { get; init; } = [];

    /// <summary>Templates of the Received: header (HDR-3). Default: the built-in one (HDR-1).</summary>
    public HeaderTemplates Headers { get; init; } = HeaderTemplates.BuiltIn;

    /// <summary>Clients whose mail gets Date: and Message-ID: where it lacks them, beside users (HDR-4). Default: none.</summary>
    public ImmutableArray<IPNetwork> SubmissionClients { get; init; } = [];

    /// <summary>The client's name is asked for and confirmed (CONF-18). Default off.</summary>
    public bool ReverseDns { get; init; }

    public bool OfferPipelining { get; init; } = true;
    public bool Offer8BitMime { get; init; } = true;
    public bool OfferSmtpUtf8 { get; init; } = true;
    public bool OfferChunking { get; init; } = true;
    public bool OfferDsn { get; init; } = true;
    public bool OfferEnhancedStatusCodes { get; init; } = true;

    /// <summary>SMTP AUTH methods in the order offered (AUTH-1); empty (default): AUTH is off.</summary>
    public ImmutableArray<string> AuthMethods { get; init; } = [];

    /// <summary>AUTH is offered without TLS too. Default false: nobody is to send a password in clear text (01 L).</summary>
    public bool AuthInClear { get; init; }
}

using ClusterMail.Protocol;

namespace ClusterMail.Accounts;

/// <summary>
/// One account as every node keeps it in memory (05 C): what a session or a delivery asks about it. Its password is not here; whoever checks one asks the
/// database.
/// </summary>
public sealed record Account
{
    /// <summary>Never used again after removal; a new account of the same address gets a new one.</summary>
    public required long Id { get; init; }

    /// <summary>As it was written when created; compared without case (ALIAS-15).</summary>
    public required Mailbox Address { get; init; }

    /// <summary>Full name (氏名), for VRFY and lists. Default empty.</summary>
    public string FullName { get; init; } = "";

    /// <summary>May log in, and at level per-account must (AUTH-5). Default on (01 L).</summary>
    public bool SmtpAuth { get; init; } = true;

    /// <summary>ACCT-4: neither logs in nor sends; mail for it is still kept.</summary>
    public bool Suspended { get; init; }

    /// <summary>ACCT-14: counts as local- for SMTP.</summary>
    public bool SmtpDisabled { get; init; }

    /// <summary>QUOTA-1: octets; 0: the server's <c>mailbox.max_bytes</c>.</summary>
    public long BoxLimit { get; init; }

    /// <summary>Where its mail is kept: empty as its domain says, <c>store</c>, <c>lmtp:host:port</c>, or <c>route</c> for none here (APPROVE-400).</summary>
    public string Delivery { get; init; } = "";

    /// <summary>Usage hours (UTIME-3), one weekday a line; empty: no restriction (UTIME-2).</summary>
    public string Hours { get; init; } = "";

    /// <summary>Its own destination restriction, as a <c>sender.dat</c> (05 G); empty: none.</summary>
    public string Destinations { get; init; } = "";

    /// <summary>Whom <c>@manager</c> of a policy asks for its mail (APPROVE-20); empty: nobody is named here.</summary>
    public string Superior { get; init; } = "";

    /// <summary>Version of <see cref="Destinations"/>, which a held mail records (APPROVE-24); 0: there never was any.</summary>
    public long DestinationsVersion { get; init; }

    /// <summary>Its own relay list, as an <c>effect.dat</c> (RELAY-40); empty: none.</summary>
    public string RelayRules { get; init; } = "";
}

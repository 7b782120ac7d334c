namespace ClusterMail.Admin.Contract;

/// <summary>One line of the live trace (ADMIN-42).</summary>
/// <param name="Id">The session of a client, or the number of a mail that is being delivered; empty: the trace itself speaks.</param>
/// <param name="Client">Address and port of the client; null for a delivery.</param>
/// <param name="Text">As in receivelog and senderlog (LOG-25, LOG-27), and each check with its rule and result.</param>
public sealed record LiveEntry(DateTimeOffset At, string Node, string Id, string? Client, string Text);

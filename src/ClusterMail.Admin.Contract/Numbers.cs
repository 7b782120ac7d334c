namespace ClusterMail.Admin.Contract;

/// <summary>The counter of mail numbers (MSGID-2).</summary>
/// <param name="Last">The last number given out, to a mail or to a node's block; the next mail gets a greater one.</param>
/// <param name="Printed">As mails show it: <c>B0000318868</c>.</param>
public sealed record NumberStatus(long Last, string Printed);

/// <summary>Raises the counter: every mail from now on gets a number greater than <paramref name="Last"/>.</summary>
public sealed record NumberRaise(long Last);

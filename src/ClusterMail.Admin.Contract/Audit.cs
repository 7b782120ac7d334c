namespace ClusterMail.Admin.Contract;

/// <summary>
/// <c>audit list</c>, newest first. Query: <c>since=</c>, <c>until=</c>, <c>by=</c> (console account), <c>what=</c> (an act like account.change, or its noun), <c>outcome=</c>
/// (done, refused, failed), <c>limit=</c> (default 100, at most 1000), <c>before=</c> (the <see cref="Next"/> of the page before).
/// </summary>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, long? Next);

/// <summary>One thing that was done, or refused (ADMIN-13).</summary>
/// <param name="At">The database's clock.</param>
/// <param name="Who">Console account; <c>token</c> for the farm's own token; else what the cluster did of itself.</param>
/// <param name="Means">Session, or which token.</param>
/// <param name="Source">Address the request came from.</param>
/// <param name="Outcome"><c>done</c>, <c>refused</c> (no right to it) or <c>failed</c> (a login).</param>
/// <param name="Act">noun.verb.</param>
public sealed record AuditEntry(
    long Id, DateTimeOffset At, string Who, string Means, string Source, string Outcome, string Act, string Subject, IReadOnlyList<AuditChange> Changes);

/// <summary>Secrets stand here as <c>changed</c>.</summary>
/// <param name="Before">Null: there was none.</param>
/// <param name="After">Null: there is none any more.</param>
public sealed record AuditChange(string Name, string? Before, string? After);

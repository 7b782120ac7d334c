namespace ClusterMail.Admin.Contract;

/// <summary>PUT of an account's login at the next server (APPROVE-424). The secret goes in and never comes out again.</summary>
/// <param name="Secret">Password, or the token of a route with <c>oauth</c>.</param>
/// <param name="User">Null: the account's address.</param>
public sealed record UpstreamLogin(string Secret, string? User = null);

/// <summary>What may be shown of it.</summary>
/// <param name="User">Null: the account has no login upstream.</param>
/// <param name="Taken">The next server took it at least once.</param>
/// <param name="Failures">Refusals since it was last taken.</param>
/// <param name="LastReply">Host and reply of the last refusal; empty: there was none.</param>
/// <param name="BlockedUntil">Not tried before; null: it may be tried.</param>
/// <param name="SentThisHour">Transactions that count towards <c>upstream.max_per_hour</c>.</param>
public sealed record UpstreamEntry(
    string Address, string? User, DateTimeOffset? ChangedAt, string ChangedBy, bool Taken, int Failures, string LastReply, DateTimeOffset? BlockedUntil, long SentThisHour);

/// <summary>POST of a file of logins, one a line: <c>address,name,password</c>. All are set, or none.</summary>
/// <param name="Text">An empty name is the address; everything behind the second comma is the password.</param>
public sealed record UpstreamImport(string Text);

public sealed record UpstreamImported(int Count);

namespace ClusterMail.Admin.Contract;

/// <summary>Dry run of one transaction (ADMIN-44); nothing is sent.</summary>
/// <param name="Ip">Client address.</param>
/// <param name="Auth">Authenticated identity; null: not authenticated.</param>
/// <param name="From">Empty or <c>&lt;&gt;</c>: the null reverse-path.</param>
/// <param name="Port">Local port; null: the first relay listener.</param>
/// <param name="At">Time against which usage hours are held; null: now.</param>
/// <param name="Blank">Nothing at all stands after <c>MAIL FROM:</c>.</param>
public sealed record ExplainRequest(
    string Ip, string From, IReadOnlyList<string> To, string? Helo = null, string? Auth = null, int? Port = null, DateTimeOffset? At = null, bool Blank = false);

/// <param name="Greeting">What the connection would get; null: 220.</param>
/// <param name="DataReply">Refusal of DATA; null: none, or there is no recipient.</param>
public sealed record ExplainResult(
    long SettingsVersion, string? Greeting, string MailReply, IReadOnlyList<ExplainRule> MailRules, IReadOnlyList<ExplainRecipient> Recipients, string? DataReply = null);

/// <param name="Route">Null when refused.</param>
/// <param name="Destination">Queue key it would wait under; null when refused.</param>
public sealed record ExplainRecipient(string To, string Reply, string? Route, string? Destination, IReadOnlyList<string> Hosts, IReadOnlyList<ExplainRule> Rules);

/// <param name="Rule">For example <c>RELAY-60</c>.</param>
/// <param name="Text">What it decided and why.</param>
public sealed record ExplainRule(string Rule, string Text);

/// <summary>Dry run of SPF for a client (CONF-19); DNS is asked, nothing is sent.</summary>
/// <param name="Ip">Client address.</param>
/// <param name="Helo">Name it would give with EHLO.</param>
/// <param name="From">MAIL FROM; empty or <c>&lt;&gt;</c>: the null reverse-path, for which HELO is judged.</param>
public sealed record ExplainSpfRequest(string Ip, string Helo, string From);

/// <param name="Mode"><c>receive.spf</c> in force.</param>
/// <param name="Checked">False: mail of this client is never checked, because it is this machine's or a line of the relay list names it.</param>
/// <param name="Identities">MAIL FROM first, then HELO where that is a domain of its own.</param>
/// <param name="Enforced">The reply <c>enforce</c> would give, DMARC left out; null: it is accepted.</param>
public sealed record ExplainSpfResult(string Mode, bool Checked, IReadOnlyList<ExplainedIdentity> Identities, string? Enforced);

/// <param name="Identity"><c>MAIL FROM</c> or <c>HELO</c>.</param>
/// <param name="Result">In the words of RFC 8601: <c>pass</c>, <c>softfail</c> and so on.</param>
/// <param name="Explanation">What the domain says about it; null: nothing.</param>
/// <param name="Steps">How it went, line by line; an included record is indented.</param>
public sealed record ExplainedIdentity(string Identity, string Domain, string Result, string Reason, string? Explanation, IReadOnlyList<string> Steps);

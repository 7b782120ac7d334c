namespace ClusterMail.Admin.Contract;

/// <summary>Dry run of one transaction (ADMIN-44); nothing is sent.</summary>
/// <param name="Ip">Client address.</param>
/// <param name="Auth">Authenticated identity; null: not authenticated.</param>
/// <param name="From">Empty or <c>&lt;&gt;</c>: the null reverse-path.</param>
/// <param name="Port">Local port; null: the first relay listener.</param>
public sealed record ExplainRequest(string Ip, string From, IReadOnlyList<string> To, string? Helo = null, string? Auth = null, int? Port = null);

/// <param name="Greeting">Reply to the connection; null: 220.</param>
public sealed record ExplainResult(long SettingsVersion, string? Greeting, string MailReply, IReadOnlyList<ExplainRule> MailRules, IReadOnlyList<ExplainRecipient> Recipients);

/// <param name="Route">Null when refused.</param>
/// <param name="Destination">Queue key it would wait under; null when refused.</param>
public sealed record ExplainRecipient(string To, string Reply, string? Route, string? Destination, IReadOnlyList<string> Hosts, IReadOnlyList<ExplainRule> Rules);

/// <param name="Rule">For example <c>RELAY-60</c>.</param>
/// <param name="Text">What it decided and why.</param>
public sealed record ExplainRule(string Rule, string Text);

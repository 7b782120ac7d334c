namespace ClusterMail.Admin.Contract;

/// <summary>Words for the roles of console accounts (ADMIN-12).</summary>
public static class RoleNames
{
    /// <summary>Everything (クラスタ管理者).</summary>
    public const string ClusterAdministrator = "cluster-admin";

    /// <summary>Accounts and aliases of the domains named beside it (ドメイン管理者; DOM-3).</summary>
    public const string DomainAdministrator = "domain-admin";

    /// <summary>Reads all but settings; acts on the queue, drains nodes (オペレーター).</summary>
    public const string Operator = "operator";

    /// <summary>Reads logs, settings and the audit (監査担当者).</summary>
    public const string Auditor = "auditor";

    /// <summary>The password of his own mailbox (利用者).</summary>
    public const string User = "user";

    public static IReadOnlyList<string> All { get; } = [ClusterAdministrator, DomainAdministrator, Operator, Auditor, User];
}

/// <summary>POST to <see cref="Routes.Login"/>, the one request that needs no token. Whatever is wrong with it, the answer is the same.</summary>
/// <param name="Code">Of the second factor, or a recovery code; null where there is none.</param>
public sealed record LogIn(string Name, string Password, string? Code = null);

/// <summary>A session has begun.</summary>
/// <param name="Token">Bearer token of the session; shown here and never again.</param>
/// <param name="ExpiresAt">It ends then, and before when it is not used for <paramref name="IdleSeconds"/>.</param>
public sealed record LoggedIn(string Token, string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Domains, DateTimeOffset ExpiresAt, int IdleSeconds);

/// <summary><c>whoami</c>.</summary>
/// <param name="Name">Console account; <c>token</c> for the farm's own token.</param>
/// <param name="Means">Session, or which token.</param>
/// <param name="ExpiresAt">Null: never.</param>
public sealed record WhoAmI(string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Domains, string Means, DateTimeOffset? ExpiresAt, bool SecondFactor);

/// <summary><c>console list</c>.</summary>
public sealed record ConsoleAccountList(IReadOnlyList<ConsoleAccount> Accounts);

/// <summary>A console account. Never a secret.</summary>
/// <param name="Roles">Words of <see cref="RoleNames"/>.</param>
/// <param name="Domains">What its role domain-admin is for.</param>
/// <param name="PasswordAt">When its password was set; null: it has none, and cannot log in.</param>
/// <param name="LockedUntil">After five failed logins (ADMIN-14); null: it is not locked.</param>
public sealed record ConsoleAccount(
    string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Domains, bool Suspended, bool SecondFactor, DateTimeOffset? PasswordAt, DateTimeOffset? LockedUntil,
    DateTimeOffset? LastLoginAt, long Sessions, long Tokens, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt, string ChangedBy);

/// <param name="Domains">For domain-admin only; they must be operated here.</param>
/// <param name="Password">Null: none, until one is set.</param>
public sealed record ConsoleAdd(string Name, IReadOnlyList<string> Roles, IReadOnlyList<string>? Domains = null, string? Password = null);

/// <summary>What is null stays.</summary>
public sealed record ConsoleChange(IReadOnlyList<string>? Roles = null, IReadOnlyList<string>? Domains = null, bool? Suspended = null);

/// <param name="Current">The password it has now; whoever sets his own must show it.</param>
public sealed record ConsolePassword(string Password, string? Current = null);

/// <param name="Message">One line for the terminal.</param>
public sealed record ConsoleDone(string Name, string Message);

/// <summary><c>console token list</c>.</summary>
public sealed record ConsoleTokenList(IReadOnlyList<ConsoleToken> Tokens);

/// <param name="ExpiresAt">Null: never.</param>
/// <param name="UsedAt">To the minute; null: never used.</param>
public sealed record ConsoleToken(string Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? UsedAt);

/// <param name="Days">1 to 3650; null: it never expires.</param>
public sealed record ConsoleTokenAdd(string Name, int? Days = null);

/// <param name="Token">Shown here and never again.</param>
public sealed record ConsoleTokenMade(string Name, string Token, DateTimeOffset? ExpiresAt);

/// <summary>A second factor begins: the secret for an authenticator app, shown here and never again. It is in force when a code has confirmed it.</summary>
/// <param name="Uri"><c>otpauth://totp/...</c>, what a QR code would hold.</param>
public sealed record SecondFactorBegun(string Secret, string Uri);

/// <summary>Six digits made with the secret.</summary>
public sealed record SecondFactorCode(string Code);

/// <param name="RecoveryCodes">Each opens once instead of a code; shown here and never again.</param>
public sealed record SecondFactorEnabled(IReadOnlyList<string> RecoveryCodes);

/// <param name="Password">Whoever takes away his own must show it.</param>
public sealed record SecondFactorOff(string? Password = null);

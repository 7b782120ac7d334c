using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Access;

/// <summary>Who asks, with the roles he has at this moment.</summary>
/// <param name="Name">Console account; <see cref="Farm"/> for the farm's own token.</param>
/// <param name="Author">As he stands in the audit.</param>
internal sealed record Caller(string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Domains, Author Author)
{
    /// <summary>The farm's own token, a cluster administrator for when nobody else can get in. No console account may be called so.</summary>
    public const string Farm = "token";

    /// <summary>SHA-256 of the session's token; null: it is no session.</summary>
    public byte[]? Session { get; init; }

    /// <summary>Null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
    public bool SecondFactor { get; init; }

    public bool May(Right right) => Roles.Any(role => RoleRights.Has(role, right));

    /// <summary>In his own session: a token that leaked must not make more tokens, or set the password.</summary>
    public bool Is(string? account) => Session is not null && string.Equals(account, Name, StringComparison.OrdinalIgnoreCase);

    /// <summary>How far <paramref name="right"/> goes: of several roles the widest counts.</summary>
    public Reach Reach(Right right)
    {
        var roles = Roles.Where(role => RoleRights.Has(role, right)).ToArray();
        if (roles.Any(role => role is not (RoleNames.DomainAdministrator or RoleNames.User)))
            return Access.Reach.Whole;
        var domains = roles.Contains(RoleNames.DomainAdministrator) ? Domains : [];
        var mailbox = Mailbox.FromStored(Name);
        return new Reach(false, domains.ToHashSet(StringComparer.Ordinal), roles.Contains(RoleNames.User) ? AccountIndex.Key(mailbox.LocalPart, DomainName.Normalize(mailbox.Domain)) : null);
    }
}

internal static class Callers
{
    /// <summary>Behind the guard there always is one, but for the login.</summary>
    public static Caller Caller(this HttpContext context) => context.Features.Get<Caller>() ?? throw new InvalidOperationException("This endpoint is not behind the guard.");

    /// <summary>Who wants the change.</summary>
    public static Author User(this HttpContext context) => context.Caller().Author;

    /// <summary>Address the request came from, IPv4 as such.</summary>
    public static string Source(this HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : "";
}

using System.CommandLine;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Commands;

/// <summary>Roles of console accounts on the command line (ADMIN-12).</summary>
internal static class Roles
{
    public const string Explained =
        "cluster-admin (クラスタ管理者): everything; domain-admin (ドメイン管理者): accounts and aliases of the domains given with --domain; " +
        "operator (オペレーター): reads all but settings, acts on the queue, drains nodes; auditor (監査担当者): reads logs, settings and the audit; user (利用者): the password of the mailbox the account is called like.";

    public static Option<string[]> Option(bool required)
    {
        var role = new Option<string[]>("--role") { Description = $"{Explained} May be given several times.", HelpName = "ROLE", Required = required };
        role.AcceptOnlyFromAmong([.. RoleNames.All]);
        return role;
    }

    public static Option<string[]> Domains() => new("--domain") { Description = "A domain of a domain-admin. May be given several times.", HelpName = "DOMAIN" };

    /// <summary>For example <c>operator, domain-admin (a.example)</c>.</summary>
    public static string Text(IReadOnlyList<string> roles, IReadOnlyList<string> domains) =>
        string.Join(", ", roles.Select(role => role == RoleNames.DomainAdministrator ? $"{role} ({string.Join(", ", domains)})" : role));
}

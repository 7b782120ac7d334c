using System.Net;
using ClusterMail.Accounts;
using ClusterMail.Policy.Auth;
using ClusterMail.Protocol;
using ClusterMail.Queue.Lockout;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;
using ClusterMail.Smtp.Server.Auth;
using ClusterMail.Store;

namespace ClusterMail.Queue.Login;

/// <summary>SMTP AUTH over the accounts of the cluster: which account a login means, whether it may, whether its proof fits, and what failures lead to.</summary>
/// <param name="directory">Judges the accounts of domains with <c>login=ldap</c> (STORE-2); null: their logins are put off.</param>
public sealed class Authenticator(Func<NodeView> view, PasswordCheck check, LockoutGuard guard, DirectoryLogin? directory = null) : IAuthenticate
{
    /// <summary>
    /// AUTH-11: <c>account@domain</c> as it stands; <c>account</c> alone in the domain bound to the local address (DOM-7), or in the only one that has accounts.
    /// Null: it cannot be told which.
    /// </summary>
    public static Mailbox? Named(MailDirectory directory, string login, IPAddress local)
    {
        if (login.Contains('@', StringComparison.Ordinal))
            return Mailbox.FromStored(login);
        var keeping = directory.Domains.All.Where(domain => domain.Keeps).ToArray();
        var bound = keeping.FirstOrDefault(domain => domain.Addresses.Contains(local)) ?? (keeping.Length == 1 ? keeping[0] : null);
        return bound is null ? null : new Mailbox(login, bound.Name);
    }

    public async ValueTask<AuthAnswer> PasswordAsync(ClientConnection client, string login, string password, CancellationToken cancel)
    {
        if (guard.IsLockedOut(client.Remote.Address))
            return new AuthAnswer(null, LockedOut: true);
        try
        {
            // An account that may not, or is none, costs the same time: the time must not tell who exists.
            return await VerifyAsync(AddressOf(client, login), password, cancel).ConfigureAwait(false) switch
            {
                LoginResult.Busy => new AuthAnswer(null, Busy: true),
                LoginResult.Accepted when Allowed(client, login) is { } account => new AuthAnswer(account.Address.ToString()),
                _ => Failed(client),
            };
        }
        catch (Exception trouble) when (Database.IsLost(trouble))
        {
            return new AuthAnswer(null, Busy: true);
        }
    }

    public async ValueTask<ScramVerifier?> ScramAsync(ClientConnection client, string login, CancellationToken cancel)
    {
        try
        {
            var account = AddressOf(client, login);
            var byDirectory = ByDirectory(account);
            if (byDirectory)
                directory?.CannotUse(account, "SCRAM-SHA-256");
            var known = byDirectory ? await check.NobodyAsync(account, cancel).ConfigureAwait(false) : await check.ScramAsync(account, cancel).ConfigureAwait(false);
            return new ScramVerifier(known.Iterations, known.Salt, (message, proof) => known.Proves(message, proof), message => known.ServerSignature(message));
        }
        catch (Exception trouble) when (Database.IsLost(trouble))
        {
            return null;
        }
    }

    public async ValueTask<string?> RecoverAsync(ClientConnection client, string login, CancellationToken cancel)
    {
        try
        {
            var account = AddressOf(client, login);
            if (!ByDirectory(account))
                return await check.RecoverAsync(account, cancel).ConfigureAwait(false);
            directory?.CannotUse(account, "CRAM-MD5");
            return null;
        }
        catch (Exception trouble) when (Database.IsLost(trouble))
        {
            return null;
        }
    }

    public ValueTask<AuthAnswer> ConcludeAsync(ClientConnection client, string login, bool proved, CancellationToken cancel) => ValueTask.FromResult(
        guard.IsLockedOut(client.Remote.Address) ? new AuthAnswer(null, LockedOut: true)
        : proved && Allowed(client, login) is { } account ? new AuthAnswer(account.Address.ToString())
        : Failed(client));

    /// <summary>STORE-2: one of the two judges, never the other after it: a password left in the database must not open what the directory has closed.</summary>
    private Task<LoginResult> VerifyAsync(Mailbox account, string password, CancellationToken cancel) =>
        !ByDirectory(account) ? check.VerifyAsync(account, password, cancel)
        : directory is null ? Task.FromResult(LoginResult.Busy)
        : directory.VerifyAsync(account, password, cancel);

    private bool ByDirectory(Mailbox account) => view().Policy.Directory.Domains.ByLdap(account.Domain);

    /// <summary>AUTH-9: at level per-account only accounts with the flag; a suspended one never (ACCT-4), nor one that SMTP does not know (ACCT-14).</summary>
    private Account? Allowed(ClientConnection client, string login)
    {
        var policy = view().Policy;
        return Named(policy.Directory, login, client.Local.Address) is { } address && policy.Directory.Account(address) is { Suspended: false, SmtpDisabled: false } account
            && (account.SmtpAuth || policy.Auth.Level != SecurityLevel.PerAccount)
                ? account
                : null;
    }

    /// <summary>Under which the password is kept: of shared domains that of the first (DOM-9). Who cannot be told is looked up all the same.</summary>
    private Mailbox AddressOf(ClientConnection client, string login)
    {
        var directory = view().Policy.Directory;
        var named = Named(directory, login, client.Local.Address) ?? new Mailbox(login, "invalid");
        return directory.Account(named)?.Address ?? named;
    }

    private AuthAnswer Failed(ClientConnection client) => new(null, LockedOut: guard.FailedAuthentication(client.Remote.Address));
}

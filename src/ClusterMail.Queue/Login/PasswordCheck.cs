using ClusterMail.Accounts;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Queue.Login;

/// <summary>
/// Checks passwords of accounts (AUTH-7, AUTH-15). Takes the account's own address: which one a login name means (AUTH-11, DOM-7, DOM-9) is the directory's question. Whether the account
/// may use a protocol at all stands in the node's memory (<see cref="Account.SmtpAuth"/>).
/// </summary>
/// <param name="seal">Key of the recoverable store; null: this node has none.</param>
public sealed class PasswordCheck(CredentialStore store, PasswordHasher hasher, PasswordSeal? seal)
{
    private byte[]? _secret;

    /// <summary>PLAIN and LOGIN. An unknown account takes as long as a wrong password.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The database is away: 454, try again.</exception>
    public async Task<LoginResult> VerifyAsync(Mailbox account, string password, CancellationToken cancel)
    {
        var row = await FindAsync(account, cancel).ConfigureAwait(false);
        switch (await hasher.MatchesAsync(row?.Hash, password, cancel).ConfigureAwait(false))
        {
            case null:
                return LoginResult.Busy;
            case false:
                return row is null ? LoginResult.NoSuchAccount : row.Hash is null ? LoginResult.NoPassword : LoginResult.WrongPassword;
            case true when row!.Suspended:
                return LoginResult.Suspended;
            default:
                await StrengthenAsync(row!, password, cancel).ConfigureAwait(false);
                return LoginResult.Accepted;
        }
    }

    /// <summary>
    /// SCRAM-SHA-256: what the client's proof is checked against. Never null: for an account that does not exist, is suspended or has no verifier it is one that nothing fits
    /// (<see cref="ScramCredential.IsDecoy"/>).
    /// </summary>
    public async Task<ScramCredential> ScramAsync(Mailbox account, CancellationToken cancel)
    {
        var row = await FindAsync(account, cancel).ConfigureAwait(false);
        return row is { Suspended: false, Scram: { } text } && ScramCredential.Parse(text) is { } known ? known : await NobodyAsync(account, cancel).ConfigureAwait(false);
    }

    /// <summary>The verifier of an account that has none here: nothing fits it, and it looks like the others.</summary>
    public async Task<ScramCredential> NobodyAsync(Mailbox account, CancellationToken cancel)
    {
        _secret ??= await store.SecretAsync(cancel).ConfigureAwait(false);
        return ScramCredential.Decoy(AccountIndex.Key(account.LocalPart, account.Domain), _secret, Math.Max(ScramCredential.FewestIterations, hasher.Cost.ScramIterations));
    }

    /// <summary>CRAM-MD5 and APOP: the password itself. Null: no such account, suspended, not kept recoverably, or closed under a key this node does not have.</summary>
    public async Task<string?> RecoverAsync(Mailbox account, CancellationToken cancel) =>
        seal is not null && await FindAsync(account, cancel).ConfigureAwait(false) is { Suspended: false, Recoverable: { } closed } row
            ? seal.Open(closed, AccountIndex.Key(row.Name, row.Domain))
            : null;

    /// <summary>Changes with the password, and tells nothing of it. Null: there is no such account, it is suspended, or has no password.</summary>
    public async Task<string?> StampAsync(Mailbox account, CancellationToken cancel) =>
        await FindAsync(account, cancel).ConfigureAwait(false) is { Suspended: false, Hash: { } hash }
            ? Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"page stamp\n{hash}")).AsSpan(0, 16))
            : null;

    private Task<CredentialRow?> FindAsync(Mailbox account, CancellationToken cancel) =>
        store.FindAsync(DomainName.Normalize(account.Domain), account.LocalPart, cancel);

    /// <summary>The cost was raised since: this login has the password, so it is kept in the newer form.</summary>
    private async Task StrengthenAsync(CredentialRow row, string password, CancellationToken cancel)
    {
        if (PasswordHash.Parse(row.Hash!) is not { } hash || !hash.IsWeakerThan(hasher.Cost))
            return;
        var made = await hasher.MakeAsync(password, AccountIndex.Key(row.Name, row.Domain), row.Recoverable is null ? null : seal, cancel).ConfigureAwait(false);
        await store.StrengthenAsync(row.Id, row.Hash!, made.Hash, made.Scram, made.Recoverable ?? row.Recoverable, cancel).ConfigureAwait(false);
    }
}

using ClusterMail.Accounts;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Protocol;
using ClusterMail.Routing;
using ClusterMail.Smtp.Client;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Deliver;

/// <summary>
/// Logins of the accounts themselves at the next server (APPROVE-421, OUT-3): opens what is kept, asks whether it may be tried, and tells how it went. What all nodes must know of
/// it is in the database; a node remembers nothing.
/// </summary>
/// <param name="seal">The key of this node's file; null: it has none, and no secret opens.</param>
/// <param name="mayOwn">OUT-6: passwords of the accounts here are kept recoverably.</param>
public sealed partial class UpstreamLogins(UpstreamStore store, PasswordSeal? seal, Func<bool> mayOwn, string node, TimeProvider time, ILogger<UpstreamLogins> log)
{
    /// <summary>APPROVE-426.</summary>
    public const int MostFailures = 3;

    /// <summary>APPROVE-426.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(15);

    /// <summary>While another finds out whether a login works, the others wait so long for what comes of it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly PasswordSeal? _upstream = seal?.For(UpstreamSeal.Purpose);

    /// <summary>Nobody's login fits the mail.</summary>
    public static Reply Nobody { get; } = Temporary("No account has a login for this mail: set upstream.postmaster");

    /// <exception cref="Npgsql.NpgsqlException">The database is away.</exception>
    public async Task<UpstreamAnswer> BeginAsync(Mailbox account, LoginKind kind, CancellationToken cancel)
    {
        if (await store.FindAsync(DomainName.Normalize(account.Domain), account.LocalPart, cancel).ConfigureAwait(false) is not { } row)
            return new UpstreamAnswer(null, Temporary($"There is no account {account} any more whose login could be used"));
        var (grant, refusal) = kind == LoginKind.Own ? Own(account, row) : Upstream(account, row);
        if (grant is null)
            return new UpstreamAnswer(null, refusal);
        var until = time.GetTimestamp();
        while (true)
        {
            var turn = await store.BeginAsync(grant.Key, cancel).ConfigureAwait(false);
            if (turn.May)
                return new UpstreamAnswer(grant, null);
            if (turn.Blocked > TimeSpan.Zero)
                return new UpstreamAnswer(null, Temporary($"The login of {account} was refused {MostFailures} times and is not tried for {Math.Ceiling(turn.Blocked.TotalMinutes)} minutes"));
            if (time.GetElapsedTime(until) >= Patience)
                return new UpstreamAnswer(null, Temporary($"The login of {account} is being tried elsewhere"));
            await Task.Delay(Look, time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>How a try went. What cannot be written down leaves the login locked for a minute, and is no reason not to send.</summary>
    /// <param name="refusal">Host and reply; null: it was taken; empty: nobody judged it.</param>
    public async Task EndAsync(UpstreamGrant grant, string? refusal)
    {
        try
        {
            await (refusal switch
            {
                null => store.TakenAsync(grant.Key, CancellationToken.None),
                "" => store.UndecidedAsync(grant.Key, CancellationToken.None),
                _ => store.RefusedAsync(grant.Key, node, refusal, MostFailures, Pause, CancellationToken.None),
            }).ConfigureAwait(false);
        }
        catch (Exception trouble)
        {
            Unwritten(log, grant.Account, trouble.Message);
        }
        if (refusal is { Length: > 0 })
            Refused(log, grant.Account, refusal);
    }

    /// <summary>How long the account's next transaction has to wait (APPROVE-427); zero: it goes, and counts.</summary>
    public Task<TimeSpan> WaitAsync(UpstreamGrant grant, int mostPerHour, CancellationToken cancel) =>
        mostPerHour == 0 ? Task.FromResult(TimeSpan.Zero) : store.TurnAsync(grant.Key.Account, mostPerHour, cancel);

    private UpstreamAnswer Own(Mailbox account, UpstreamRow row) =>
        mayOwn() && row is { Suspended: false, Recoverable: { } closed } && seal?.Open(closed, AccountIndex.Key(row.Name, row.Domain)) is { } password
            ? new(new UpstreamGrant(account, new HostCredential(account.ToString(), password), new UpstreamSecretKey(row.Id, (short)LoginKind.Own, row.PasswordAt)), null)
            : new(null, Temporary($"The password of {account} is not kept in a form it can be sent in"));

    private UpstreamAnswer Upstream(Mailbox account, UpstreamRow row)
    {
        if (row.Upstream is not { } kept)
            return new(null, Temporary($"{account} has no login upstream: clustermail account upstream set {account}"));
        return _upstream?.Open(kept.Secret, AccountIndex.Key(row.Name, row.Domain)) is { } secret
            ? new(new UpstreamGrant(account, new HostCredential(kept.User, secret), new UpstreamSecretKey(row.Id, (short)LoginKind.PerUser, kept.ChangedAt)), null)
            : new(null, Temporary($"The login of {account} is sealed with a key this node does not have: see password-key-file"));
    }

    private static Reply Temporary(string text) => new(454, new EnhancedStatus(4, 7, 0), text);

    [LoggerMessage(5221, LogLevel.Warning, "The next server refuses the login of {Account}: {Reply}")]
    private static partial void Refused(ILogger log, Mailbox account, string reply);

    [LoggerMessage(5222, LogLevel.Warning, "How the login of {Account} went could not be written down: {Reason}")]
    private static partial void Unwritten(ILogger log, Mailbox account, string reason);
}

/// <summary>The right to try one login now; to be ended with <see cref="UpstreamLogins.EndAsync"/>.</summary>
public sealed record UpstreamGrant(Mailbox Account, HostCredential Credential, UpstreamSecretKey Key);

/// <param name="Refusal">Why there is none.</param>
public sealed record UpstreamAnswer(UpstreamGrant? Grant, Reply? Refusal);

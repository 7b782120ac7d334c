using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace ClusterMail.Ldap;

/// <summary>
/// Asks a directory who an account is, whether it may receive, and whether a password is its own (STORE-1, STORE-2). The password is proved by a bind as the account; it is never
/// compared here, never kept, and never sent before TLS unless the settings say so.
/// </summary>
/// <param name="current">The options in force; a new object is a new set of connections.</param>
public sealed class LdapDirectory(Func<LdapOptions> current, TimeProvider time) : IDisposable
{
    /// <summary>Members remembered; beyond it all are forgotten (P6).</summary>
    private const int MostMembers = 10_000;

    private static readonly LdapFilter MemberFilter = LdapFilter.Of("(|(member={dn})(uniqueMember={dn})(memberUid={user}))");

    private static readonly LdapFilter AnyEntry = LdapFilter.Of("(objectClass=*)");

    private readonly ConcurrentDictionary<string, (bool Member, long Since)> _members = new(StringComparer.Ordinal);
    private readonly AnswerCache _logins = new(time);
    private readonly Lock _lock = new();
    private LdapPool? _pool;
    private string? _trouble;

    /// <summary>The directory went down, with the reason, or came back (null). Called once for each change.</summary>
    public event Action<string?>? Changed;

    /// <summary>Why the last question had no answer; null: it had one, or nothing was asked yet.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <summary>May this account log in with this password now?</summary>
    /// <param name="user">Local part.</param>
    /// <param name="address">Whole address; the key of what is remembered.</param>
    /// <exception cref="DirectoryUnavailableException">It cannot be told: 454, and no failure of the client's.</exception>
    public async Task<LdapAnswer> VerifyAsync(string user, string address, string password, CancellationToken cancel)
    {
        var pool = Pool();
        // A bind without a password succeeds as "nobody" (RFC 4513 §5.1.2).
        if (password.Length == 0)
            return LdapAnswer.WrongPassword;
        if (pool.Options.CacheFor > TimeSpan.Zero && _logins.Knows(address, password, pool.Options.CacheFor))
            return LdapAnswer.Good;
        var answer = await AskAsync(pool, async connection =>
        {
            var (found, dn) = await FindAsync(connection, pool.Options, new LdapSubject(user, address), cancel).ConfigureAwait(false);
            // Whoever is not there costs a bind too: the time must not tell who exists.
            var bound = await connection.BindAsync(dn ?? $"cn={RandomNumberGenerator.GetHexString(16, lowercase: true)},{pool.Options.Base}".TrimEnd(','), password, cancel).ConfigureAwait(false);
            return found != LdapAnswer.Good ? found
                : bound.Code == LdapResult.Success ? LdapAnswer.Good
                : bound.Refuses ? LdapAnswer.WrongPassword
                : bound.IsAway ? throw new DirectoryUnavailableException($"{connection.Server}: bind: {bound}")
                : LdapAnswer.Unclear;
        }, cancel).ConfigureAwait(false);
        if (answer == LdapAnswer.Good && pool.Options.CacheFor > TimeSpan.Zero)
            _logins.Note(address, password);
        return answer;
    }

    /// <summary>May this account receive? An answer is believed for <see cref="LdapOptions.CacheFor"/>, and while the directory is down for as long as it is remembered.</summary>
    /// <exception cref="DirectoryUnavailableException">It cannot be told: 451.</exception>
    public async ValueTask<bool> MayReceiveAsync(string user, string address, CancellationToken cancel)
    {
        var pool = Pool();
        if (pool.Options.Group.Length == 0)
            return false;
        var known = _members.TryGetValue(address, out var remembered);
        if (known && time.GetElapsedTime(remembered.Since) < pool.Options.CacheFor)
            return remembered.Member;
        try
        {
            var answer = await AskAsync(pool, async connection => (await FindAsync(connection, pool.Options, new LdapSubject(user, address), cancel).ConfigureAwait(false)).Answer, cancel).ConfigureAwait(false);
            if (answer == LdapAnswer.Unclear)
                throw new DirectoryUnavailableException($"ldap.filter finds more than one entry for {address}");
            if (_members.Count >= MostMembers)
                _members.Clear();
            _members[address] = (answer == LdapAnswer.Good, time.GetTimestamp());
            return answer == LdapAnswer.Good;
        }
        catch (DirectoryUnavailableException) when (known)
        {
            return remembered.Member;
        }
    }

    /// <summary>The address of the superior whom the account's entry names; null: none, or none that can be told.</summary>
    /// <exception cref="DirectoryUnavailableException">It cannot be told now.</exception>
    public async Task<string?> SuperiorAsync(string user, string address, CancellationToken cancel)
    {
        var pool = Pool();
        var options = pool.Options;
        if (options.SuperiorAttribute.Length == 0)
            return null;
        return await AskAsync(pool, async connection =>
        {
            await BindForSearchAsync(connection, options, cancel).ConfigureAwait(false);
            var subject = new LdapSubject(user, address);
            // Whose entry it is, is told by the address; which superior of two is meant, is not.
            if (await SearchAsync(connection, options, subject, cancel).ConfigureAwait(false) is not [var own] || !HoldsAddress(options, own, subject)
                || await ValuesAsync(connection, own.Dn, options.SuperiorAttribute, cancel).ConfigureAwait(false) is not [var superior])
                return null;
            return superior.Contains('=', StringComparison.Ordinal)
                ? (await ValuesAsync(connection, superior, options.AddressAttribute.Length > 0 ? options.AddressAttribute : "mail", cancel).ConfigureAwait(false)).FirstOrDefault()
                : superior;
        }, cancel).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<string>> ValuesAsync(LdapConnection connection, string dn, string attribute, CancellationToken cancel)
    {
        var (result, entries) = await connection.SearchAsync(dn, subtree: false, AnyEntry, default, attribute, cancel).ConfigureAwait(false);
        return result.Code switch
        {
            LdapResult.Success => entries is [var entry] ? entry.Values : [],
            // An entry that has gone names nobody.
            LdapResult.NoSuchObject => [],
            _ => throw new DirectoryUnavailableException($"{connection.Server}: {attribute}: {result}"),
        };
    }

    /// <summary>Bind as who searches, search, address, group: <see cref="LdapAnswer.Good"/> with the entry's DN, or what is missing.</summary>
    private static async Task<(LdapAnswer Answer, string? Dn)> FindAsync(LdapConnection connection, LdapOptions options, LdapSubject subject, CancellationToken cancel)
    {
        await BindForSearchAsync(connection, options, cancel).ConfigureAwait(false);
        var entries = await SearchAsync(connection, options, subject, cancel).ConfigureAwait(false);
        // Who is meant cannot be told: whichever we took, it might be the wrong one.
        if (entries.Count > 1)
            return (LdapAnswer.Unclear, null);
        if (entries is not [var entry] || !HoldsAddress(options, entry, subject))
            return (LdapAnswer.NotFound, null);
        return (await IsMemberAsync(connection, options, subject with { Dn = entry.Dn }, cancel).ConfigureAwait(false) ? LdapAnswer.Good : LdapAnswer.NotMember, entry.Dn);
    }

    internal static async Task BindForSearchAsync(LdapConnection connection, LdapOptions options, CancellationToken cancel)
    {
        if (connection.BoundAs == options.BindDn)
            return;
        var bound = await connection.BindAsync(options.BindDn, options.BindPassword, cancel).ConfigureAwait(false);
        if (bound.Code != LdapResult.Success)
            throw new DirectoryUnavailableException($"{connection.Server}: it refuses ldap.bind_dn ({bound})");
    }

    /// <summary>Of two it is known only that there are more than one.</summary>
    internal static async Task<IReadOnlyList<LdapEntry>> SearchAsync(LdapConnection connection, LdapOptions options, LdapSubject subject, CancellationToken cancel)
    {
        var (result, entries) = await connection.SearchAsync(options.Base, subtree: true, options.Filter, subject, options.AddressAttribute, cancel).ConfigureAwait(false);
        if (result.Code == LdapResult.NoSuchObject)
            throw new DirectoryUnavailableException($"{connection.Server}: ldap.base does not exist there ({result})");
        if (result.Code is not (LdapResult.Success or LdapResult.SizeLimitExceeded))
            throw new DirectoryUnavailableException($"{connection.Server}: search: {result}");
        return entries;
    }

    internal static bool HoldsAddress(LdapOptions options, LdapEntry entry, LdapSubject subject) =>
        options.AddressAttribute.Length == 0 || entry.Values.Contains(subject.Address, StringComparer.OrdinalIgnoreCase);

    internal static async Task<bool> IsMemberAsync(LdapConnection connection, LdapOptions options, LdapSubject subject, CancellationToken cancel)
    {
        if (options.Group is "" or LdapOptions.Everybody)
            return options.Group.Length > 0;
        var (result, entries) = await connection.SearchAsync(options.Group, subtree: false, MemberFilter, subject, null, cancel).ConfigureAwait(false);
        // A group that is not there has no members, as one that is empty (STORE-1).
        return result.Code is LdapResult.Success or LdapResult.NoSuchObject
            ? entries.Count > 0
            : throw new DirectoryUnavailableException($"{connection.Server}: ldap.group: {result}");
    }

    private async Task<T> AskAsync<T>(LdapPool pool, Func<LdapConnection, Task<T>> ask, CancellationToken cancel)
    {
        try
        {
            var answer = await pool.UseAsync(ask, cancel).ConfigureAwait(false);
            Note(null);
            return answer;
        }
        catch (DirectoryUnavailableException trouble)
        {
            Note(trouble.Message);
            throw;
        }
    }

    private void Note(string? trouble)
    {
        var before = Interlocked.Exchange(ref _trouble, trouble);
        if (before is null != trouble is null)
            Changed?.Invoke(trouble);
    }

    private LdapPool Pool()
    {
        var options = current();
        lock (_lock)
        {
            if (ReferenceEquals(_pool?.Options, options))
                return _pool;
            _pool?.Dispose();
            _members.Clear();
            _logins.Clear();
            return _pool = new LdapPool(options, time);
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _pool?.Dispose();
    }
}

namespace ClusterMail.Accounts.Passwords;

/// <summary>
/// Makes and checks hashes, so many at once as there are processors: each takes 19 MiB and a processor. Logins have places of their own, so that an import of 100,000 accounts
/// makes nobody wait. Beyond <see cref="MostWaiting"/> waiting logins the answer is "busy", which a client is told as 454: try again.
/// </summary>
public sealed class PasswordHasher : IDisposable
{
    /// <summary>Logins that may wait for a place. At 25 ms each on two processors: a wait of 3 s.</summary>
    public const int MostWaiting = 256;

    private readonly SemaphoreSlim _logins;
    private readonly SemaphoreSlim _making;
    private readonly Func<PasswordCost> _cost;
    private int _waiting;

    /// <param name="cost">As the settings say now.</param>
    /// <param name="atOnce">0: as many as there are processors.</param>
    public PasswordHasher(Func<PasswordCost> cost, int atOnce = 0)
    {
        AtOnce = atOnce > 0 ? atOnce : Environment.ProcessorCount;
        (_cost, _logins, _making) = (cost, new SemaphoreSlim(AtOnce), new SemaphoreSlim(AtOnce));
    }

    /// <summary>Hashes made at once; as many checks may run beside them.</summary>
    public int AtOnce { get; }

    public PasswordCost Cost => _cost();

    /// <summary>All forms in which <paramref name="password"/> is to be kept.</summary>
    /// <param name="seal">Null: no recoverable form.</param>
    /// <param name="address">As <see cref="AccountIndex.Key"/> writes it.</param>
    public async Task<Credentials> MakeAsync(string password, string address, PasswordSeal? seal, CancellationToken cancel)
    {
        await _making.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var cost = _cost();
            var hash = await PasswordHash.CreateAsync(password, cost).ConfigureAwait(false);
            var scram = cost.ScramIterations == 0 ? null : await Task.Run(() => ScramCredential.Create(password, cost.ScramIterations), cancel).ConfigureAwait(false);
            return new Credentials(hash.ToString(), scram?.ToString(), seal?.Close(password, address));
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>
    /// Whether <paramref name="password"/> is the one behind <paramref name="hash"/>. Without a hash the same work is done for nothing, so that the time tells nobody whether
    /// the account exists. Null: too many wait already.
    /// </summary>
    public async Task<bool?> MatchesAsync(string? hash, string password, CancellationToken cancel)
    {
        // Longer than any password: not worth a hash, and no secret either.
        if (password.Length > 2 * PasswordRules.Longest)
            return false;
        if (Interlocked.Increment(ref _waiting) > MostWaiting + AtOnce)
        {
            Interlocked.Decrement(ref _waiting);
            return null;
        }
        try
        {
            await _logins.WaitAsync(cancel).ConfigureAwait(false);
            try
            {
                var known = hash is null ? null : PasswordHash.Parse(hash);
                // Argon2id takes no empty password. NUL is in none, so it costs the same and fits nothing.
                var matches = await (known ?? PasswordHash.Decoy(_cost())).MatchesAsync(password.Length == 0 ? "\0" : password).ConfigureAwait(false);
                return matches && known is not null;
            }
            finally
            {
                _logins.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose()
    {
        _logins.Dispose();
        _making.Dispose();
    }
}
